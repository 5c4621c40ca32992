package egress.dlp.builtin.match;

import java.util.Arrays;

/** Look-up tables from characters to values, and character classes of the run pass. */
public final class CharTables {
    public static final int LOWER = 1;
    public static final int UPPER = 2;
    public static final int DIGIT = 4;
    static final int MARK = 8;

    /** Kinds of bytes that end a run and may mean more than themselves: negative classes. */
    public static final int PERCENT = -1;

    public static final int BACKSLASH = -2;
    public static final int AMPERSAND = -3;
    public static final int EQUALS = -4;
    public static final int HIGH = -5;
    static final int NUL = -6;

    private static final byte[] BASE64 = table("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    private static final byte[] HEX = table("0123456789abcdef");
    private static final byte[] BASE32 = table("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    private static final byte[] CLASSES = classes();

    static {
        BASE64['-'] = 62;
        BASE64['_'] = 63;
        for (int i = 10; i < 16; i++) {
            HEX["ABCDEF".charAt(i - 10)] = (byte) i;
        }
        for (int i = 0; i < 26; i++) {
            BASE32['a' + i] = (byte) i;
        }
    }

    private CharTables() {}

    /** RFC 4648, both alphabets; -1 for anything else. */
    public static int base64(byte c) {
        return BASE64[c & 0xff];
    }

    public static int hex(byte c) {
        return HEX[c & 0xff];
    }

    /** What so many hex digits come to; -1 where one of them is none. */
    public static int hex(byte[] b, int from, int digits) {
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            int d = hex(b[i]);
            if (d < 0) {
                return -1;
            }
            value = value << 4 | d;
        }
        return value;
    }

    /** RFC 4648, either case. */
    public static int base32(byte c) {
        return BASE32[c & 0xff];
    }

    /** Whether it is an ASCII letter or digit. */
    public static boolean isWord(byte c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    public static boolean isHex(byte c) {
        return HEX[c & 0xff] >= 0;
    }

    /** Whether all letters and digits of {@code [from, to)} are hex digits. */
    public static boolean isHexOnly(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            if (isWord(b[i]) && !isHex(b[i])) {
                return false;
            }
        }
        return true;
    }

    /** How many characters at the beginning of {@code [start, end)} belong to an escape whose first character stands before {@code start}. */
    public static int escapeTail(byte[] b, int start, int end) {
        if (start == 0) {
            return 0;
        }
        if (b[start - 1] == '%') {
            return end - start >= 2 && isHex(b[start]) && isHex(b[start + 1]) ? 2 : 0;
        }
        return b[start - 1] == '\\' && end > start && "nrt".indexOf(b[start]) >= 0 ? 1 : 0;
    }

    /** For the hot loop: bits of what a run is made of when positive. */
    public static byte[] classTable() {
        return CLASSES;
    }

    private static byte[] table(String digits) {
        byte[] out = new byte[256];
        Arrays.fill(out, (byte) -1);
        for (int i = 0; i < digits.length(); i++) {
            out[digits.charAt(i)] = (byte) i;
        }
        return out;
    }

    private static byte[] classes() {
        byte[] out = new byte[256];
        for (int c = 0; c < 256; c++) {
            if (c >= 'a' && c <= 'z') {
                out[c] = LOWER;
            } else if (c >= 'A' && c <= 'Z') {
                out[c] = UPPER;
            } else if (c >= '0' && c <= '9') {
                out[c] = DIGIT;
            } else if ("+/-_".indexOf(c) >= 0) {
                out[c] = MARK;
            } else if (c >= 0x80) {
                out[c] = HIGH;
            }
        }
        out['%'] = PERCENT;
        out['\\'] = BACKSLASH;
        out['&'] = AMPERSAND;
        out['='] = EQUALS;
        out[0] = NUL;
        return out;
    }
}

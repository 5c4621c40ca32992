package egress.server.flows;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Tells text from other bytes. */
final class Text {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long EACH = 0x0101010101010101L;
    private static final long HIGH_BITS = EACH << 7;

    private Text() {}

    /** Whether the first bytes are printable ASCII that JSON writes as it is; true only where they are. */
    static boolean isPlain(byte[] bytes, int length) {
        if (length < Long.BYTES) {
            return false;
        }
        for (int at = 0; at < length; at += Long.BYTES) {
            if (!isPlain((long) LONGS.get(bytes, Math.min(at, length - Long.BYTES)))) {
                return false;
            }
        }
        return true;
    }

    /** Whether eight bytes are printable ASCII that JSON writes as it is; true only where they are. */
    private static boolean isPlain(long eight) {
        long quotes = eight ^ EACH * '"';
        long slashes = eight ^ EACH * '\\';
        // A byte below n borrows from its high bit; those that had it already are not ASCII
        return ((eight | eight - EACH * ' ' | quotes - EACH | slashes - EACH) & HIGH_BITS) == 0;
    }

    /**
     * How many of these bytes are text in UTF-8 that is no longer in JSON than in base64.
     *
     * @param truncated whether they may end within a character, which is then left out
     * @return -1 where they are not
     */
    static int length(byte[] bytes, boolean truncated) {
        long escapes = 0;
        int at = 0;
        while (at < bytes.length) {
            if (at <= bytes.length - Long.BYTES && isPlain((long) LONGS.get(bytes, at))) {
                at += Long.BYTES;
                continue;
            }
            int c = bytes[at] & 0xff;
            if (c < 0x80) {
                escapes += c >= 0x20 ? c == '"' || c == '\\' ? 1 : 0 : c == '\n' || c == '\r' || c == '\t' ? 1 : 5;
                at++;
                continue;
            }
            int n = characterAt(bytes, at);
            if (n <= 0) {
                return n == 0 && truncated && escapes <= 16 + at / 3 ? at : -1;
            }
            at += n;
        }
        return escapes <= 16 + bytes.length / 3 ? at : -1;
    }

    /** The length of a character of more than one byte; 0 where it is not whole, -1 where it is none (RFC 3629 §4). */
    private static int characterAt(byte[] bytes, int at) {
        int c = bytes[at] & 0xff;
        int n = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : -1;
        if (n < 0) {
            return -1;
        }
        for (int i = 1; i < n; i++) {
            if (at + i == bytes.length) {
                return 0;
            }
            int next = bytes[at + i] & 0xff;
            int least = i == 1 && c == 0xe0 ? 0xa0 : i == 1 && c == 0xf0 ? 0x90 : 0x80;
            int most = i == 1 && c == 0xed ? 0x9f : i == 1 && c == 0xf4 ? 0x8f : 0xbf;
            if (next < least || next > most) {
                return -1;
            }
        }
        return n;
    }
}

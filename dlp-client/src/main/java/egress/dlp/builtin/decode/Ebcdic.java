package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;

/** Text in EBCDIC: the letters, digits and punctuation that its code pages have in common. */
final class Ebcdic implements Decoder {
    private static final int LEAST = 8;
    private static final int STEP = 4;
    /** The least number of different characters in a text; an even area of a picture has fewer. */
    private static final int DISTINCT = 5;

    private static final byte[] ASCII = table();

    private final ScanContext run;
    private final Segment s;

    Ebcdic(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
    }

    /** Reads each run of such text in the bytes. */
    @Override
    public int decode(int from, int to) {
        if (s.view().isJoined()) {
            return to;
        }
        byte[] b = s.b();
        int i = from + STEP - 1;
        while (i < to) {
            if (b[i] >= 0 || ASCII[b[i] & 0xff] == 0) {
                i += STEP;
                continue;
            }
            int start = i;
            while (start > s.low() && ASCII[b[start - 1] & 0xff] != 0) {
                start--;
            }
            int end = i;
            while (end < to && ASCII[b[end] & 0xff] != 0) {
                end++;
            }
            if (isText(b, start, end)) {
                ScanWindow out = new ScanWindow(run, s.view().decoded(start, end));
                decode(b, start, end, out);
                out.end(end, s);
            }
            i = end + STEP;
        }
        return to;
    }

    /** Whether the bytes are such text. */
    static boolean looks(byte[] b) {
        for (byte c : b) {
            if (ASCII[c & 0xff] == 0) {
                return false;
            }
        }
        return isText(b, 0, b.length);
    }

    // Letters and digits have their top bit set, and make most of what is worth reading.
    private static boolean isText(byte[] b, int start, int end) {
        int letters = 0;
        long kinds = 0;
        for (int i = start; i < end; i++) {
            letters += b[i] < 0 ? 1 : 0;
            kinds |= 1L << (b[i] & 63);
        }
        return letters >= LEAST && letters >= (end - start) / 2 && Long.bitCount(kinds) >= DISTINCT;
    }

    private static void decode(byte[] b, int start, int end, ScanWindow out) {
        for (int i = start; i < end; i++) {
            out.put(ASCII[b[i] & 0xff]);
        }
    }

    private static byte[] table() {
        byte[] out = new byte[256];
        letters(out, 0x81, "abcdefghi");
        letters(out, 0x91, "jklmnopqr");
        letters(out, 0xa2, "stuvwxyz");
        letters(out, 0xc1, "ABCDEFGHI");
        letters(out, 0xd1, "JKLMNOPQR");
        letters(out, 0xe2, "STUVWXYZ");
        letters(out, 0xf0, "0123456789");
        letters(out, 0x4b, ".<(+|&");
        letters(out, 0x5a, "!$*);");
        letters(out, 0x60, "-/");
        letters(out, 0x6b, ",%_>?");
        letters(out, 0x7a, ":#@'=\"");
        letters(out, 0xc0, "{");
        letters(out, 0xd0, "}");
        letters(out, 0xe0, "\\");
        letters(out, 0xa1, "~");
        letters(out, 0x40, " ");
        letters(out, 0x15, "\n");
        letters(out, 0x25, "\n");
        letters(out, 0x0d, "\r");
        letters(out, 0x05, "\t");
        return out;
    }

    private static void letters(byte[] into, int from, String text) {
        for (int i = 0; i < text.length(); i++) {
            into[from + i] = (byte) text.charAt(i);
        }
    }
}

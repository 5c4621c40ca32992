package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;

/** Hex and base32 within a run. Checks backwards from the shortest length that counts, so that other text is skipped in strides. */
final class DigitRuns implements Decoder {
    private static final int HEX = 16;
    private static final int BASE32 = 24;
    private static final int TEXT = 8;
    private static final byte IS_HEX = 1;
    private static final byte IS_UPPER32 = 2;
    private static final byte IS_LOWER32 = 4;
    private static final byte[] KINDS = kinds();

    private final ScanContext run;
    private final Segment s;
    private final byte[] b;

    DigitRuns(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
        this.b = s.b();
    }

    @Override
    public int decode(int start, int end) {
        each(start, end, HEX, IS_HEX);
        if (end - start >= BASE32) {
            each(start, end, BASE32, IS_UPPER32);
            each(start, end, BASE32, IS_LOWER32);
        }
        return end;
    }

    private void each(int start, int end, int least, byte kind) {
        int i = start;
        while (i + least <= end) {
            int k = i + least - 1;
            while (k >= i && (KINDS[b[k] & 0xff] & kind) != 0) {
                k--;
            }
            if (k >= i) {
                i = k + 1;
                continue;
            }
            int to = i + least;
            while (to < end && (KINDS[b[to] & 0xff] & kind) != 0) {
                to++;
            }
            if (kind == IS_HEX) {
                if (!highHex(i, to)) {
                    hex(i, to);
                    hex(i + 1, to);
                }
            } else if (hasDigit(i, to)) {
                for (int phase = 0; phase < 8; phase++) {
                    base32(i + phase, to);
                }
            }
            i = to + 1;
        }
    }

    // Words have none of base 32's digits; of a text drawn by chance one character in five is one.
    private boolean hasDigit(int from, int to) {
        for (int i = from; i < to; i++) {
            if (b[i] < 'A') {
                return true;
            }
        }
        return false;
    }

    private void hex(int from, int end) {
        int text = 0;
        for (int i = from; i + 1 < end; i += 2) {
            int c = CharTables.hex(b[i]) << 4 | CharTables.hex(b[i + 1]);
            text = textual(c) ? text + 1 : 0;
            if (text >= TEXT) {
                ScanWindow out = new ScanWindow(run, s.view().decoded(from, end));
                for (int k = from; k + 1 < end; k += 2) {
                    out.put(CharTables.hex(b[k]) << 4 | CharTables.hex(b[k + 1]));
                }
                out.end(end, s);
                return;
            }
        }
    }

    // Text in other scripts, or letters that only look Latin.
    private boolean highHex(int from, int end) {
        if (end - from < 2 * BASE32 || CharTables.hex(b[from]) < 8) {
            return false;
        }
        byte[] head = new byte[BASE32];
        for (int i = 0; i < head.length; i++) {
            head[i] = (byte) (CharTables.hex(b[from + 2 * i]) << 4 | CharTables.hex(b[from + 2 * i + 1]));
        }
        if (!ConfusableFolding.looksUtf8(head) && !Ebcdic.looks(head)) {
            return false;
        }
        ScanWindow out = new ScanWindow(run, s.view().decoded(from, end));
        for (int k = from; k + 1 < end; k += 2) {
            out.put(CharTables.hex(b[k]) << 4 | CharTables.hex(b[k + 1]));
        }
        out.end(end, s);
        return true;
    }

    private void base32(int from, int end) {
        int v = 0;
        int bits = 0;
        int text = 0;
        int best = 0;
        for (int i = from; i < end && best < TEXT; i++) {
            v = v << 5 | CharTables.base32(b[i]);
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                text = textual(v >> bits & 0xff) ? text + 1 : 0;
                best = Math.max(best, text);
            }
        }
        // 1f 8b 08, the beginning of gzip, is D6FQ... in base 32.
        boolean gzip = end - from >= BASE32 && (b[from] | 32) == 'd' && b[from + 1] == '6' && (b[from + 2] | 32) == 'f';
        if (best >= TEXT || gzip) {
            ScanWindow out = new ScanWindow(run, s.view().decoded(from, end));
            bits = 0;
            for (int i = from; i < end; i++) {
                v = v << 5 | CharTables.base32(b[i]);
                bits += 5;
                if (bits >= 8) {
                    bits -= 8;
                    out.put(v >> bits);
                }
            }
            out.end(end, s);
        }
    }

    private static boolean textual(int c) {
        return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r' || c == 0;
    }

    private static byte[] kinds() {
        byte[] out = new byte[256];
        for (int c = 0; c < 256; c++) {
            boolean digit = c >= '2' && c <= '7';
            int kind = CharTables.hex((byte) c) >= 0 ? IS_HEX : 0;
            kind |= digit || (c >= 'A' && c <= 'Z') ? IS_UPPER32 : 0;
            kind |= digit || (c >= 'a' && c <= 'z') ? IS_LOWER32 : 0;
            out[c] = (byte) kind;
        }
        return out;
    }
}

package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;

/**
 * Text within a run of base64 characters, at whichever of the four alignments it begins. Three bytes are ASCII when three bits of their
 * quad are clear; a text of {@link #NEED} quads is met when every fourth quad of each alignment is tried, so that an image costs
 * less than a look-up a byte.
 */
final class Base64Runs implements Decoder {
    private static final int NEED = 4;
    private static final int STEP = 4 * NEED;
    private static final int HIGH_TEXT = 24;
    private static final byte[] BAD = bad();

    private final ScanContext run;
    private final Segment s;
    private final byte[] b;

    Base64Runs(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
        this.b = s.b();
    }

    @Override
    public int decode(int start, int end) {
        // In step with the run; what the others find of text in another script is chance.
        boolean any = phase(start, start, end);
        for (int phase = 1; phase < 4; phase++) {
            phase(start, start + phase, end);
        }
        if (!any && end - start >= HIGH_TEXT) {
            highText(start, end);
        }
        return end;
    }

    private boolean phase(int start, int first, int end) {
        byte[] bad = BAD;
        boolean any = false;
        int i = first;
        int done = first;
        while (i + 4 <= end) {
            if (((bad[b[i] & 0xff] & 1) | (bad[b[i + 1] & 0xff] & 2) | (bad[b[i + 2] & 0xff] & 4)) != 0) {
                i += STEP;
                continue;
            }
            int from = i;
            while (from - 4 >= done && textual(from - 4)) {
                from -= 4;
            }
            int to = i + 4;
            while (to + 4 <= end && textual(to)) {
                to += 4;
            }
            if (to - from >= STEP || (to + 4 > end && to - from >= STEP - 4 && end - to >= 2)) {
                text(start, from, to, end);
                any = true;
            }
            done = to;
            i = to > i + STEP ? to + 4 : i + STEP;
        }
        return any;
    }

    private boolean textual(int i) {
        boolean ascii = ((BAD[b[i] & 0xff] & 1) | (BAD[b[i + 1] & 0xff] & 2) | (BAD[b[i + 2] & 0xff] & 4)) == 0;
        return ascii && !(b[i] == 'A' && b[i + 1] == 'A' && b[i + 2] == 'A' && b[i + 3] == 'A');
    }

    // With one more quad on each side, some bytes of which may belong to the text.
    private void text(int start, int textFrom, int textTo, int end) {
        int from = textFrom - 4 >= start ? textFrom - 4 : textFrom;
        int to = Math.min(end, textTo + 4);
        ScanWindow out = new ScanWindow(run, s.view().decoded(from, to));
        decode(b, from, to, out);
        out.end(to, s);
    }

    // Text in other scripts, or letters with invisible ones between them: few quads are ASCII, but all of it is UTF-8.
    private void highText(int start, int end) {
        int n = Math.min(end - start, 64) / 4;
        byte[] head = new byte[n * 3];
        for (int i = 0; i < n; i++) {
            int v = quad(b, start + 4 * i);
            head[3 * i] = (byte) (v >> 16);
            if (head[0] >= 0 && head[0] < 9) {
                return;
            }
            head[3 * i + 1] = (byte) (v >> 8);
            head[3 * i + 2] = (byte) v;
        }
        if (ConfusableFolding.looksUtf8(head) || Ebcdic.looks(head)) {
            ScanWindow out = new ScanWindow(run, s.view().decoded(start, end));
            decode(b, start, end, out);
            out.end(end, s);
        }
    }

    private static void decode(byte[] b, int from, int end, ScanWindow out) {
        int i = from;
        for (; i + 4 <= end; i += 4) {
            int v = quad(b, i);
            out.put(v >> 16);
            out.put(v >> 8);
            out.put(v);
        }
        if (end - i >= 2) {
            int v = CharTables.base64(b[i]) << 18 | CharTables.base64(b[i + 1]) << 12;
            out.put(v >> 16);
            if (end - i == 3) {
                out.put((v | CharTables.base64(b[i + 2]) << 6) >> 8);
            }
        }
    }

    private static int quad(byte[] b, int i) {
        return CharTables.base64(b[i]) << 18
                | CharTables.base64(b[i + 1]) << 12
                | CharTables.base64(b[i + 2]) << 6
                | CharTables.base64(b[i + 3]);
    }

    // Which bits of a sextet are the top bit of a byte, when it is the first, second or third of its quad.
    private static byte[] bad() {
        byte[] out = new byte[256];
        for (int c = 0; c < 256; c++) {
            int v = CharTables.base64((byte) c);
            out[c] = (byte) (v < 0 ? 7 : (v & 32) >> 5 | (v & 8) >> 2 | (v & 2) << 1);
        }
        return out;
    }
}

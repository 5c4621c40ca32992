package egress.dlp.builtin;

import egress.dlp.Detector;
import java.util.Arrays;

/** What a long run of letters, digits and marks may decode to. */
final class LongRuns {
    private static final int WRAPPED = 16;
    private static final int NEED = 4;
    private static final int HEX_TEXT = 8;
    private static final int BASE32 = 24;
    private static final int ENTROPY = 24;
    private static final int SAMPLE = 256;

    private final ScanRun run;
    private final Stretch s;
    private final byte[] b;
    private final int[] textual = new int[4];

    LongRuns(ScanRun run, Stretch s) {
        this.run = run;
        this.s = s;
        this.b = s.b();
    }

    /** Looks at the run and returns where to go on: behind the run, or behind the last of its lines when it is wrapped. */
    int run(int start, int end, int kinds) {
        int next = afterBreak(end);
        if (next > 0) {
            int last = endOfLines(start, end, next);
            if (last > end) {
                wrapped(start, end, last);
                return last;
            }
        }
        zlib(start, end);
        if (!base64(start, end)) {
            highText(start, end);
        }
        if ((kinds & Codes.DIGIT) != 0) {
            hex(start, end);
            if (end - start >= BASE32) {
                base32(start, end);
            }
            if (run.wants(Detector.ENTROPY)) {
                entropy(start, end);
            }
        }
        if ((kinds & Codes.MARK) != 0) {
            Marked.strip(run, s, start, end);
        }
        return end;
    }

    // The index behind a line break and indentation, real or escaped, when a run goes on there; else -1.
    private int afterBreak(int end) {
        int i = end;
        int to = s.to();
        boolean broken = false;
        while (i < to && i - end < 24) {
            if (b[i] == '\n' || b[i] == '\r') {
                broken = true;
                i++;
            } else if (b[i] == '\\' && i + 1 < to && (b[i + 1] == 'n' || b[i + 1] == 'r')) {
                broken = true;
                i += 2;
            } else if (broken && (b[i] == ' ' || b[i] == '\t')) {
                i++;
            } else {
                return broken && Codes.base64(b[i]) >= 0 ? i : -1;
            }
        }
        return -1;
    }

    // All lines but the last are as long as the first; the last is no longer.
    private int endOfLines(int start, int end, int second) {
        int length = end - start;
        int last = end;
        int next = second;
        while (next > 0) {
            int i = next;
            while (i < s.to() && i - next <= length && Codes.base64(b[i]) >= 0) {
                i++;
            }
            if (i - next > length || (last == end && i - next < Math.min(length, WRAPPED) / 4)) {
                return last;
            }
            last = i;
            next = i - next == length ? afterBreak(i) : -1;
        }
        return last;
    }

    private void wrapped(int start, int end, int last) {
        Window out = new Window(run, s.view().pieces(start, last));
        int i = start;
        int lineEnd = end;
        while (i > 0 && i < last) {
            out.put(b, i, lineEnd);
            i = afterBreak(lineEnd);
            lineEnd = i;
            while (lineEnd > 0 && lineEnd < last && Codes.base64(b[lineEnd]) >= 0) {
                lineEnd++;
            }
        }
        finish(out, last);
    }

    // Four alignments at once: a quad whose three bytes are all ASCII may be text, and a few in a row are looked at.
    private boolean base64(int start, int end) {
        int v = 0;
        boolean any = false;
        Arrays.fill(textual, 0);
        for (int i = start; i < end; i++) {
            v = (v << 6 | Codes.base64(b[i])) & 0xffffff;
            int phase = i & 3;
            if ((v & 0x808080) == 0 && v != 0 && i - start >= 3) {
                textual[phase]++;
            } else if (textual[phase] != 0) {
                if (textual[phase] >= NEED) {
                    base64Text(start, i - 3 - 4 * textual[phase], i + 1);
                    any = true;
                }
                textual[phase] = 0;
            }
        }
        for (int i = end; i < end + 4; i++) {
            int phase = i & 3;
            if (textual[phase] >= NEED) {
                base64Text(start, i - 3 - 4 * textual[phase], end);
                any = true;
            }
        }
        return any;
    }

    // With one quad more on each side, since a few bytes of those may belong to the text.
    private void base64Text(int runStart, int textStart, int end) {
        int from = textStart - 4 >= runStart ? textStart - 4 : Math.max(textStart, runStart);
        Window out = new Window(run, s.view().decoded(from, end));
        decode64(out, from, end);
        finish(out, end);
    }

    private void decode64(Window out, int from, int end) {
        int i = from;
        for (; i + 4 <= end; i += 4) {
            int v = Codes.base64(b[i]) << 18
                    | Codes.base64(b[i + 1]) << 12
                    | Codes.base64(b[i + 2]) << 6
                    | Codes.base64(b[i + 3]);
            out.put(v >> 16);
            out.put(v >> 8);
            out.put(v);
        }
        if (end - i >= 2) {
            int v = Codes.base64(b[i]) << 18 | Codes.base64(b[i + 1]) << 12;
            out.put(v >> 16);
            if (end - i == 3) {
                out.put((v | Codes.base64(b[i + 2]) << 6) >> 8);
            }
        }
    }

    // Text in other scripts, or letters with invisible ones between them: few quads are ASCII, but all of it is UTF-8.
    private void highText(int start, int end) {
        if (end - start < BASE32) {
            return;
        }
        int n = Math.min(end - start, 64) / 4 * 4;
        byte[] head = new byte[n / 4 * 3];
        for (int i = 0, o = 0; i < n; i += 4) {
            int v = Codes.base64(b[start + i]) << 18
                    | Codes.base64(b[start + i + 1]) << 12
                    | Codes.base64(b[start + i + 2]) << 6
                    | Codes.base64(b[start + i + 3]);
            head[o++] = (byte) (v >> 16);
            head[o++] = (byte) (v >> 8);
            head[o++] = (byte) v;
        }
        if (Folding.looksUtf8(head)) {
            Window out = new Window(run, s.view().decoded(start, end));
            decode64(out, start, end);
            finish(out, end);
        }
    }

    private void zlib(int start, int end) {
        if (end - start < RunPass.LONG || s.view().depth() >= ScanRun.MAX_DEPTH) {
            return;
        }
        int v = Codes.base64(b[start]) << 10 | Codes.base64(b[start + 1]) << 4 | Codes.base64(b[start + 2]) >> 2;
        if (v >> 8 == 0x78 && v % 31 == 0 && (v & 0x20) == 0 && run.spend(64)) {
            Inflation.base64Zlib(run, s.view().decoded(start, end), b, start, s.to(), null);
        }
        boolean hex =
                b[start] == '7' && b[start + 1] == '8' && Codes.hex(b[start + 2]) >= 0 && Codes.hex(b[start + 3]) >= 0;
        if (hex && (0x7800 + Codes.hex(b[start + 2]) * 16 + Codes.hex(b[start + 3])) % 31 == 0 && run.spend(64)) {
            Inflation.hexZlib(run, s.view().decoded(start, end), b, start, end);
        }
    }

    private void hex(int start, int end) {
        int i = start;
        while (i < end) {
            int from = i;
            while (i < end && Codes.hex(b[i]) >= 0) {
                i++;
            }
            if (i - from >= RunPass.LONG) {
                hexText(from, i);
                hexText(from + 1, i);
            }
            i++;
        }
    }

    private void hexText(int from, int end) {
        int text = 0;
        for (int i = from; i + 1 < end; i += 2) {
            int c = Codes.hex(b[i]) << 4 | Codes.hex(b[i + 1]);
            boolean textual = (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r' || c == 0;
            text = textual ? text + 1 : 0;
            if (text >= HEX_TEXT) {
                Window out = new Window(run, s.view().decoded(from, end));
                for (int k = from; k + 1 < end; k += 2) {
                    out.put(Codes.hex(b[k]) << 4 | Codes.hex(b[k + 1]));
                }
                finish(out, end);
                return;
            }
        }
    }

    private void base32(int start, int end) {
        int i = start;
        while (i < end) {
            int from = i;
            boolean lower = b[i] >= 'a';
            boolean digit = false;
            while (i < end
                    && Codes.base32(b[i]) >= 0
                    && (b[i] < 'A' || lower == b[i] >= 'a' || !letterBefore(from, i))) {
                lower = b[i] >= 'A' ? b[i] >= 'a' : lower;
                digit |= b[i] < 'A';
                i++;
            }
            if (i - from >= BASE32 && digit) {
                for (int phase = 0; phase < 8 && i - from - phase >= RunPass.LONG; phase++) {
                    base32Text(from + phase, i);
                }
            }
            i = i == from ? i + 1 : i;
        }
    }

    private boolean letterBefore(int from, int i) {
        for (int k = i - 1; k >= from; k--) {
            if (b[k] >= 'A') {
                return true;
            }
        }
        return false;
    }

    private void base32Text(int from, int end) {
        byte[] out = new byte[(end - from) * 5 / 8];
        int v = 0;
        int bits = 0;
        int n = 0;
        int text = 0;
        int best = 0;
        for (int i = from; i < end && n < out.length; i++) {
            v = v << 5 | Codes.base32(b[i]);
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                byte c = (byte) (v >> bits);
                out[n++] = c;
                text = c >= 0x20 && c < 0x7f ? text + 1 : 0;
                best = Math.max(best, text);
            }
        }
        if (best >= HEX_TEXT || (n > 3 && out[0] == 0x1f && (out[1] & 0xff) == 0x8b)) {
            Window window = new Window(run, s.view().decoded(from, end));
            window.put(out, 0, n);
            finish(window, end);
        }
    }

    private void entropy(int start, int end) {
        int to = Math.min(end, start + SAMPLE);
        if (end - start >= ENTROPY && Made.strict(b, start, to) && Made.entropy(b, start, to) >= 4.2) {
            run.report("high_entropy", Detector.ENTROPY, s.view(), b, start, end);
        }
    }

    private void finish(Window out, int end) {
        if (end == s.to() && s.cut()) {
            out.endCut();
        } else {
            out.end();
        }
    }
}

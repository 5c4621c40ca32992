package egress.dlp.builtin.decode;

import egress.dlp.Detector;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import egress.dlp.builtin.match.Uuid;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;

/** What a long run of letters, digits and marks may decode to. */
final class LongRuns {
    private static final int WRAPPED = 16;
    private static final int WIDEST_BREAK = 24;
    /** From this many lines of one length on, the lines are not looked at one by one. */
    private static final int SURE = 3;

    private static final int ENTROPY = 24;
    private static final int SAMPLE = 256;

    private final ScanContext run;
    private final Segment s;
    private final byte[] b;

    LongRuns(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
        this.b = s.b();
    }

    /** Decodes the run; returns its end, or the end of the last line when it is wrapped. */
    int run(int start, int end, boolean digit) {
        // The letter of an escaped line break in front of the first line belongs to none.
        int first = start + CharTables.escapeTail(b, start, end);
        int next = afterBreak(end);
        if (next > 0) {
            int last = endOfLines(first, end, next);
            if (last > end) {
                wrapped(first, end, last);
                if (last - first > SURE * (end - first)) {
                    return last;
                }
            }
        }
        alone(start, end, digit);
        return end;
    }

    private void alone(int start, int end, boolean digit) {
        if (Uuid.is(b, start, end)) {
            uuid(start);
            return;
        }
        Decoders.run(run, s, start, end, digit);
        if (digit && run.wants(Detector.ENTROPY)) {
            entropy(start, end);
        }
    }

    // Sixteen bytes may be text as well.
    private void uuid(int start) {
        if (!Uuid.mayBeText(b, start)) {
            return;
        }
        byte[] bytes = new byte[16];
        for (int i = start, n = 0; i < start + 36; i++) {
            if (b[i] != '-') {
                bytes[n++] = (byte) (CharTables.hex(b[i]) << 4 | CharTables.hex(b[i + 1]));
                i++;
            }
        }
        run.scan(Segment.whole(s.view().decoded(start, start + 36), bytes, 0, bytes.length));
    }

    // The index behind a line break, real or escaped, with blanks on both sides and the marks of a quotation behind it,
    // when
    // a run goes on there; else -1.
    private int afterBreak(int end) {
        int i = end;
        int to = s.to();
        boolean broken = false;
        while (i < to && i - end < WIDEST_BREAK) {
            byte c = b[i];
            if (c == '\n' || c == '\r') {
                broken = true;
                i++;
            } else if (c == '\\') {
                i = afterBackslashes(i, to);
                if (i < 0 || (b[i - 1] == 't' && !broken)) {
                    return -1;
                }
                broken |= b[i - 1] != '\\';
            } else if (c == ' ' || c == '\t' || (broken && (c == '>' || c == '#' || c == '*' || c == '|'))) {
                i++;
            } else {
                return broken && CharTables.base64(c) >= 0 ? i : -1;
            }
        }
        return -1;
    }

    // Behind \n, \r or \t under any number of escapes, or right before a line break that is escaped itself; else -1.
    private int afterBackslashes(int from, int to) {
        int i = from;
        while (i < to && b[i] == '\\') {
            i++;
        }
        if (i < to && (b[i] == '\n' || b[i] == '\r')) {
            return i;
        }
        return i < to && (b[i] == 'n' || b[i] == 'r' || b[i] == 't') ? i + 1 : -1;
    }

    // All lines but the last are as long as the first; the last is no longer.
    private int endOfLines(int start, int end, int second) {
        int length = end - start;
        int last = end;
        int next = second;
        while (next > 0) {
            int i = next;
            while (i < s.to() && i - next <= length && CharTables.base64(b[i]) >= 0) {
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
        int mark = isMarked(start, end, last) ? 1 : 0;
        ScanWindow out = new ScanWindow(run, s.view().pieces(start, last));
        out.put(b, start + mark, end);
        for (int i = afterBreak(end); i > 0 && i < last; ) {
            int lineEnd = lineEnd(i, last);
            out.put(b, i + mark, lineEnd);
            i = afterBreak(lineEnd);
        }
        out.end(last, s);
    }

    // Whether each line begins with the + or - of a difference between files.
    private boolean isMarked(int start, int end, int last) {
        boolean marked = b[start] == '+' || b[start] == '-';
        for (int i = afterBreak(end); marked && i > 0 && i < last; i = afterBreak(lineEnd(i, last))) {
            marked = b[i] == b[start];
        }
        return marked;
    }

    private int lineEnd(int from, int last) {
        int i = from;
        while (i < last && CharTables.base64(b[i]) >= 0) {
            i++;
        }
        return i;
    }

    private void entropy(int start, int end) {
        int to = Math.min(end, start + SAMPLE);
        if (end - start >= ENTROPY && Randomness.strict(b, start, to) && Randomness.entropy(b, start, to) >= 4.2) {
            run.report("high_entropy", Detector.ENTROPY, s.view(), b, start, end);
        }
    }
}

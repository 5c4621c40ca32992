package egress.dlp.builtin;

import static egress.dlp.builtin.Codes.DIGIT;

import org.jspecify.annotations.Nullable;

/**
 * One look at every byte: splits into runs of letters, digits and {@code + / - _}, and hands on what could be encoded: long runs,
 * short runs in step, and the neighbourhood of escapes. Clean text costs one table look-up a byte.
 */
final class RunPass {
    static final int LONG = 16;
    private static final int SHORT = 8;
    private static final int WIDEST_GAP = 16;
    private static final int IN_STEP = 7;
    private static final int LEAST = 12;

    private final Stretch s;
    private final ScanRun run;
    private final LongRuns longRuns;
    private final Escaped escaped;
    private final @Nullable WordJoin words;

    private int shortStart;
    private int shortEnd;
    private int shortLength;
    private int shortKinds;
    private int groupStart;
    private int groupGap;
    private byte groupSeparator;
    private int groupCount;
    private int groupKinds;

    RunPass(ScanRun run, Stretch s) {
        this.s = s;
        this.run = run;
        this.longRuns = new LongRuns(run, s);
        this.escaped = new Escaped(run, s);
        this.words = WordJoin.worthwhile(run, s) ? new WordJoin(run, s.view()) : null;
    }

    void scan() {
        byte[] b = s.b();
        byte[] classes = Codes.classTable();
        int to = s.to();
        int i = s.from();
        while (i < to) {
            int c = classes[b[i] & 0xff];
            if (c <= 0) {
                if (c < 0) {
                    escaped.at(i, c);
                }
                i++;
                continue;
            }
            int start = i;
            int kinds = 0;
            do {
                kinds |= c;
                i++;
            } while (i < to && (c = classes[b[i] & 0xff]) > 0);
            if (i - start >= LONG) {
                i = longRun(start, i, kinds);
                if (run.over()) {
                    return;
                }
            } else if (i - start <= SHORT) {
                shortRun(start, i, kinds);
            }
            if (words != null && (kinds & (kinds - 1)) != 0) {
                words.run(b, start, i, kinds);
            }
        }
        endGroup();
        escaped.end();
        if (words != null) {
            words.end();
        }
    }

    private int longRun(int start, int end, int kinds) {
        endGroup();
        groupCount = 0;
        shortLength = 0;
        return longRuns.run(start, end, kinds);
    }

    // Runs of one length at one distance: separators between characters or groups of them, hex pairs, character codes.
    private void shortRun(int start, int end, int kinds) {
        int length = end - start;
        int gap = start - shortEnd;
        boolean inStep = shortLength > 0
                && gap <= WIDEST_GAP
                && (length == shortLength
                        || (length <= 3 && shortLength <= 3 && kinds == DIGIT && shortKinds == DIGIT));
        byte separator = gap > 0 ? s.b()[shortEnd] : 0;
        if (inStep && groupCount <= 1) {
            groupSeparator = separator;
            groupStart = shortStart;
            groupKinds = shortKinds;
            groupGap = gap;
            groupCount = 2;
        } else if (inStep && separator == groupSeparator && (gap == groupGap || gap == 2 * groupGap + 1)) {
            // A gap and another with one character between them: that character belongs to the value.
            groupCount++;
        } else {
            boolean tail = gap == groupGap && separator == groupSeparator && length < shortLength;
            if (enough()) {
                Groups.decode(run, s, groupStart, tail ? end : shortEnd);
            }
            if (inStep) {
                groupSeparator = separator;
                groupStart = shortStart;
                groupKinds = shortKinds;
                groupGap = gap;
            }
            groupCount = inStep ? 2 : 1;
        }
        groupKinds |= kinds;
        shortStart = start;
        shortEnd = end;
        shortLength = length;
        shortKinds = kinds;
    }

    private void endGroup() {
        if (enough()) {
            Groups.decode(run, s, groupStart, shortEnd);
        }
        groupCount = 0;
    }

    // Words of four letters do follow each other, so a few in step mean nothing unless there are digits among them.
    private boolean enough() {
        boolean few = shortLength >= 3 && groupCount >= 3 && groupCount * shortLength >= LEAST;
        return groupCount >= IN_STEP || (few && (groupKinds & DIGIT) != 0);
    }
}

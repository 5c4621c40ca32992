package egress.dlp.builtin.decode;

import static egress.dlp.builtin.match.CharTables.DIGIT;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;

/** Short runs of one length at one distance: separators between characters or groups of them, hex pairs, character codes. */
final class SpacedRuns {
    private static final int WIDEST_GAP = 16;
    private static final int ENOUGH = 7;
    private static final int LEAST = 12;

    private final ScanContext run;
    private final Segment s;
    private int start;
    private int gap;
    private byte separator;
    private int count;
    private int kinds;

    SpacedRuns(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
    }

    /** Whether at least two runs are in step. */
    boolean begun() {
        return count > 1;
    }

    /** A short run, and the short run before it. */
    void next(int at, int length, int kindsHere, int lastStart, int lastLength, int lastKinds) {
        int lastEnd = lastStart + lastLength;
        int here = at - lastEnd;
        boolean codes = kindsHere == DIGIT && lastKinds == DIGIT && length <= 3 && lastLength <= 3;
        boolean escape = CharTables.escapeTail(s.b(), at, at + length) == 2;
        boolean alike = lastLength > 0 && !escape && here <= WIDEST_GAP && here > 0 && (length == lastLength || codes);
        byte between = here > 0 ? s.b()[lastEnd] : 0;
        // A gap and another with one character between them: that character belongs to the value.
        if (alike && count > 1 && between == separator && (here == gap || here == 2 * gap + 1)) {
            count++;
            kinds |= kindsHere;
            return;
        }
        if (enough(lastLength)) {
            boolean tail = here == gap && between == separator && length < lastLength;
            SpacedCodes.decode(run, s, start, tail ? at + length : lastEnd);
        }
        count = alike ? 2 : 0;
        start = lastStart;
        separator = between;
        gap = here;
        kinds = kindsHere | lastKinds;
    }

    /** The runs in step are over: the last, of that length, ended there. */
    void end(int lastEnd, int lastLength) {
        if (enough(lastLength)) {
            SpacedCodes.decode(run, s, start, lastEnd);
        }
        count = 0;
    }

    // Words of four letters do follow each other, so a few in step mean nothing unless there are digits among them.
    private boolean enough(int length) {
        boolean few = length >= 3 && count >= 3 && count * length >= LEAST && (kinds & DIGIT) != 0;
        return count >= ENOUGH || few;
    }
}

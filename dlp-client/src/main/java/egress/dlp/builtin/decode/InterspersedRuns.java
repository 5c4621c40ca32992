package egress.dlp.builtin.decode;

import static egress.dlp.builtin.match.CharTables.DIGIT;
import static egress.dlp.builtin.match.CharTables.LOWER;
import static egress.dlp.builtin.match.CharTables.UPPER;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;

/** Short runs of any length with the same separator between them, such as a token with spaces or dots put in. */
final class InterspersedRuns {
    private static final int PIECES = 4;
    private static final int MIXED = 2;
    /** Pieces of a token that may hold no digit beside a letter; more of them in a row are words. */
    private static final int PLAIN = 4;

    private static final int LONGEST = 1024;

    private final ScanContext run;
    private final Segment s;
    private final byte[] b;
    private int readTo;

    InterspersedRuns(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
        this.b = s.b();
    }

    /** Whether the kinds of a run's characters are those of a token's: a letter and a digit. */
    static boolean isMixed(int kinds) {
        return (kinds & DIGIT) != 0 && (kinds & (LOWER | UPPER)) != 0;
    }

    /** A short mixed run; looks at what stands on both sides of it. */
    void at(int start, int end) {
        if (start < readTo
                || start - 2 < s.low()
                || end + 1 >= s.to()
                || b[start - 1] != b[end]
                || s.view().isJoined()) {
            return;
        }
        byte separator = b[end];
        int begin = start;
        for (int i = 0; i < PLAIN && begin - 2 >= s.low() && b[begin - 1] == separator; i++) {
            int before = pieceStart(begin - 1);
            if (before < 0) {
                break;
            }
            begin = before;
        }
        int pieces = begin == start ? 0 : 1;
        int mixed = 1;
        int plain = 0;
        int stop = end;
        int at = end;
        while (at + 1 < s.to() && b[at] == separator && at - begin < LONGEST && plain <= PLAIN) {
            int kinds = 0;
            int i = at + 1;
            for (; i < s.to() && i - at <= RunScanner.LONG && CharTables.classTable()[b[i] & 0xff] > 0; i++) {
                kinds |= CharTables.classTable()[b[i] & 0xff];
            }
            if (i == at + 1 || i - at > RunScanner.LONG) {
                break;
            }
            boolean made = isMixed(kinds);
            mixed += made ? 1 : 0;
            plain = made ? 0 : plain + 1;
            pieces++;
            stop = plain < PLAIN ? i : stop;
            at = i;
        }
        readTo = at;
        if (mixed >= MIXED && pieces >= PIECES - 1) {
            read(begin, stop, separator);
        }
    }

    // Of the piece that ends at `end`; -1 when there is none, or a long one.
    private int pieceStart(int end) {
        int i = end;
        while (i > s.low() && end - i < RunScanner.LONG && CharTables.classTable()[b[i - 1] & 0xff] > 0) {
            i--;
        }
        return i == end || end - i >= RunScanner.LONG ? -1 : i;
    }

    private void read(int begin, int stop, byte separator) {
        ScanWindow out = new ScanWindow(run, s.view().pieces(begin, stop));
        out.border();
        for (int i = begin; i < stop; i++) {
            if (b[i] == separator) {
                out.border();
            } else {
                out.put(b[i]);
            }
        }
        out.end(stop, s);
    }
}

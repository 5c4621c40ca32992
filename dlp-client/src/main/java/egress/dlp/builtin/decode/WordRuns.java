package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;

/** Joins the random-looking words of a plain text: a value may be split over CSV cells, YAML items, lines or string literals. */
final class WordRuns {
    private static final int LONGEST = 128;
    private static final int SMALL = 4096;
    private static final int SAMPLE = 16 * 1024;

    private final ScanWindow out;
    private final int to;
    private int pieces;

    WordRuns(ScanContext run, Segment s) {
        this.out = new ScanWindow(run, s.view().words());
        this.to = s.to();
    }

    /** JSON has a join of its own; of decoded text only small ones are worth it, of joined ones none. */
    static boolean worthwhile(ScanContext run, Segment s) {
        if (s.view().isJoined() || s.view().depth() > 2 || s.to() - s.from() < 24) {
            return false;
        }
        if (s.view().depth() > 0 && s.to() - s.from() > SMALL) {
            return false;
        }
        boolean structured = s.view().depth() == 0 && run.isStructured();
        return !structured && ConfusableFolding.isText(s.b(), s.from(), Math.min(s.to(), s.from() + SAMPLE));
    }

    void run(byte[] b, int begin, int end, boolean digit) {
        int start = Math.min(end, begin + CharTables.escapeTail(b, begin, end));
        boolean mixed = digit ? anyLetter(b, begin, end) : start < end && innerCapital(b, start, end);
        if (!mixed || start == end || isName(b, end)) {
            return;
        }
        pieces++;
        out.border();
        if (end - start <= LONGEST) {
            out.put(b, start, end);
        } else {
            out.put(b, start, start + LONGEST / 2);
            out.put('\n');
            out.put(b, end - LONGEST / 2, end);
        }
    }

    void end() {
        if (pieces < 2) {
            out.drop();
        } else {
            out.end();
        }
    }

    // What stands in front of a value, and is none: PART1=..., "p2": ...
    private boolean isName(byte[] b, int end) {
        int i = end;
        i += i < to && (b[i] == '"' || b[i] == '\'') ? 1 : 0;
        return i < to && (b[i] == '=' || b[i] == ':') && i + 1 < to && b[i + 1] != '=' && b[i + 1] != '/';
    }

    private static boolean anyLetter(byte[] b, int start, int end) {
        for (int i = start; i < end; i++) {
            if ((b[i] | 32) >= 'a' && (b[i] | 32) <= 'z') {
                return true;
            }
        }
        return false;
    }

    private static boolean innerCapital(byte[] b, int start, int end) {
        boolean small = b[start] >= 'a' && b[start] <= 'z';
        boolean capital = false;
        for (int i = start + 1; i < end; i++) {
            small |= b[i] >= 'a' && b[i] <= 'z';
            capital |= b[i] >= 'A' && b[i] <= 'Z';
        }
        return small && capital;
    }
}

package egress.dlp.builtin.rule;

import egress.dlp.builtin.match.AnchoredPattern;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import egress.dlp.builtin.scan.Segment;

/** What stands around a keyword: encoded data that holds any few letters sooner or later, or the rest of a token in pieces. */
final class KeywordContext {
    private static final int BLOB_BEFORE = 24;
    private static final int BLOB_AFTER = 48;
    private static final int LINE = 76;
    private static final int SHORTEST_LINE = 60;
    private static final int GAP = 24;
    private static final int MOST_GAPS = 80;
    /** The longest token that is put together from pieces. */
    static final int PIECED = 300;

    private KeywordContext() {}

    /** What may belong to a token whose pieces are put together; everything else stands between them. */
    enum Alphabet {
        WIDE("_-.+/="),
        URL("_-"),
        SPARE("_");

        private final String marks;

        Alphabet(String marks) {
            this.marks = marks;
        }

        boolean holds(byte c) {
            return CharTables.isWord(c) || marks.indexOf(c) >= 0;
        }
    }

    /** A match of {@code length} bytes, 0 for none, put together up to {@code end}; {@code words} pieces could be words. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Gathered(byte[] bytes, int length, int end, int words) {}

    /** Whether {@code [start, end)} lies in the midst of base64 in one long run, or in lines of it. */
    static boolean blob(Segment s, int start, int end) {
        int before = extent(s, start - 1, -1, end - start);
        if (before == 0) {
            return false;
        }
        int after = extent(s, end, 1, end - start);
        return (before >= BLOB_BEFORE && after >= BLOB_AFTER) || after >= 2 * LINE || (before >= 2 * LINE && after > 0);
    }

    // How much base64 stands on one side, up to two lines. A line break does not end it when the line is as long as
    // such lines are.
    private static int extent(Segment s, int from, int step, int matched) {
        byte[] b = s.b();
        int count = 0;
        int line = matched;
        for (int i = from; i >= s.low() && i < s.to() && count < 2 * LINE; i += step) {
            byte c = b[i];
            if (CharTables.base64(c) >= 0 && c != '-' && c != '_') {
                count++;
                line++;
            } else if ((c == '\n' || c == '\r' || c == '\\') && line >= SHORTEST_LINE) {
                line = c == '\n' ? SHORTEST_LINE : line;
            } else {
                return count;
            }
        }
        return count;
    }

    /** Puts the token characters from {@code at} on together as long as they match; the keyword, of that length, stays as it is. */
    static Gathered gather(Segment s, int at, int length, Alphabet alphabet, AnchoredPattern pattern, byte[] out) {
        byte[] b = s.b();
        int state = pattern.first();
        int n = 0;
        int gaps = 0;
        int words = 0;
        int pieceStart = length;
        int gapStart = at;
        int matched = 0;
        int end = at;
        int i = at;
        while (i < s.to() && n < out.length && gaps < MOST_GAPS && i - gapStart <= GAP && isText(b[i])) {
            if (n >= length && !alphabet.holds(b[i])) {
                i = afterSeparator(s, i);
                continue;
            }
            state = pattern.next(state, b[i]);
            if (state == 0) {
                break;
            }
            if (i > gapStart) {
                gaps++;
                words += Randomness.word(out, pieceStart, n) ? 1 : 0;
                pieceStart = n;
            }
            out[n++] = b[i++];
            gapStart = i;
            if (gaps > 0 && pattern.accepts(state)) {
                matched = n;
                end = i;
            }
        }
        return new Gathered(out, matched, end, words);
    }

    private static boolean isText(byte c) {
        return c >= ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    private static int afterSeparator(Segment s, int i) {
        byte[] b = s.b();
        if (b[i] == '<') {
            int close = i + 1;
            while (close < s.to() && close - i < GAP && b[close] != '>') {
                close++;
            }
            return close < s.to() && b[close] == '>' ? close + 1 : i + 1;
        }
        if (b[i] == '%') {
            return i + 1 + CharTables.escapeTail(b, i + 1, s.to());
        }
        boolean escape = b[i] == '\\' && i + 1 < s.to() && "nrt\"/".indexOf(b[i + 1]) >= 0;
        return escape ? i + 2 : i + 1;
    }
}

package egress.dlp.builtin.kind;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.Segment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** What stands before and behind a value. */
final class Texts {
    private static final int BEFORE = 64;
    private static final int BEHIND = 32;
    private static final int NAME = 40;

    private Texts() {}

    static String latin(byte[] b, int from, int to) {
        return new String(b, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** Whether one of these words, in lower case, stands close before or behind, in letters of either case. */
    static boolean isNear(Segment s, int start, int end, List<String> words) {
        String before = latin(s.b(), Math.max(s.low(), start - BEFORE), start).toLowerCase(Locale.ROOT);
        String behind = latin(s.b(), end, Math.min(s.to(), end + BEHIND)).toLowerCase(Locale.ROOT);
        return words.stream().anyMatch(word -> holds(before, word) || holds(behind, word));
    }

    // As a whole word, where it is short.
    private static boolean holds(String text, String word) {
        for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
            boolean begins = at == 0 || !isWord(text.charAt(at - 1));
            int end = at + word.length();
            boolean ends = end == text.length() || !isWord(text.charAt(end));
            if (word.length() > 4 || begins && ends) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWord(char c) {
        return c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
    }

    /** Whether a letter or digit stands before {@code i} that belongs to what begins there: not that of an escape such as \\n. */
    static boolean isWordBefore(Segment s, int i) {
        byte[] b = s.b();
        if (i <= s.low() || !CharTables.isWord(b[i - 1])) {
            return false;
        }
        boolean escape = i - 2 >= s.low() && b[i - 2] == '\\' && "nrt".indexOf(b[i - 1]) >= 0;
        // The first track of a magnetic stripe begins %B, ISO/IEC 7813.
        boolean track = i - 2 >= s.low() && b[i - 2] == '%' && b[i - 1] == 'B';
        return !escape && !track;
    }

    /**
     * The name right before a value, as {@code "order_id": } and {@code order number } have it, in lower case and without marks; empty
     * where there is none.
     */
    static String nameBefore(Segment s, int start) {
        int end = beforeMarks(s, start);
        int from = nameFrom(s, end);
        String name = letters(s, from, end);
        String kind = name.replaceAll("(?:number|num|no|nr)$", "");
        if (!kind.isEmpty() || name.isEmpty()) {
            return kind;
        }
        int further = beforeMarks(s, from);
        return letters(s, nameFrom(s, further), further);
    }

    private static String letters(Segment s, int from, int to) {
        return latin(s.b(), from, to).toLowerCase(Locale.ROOT).replaceAll("[_-]", "");
    }

    private static int beforeMarks(Segment s, int start) {
        int i = start;
        while (i > s.low() && start - i < NAME && isBetween(s.b()[i - 1])) {
            i--;
        }
        return i;
    }

    private static int nameFrom(Segment s, int end) {
        byte[] b = s.b();
        int i = end;
        while (i > s.low() && end - i < NAME && (CharTables.isWord(b[i - 1]) || b[i - 1] == '_' || b[i - 1] == '-')) {
            i--;
        }
        return i;
    }

    private static boolean isBetween(byte c) {
        return c == ' ' || c == ':' || c == '=' || c == '"' || c == '\'' || c == '\\' || c == '#' || c == '[';
    }
}

package egress.dlp.builtin.people;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/** What the content of one cell looks like, as bits; several may hold. */
final class Cell {
    static final int EMPTY = 1;
    /** One word with a capital, or in a script without. */
    static final int WORD = 1 << 1;
    /** Several such words: a person's name by its form. */
    static final int FULL_NAME = 1 << 2;
    /** Words of letters, whatever their case. */
    static final int LETTERS = 1 << 3;

    static final int MAIL = 1 << 4;
    /** A telephone number by its form alone. */
    static final int PHONE = 1 << 5;
    /** As many digits as a telephone number has. */
    static final int DIGITS = 1 << 6;

    static final int DATE = 1 << 7;
    /** A mail address or a telephone number that is set apart for examples. */
    static final int EXAMPLE = 1 << 8;

    private static final int YEAR = 16;

    private static final int LONGEST = 80;
    private static final int MOST_WORDS = 5;
    private static final int PARTICLE = 4;
    private static final int LEAST_DIGITS = 7;
    private static final int MOST_DIGITS = 15;
    private static final int LEAST_BARE_NAME = 6;
    private static final int MOST_BARE_NAME = 30;

    /** The last words of names that are no persons'. */
    private static final Set<String> FIRMS = Set.of(
            "inc",
            "ltd",
            "llc",
            "gmbh",
            "ag",
            "kg",
            "corp",
            "co",
            "sa",
            "bv",
            "plc",
            "company",
            "group",
            "hotel",
            "store",
            "shop",
            "pharmacy",
            "clinic",
            "restaurant",
            "bank",
            "branch",
            "office",
            "hospital",
            "school",
            "university",
            "airport",
            "center",
            "centre",
            "cafe",
            "station",
            "library",
            "museum",
            "department",
            "service",
            "services",
            "team",
            "support",
            "user",
            "test",
            "street",
            "road",
            "avenue");

    private Cell() {}

    /** The bits, and above them the year of a date. */
    static int of(byte[] b, int start, int end) {
        int from = start;
        int to = end;
        while (from < to && isBlank(b[from])) {
            from++;
        }
        while (from < to && isBlank(b[to - 1])) {
            to--;
        }
        if (from == to) {
            return EMPTY;
        }
        if (to - from > LONGEST) {
            return 0;
        }
        int year = Dates.yearInWords(b, from, to);
        if (year > 0) {
            return DATE | year << YEAR;
        }
        byte first = b[from];
        if (first >= '0' && first <= '9' || first == '+' || first == '(') {
            return number(b, from, to);
        }
        return text(b, from, to);
    }

    static int year(int bits) {
        return bits >>> YEAR;
    }

    private static boolean isBlank(byte c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    private static int number(byte[] b, int from, int to) {
        int year = Dates.year(b, from, to);
        if (year > 0) {
            return DATE | year << YEAR;
        }
        int end = to;
        for (int i = from; i < to; i++) { // an extension
            if (b[i] == 'x' || b[i] == 'e') {
                end = i;
                break;
            }
        }
        StringBuilder digits = new StringBuilder();
        StringBuilder groups = new StringBuilder();
        for (int i = from; i < end; i++) {
            if (b[i] >= '0' && b[i] <= '9') {
                digits.append((char) b[i]);
                groups.append('9');
            } else if (" -./()+".indexOf(b[i]) >= 0) {
                groups.append(b[i] == '.' || b[i] == '-' ? '-' : (char) b[i]);
            } else {
                return 0;
            }
        }
        int n = digits.length();
        if (n < LEAST_DIGITS || n > MOST_DIGITS) {
            return 0;
        }
        String form = groups.toString().strip();
        boolean international = form.startsWith("+9") && n > LEAST_DIGITS;
        boolean area = form.matches("\\(9{2,5}\\).*");
        boolean american = form.equals("999-999-9999") || form.equals("1-999-999-9999");
        int kind = international || area || american ? PHONE | DIGITS : DIGITS;
        return isFictitious(digits) ? kind | EXAMPLE : kind;
    }

    // 555-01xx in North America, 07700 900xxx in Great Britain.
    private static boolean isFictitious(StringBuilder digits) {
        int n = digits.length();
        return n >= LEAST_DIGITS && digits.indexOf("55501") == n - LEAST_DIGITS || digits.indexOf("7700900") >= 0;
    }

    private static int text(byte[] b, int from, int to) {
        int at = -1;
        for (int i = from; i < to; i++) {
            if (b[i] == '@') {
                at = at < 0 ? i : to;
            }
        }
        return at >= 0 ? mail(b, from, at, to) : name(b, from, to);
    }

    private static int mail(byte[] b, int from, int at, int to) {
        if (at == from || at >= to - 3) {
            return 0;
        }
        int dot = -1;
        for (int i = from; i < to; i++) {
            boolean fits = isLetter(b[i]) || b[i] >= '0' && b[i] <= '9' || ".-_+@".indexOf(b[i]) >= 0;
            if (!fits) {
                return 0;
            }
            dot = i > at && b[i] == '.' ? i : dot;
        }
        if (dot <= at + 1 || dot >= to - 2) {
            return 0;
        }
        String domain = new String(b, at + 1, to - at - 1, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        boolean example = domain.matches("(?:.*\\.)?(?:example\\.(?:com|org|net)|example|test|invalid|localhost)");
        return example ? MAIL | EXAMPLE : MAIL;
    }

    private static int name(byte[] b, int from, int to) {
        int words = 0;
        int capitals = 0;
        int last = from;
        int i = from;
        while (i < to) {
            int end = word(b, i, to);
            if (end == i) {
                return 0;
            }
            boolean capital = b[i] < 0 || b[i] >= 'A' && b[i] <= 'Z';
            boolean particle = end - i <= PARTICLE && words > 0 && end < to;
            if (capital) {
                capitals++;
            } else if (!particle) {
                capitals = -MOST_WORDS;
            }
            words++;
            last = i;
            i = end;
            while (i < to && (b[i] == ' ' || b[i] == ',' && words == 1)) {
                i++;
            }
        }
        if (words > MOST_WORDS || isFirm(b, last, to)) {
            return 0;
        }
        if (words == 1) {
            boolean bare = b[from] < 0 && to - from >= LEAST_BARE_NAME && to - from <= MOST_BARE_NAME;
            return capitals < 1 ? LETTERS : bare ? LETTERS | WORD | FULL_NAME : LETTERS | WORD;
        }
        return capitals >= 2 ? LETTERS | FULL_NAME : LETTERS;
    }

    private static int word(byte[] b, int from, int to) {
        int i = from;
        while (i < to && (b[i] < 0 || isLetter(b[i]) || i > from && (b[i] == '-' || b[i] == '\'' || b[i] == '.'))) {
            i++;
        }
        return i;
    }

    private static boolean isFirm(byte[] b, int from, int to) {
        int end = b[to - 1] == '.' ? to - 1 : to;
        return FIRMS.contains(new String(b, from, end - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT));
    }

    private static boolean isLetter(byte c) {
        return (c | 32) >= 'a' && (c | 32) <= 'z';
    }
}

package egress.dlp.builtin.people;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Days as they are written: 1985-03-12, 12.3.1985, 03/12/1985, also with a time behind it, and 12 March 1985, Mar 12, 1985. */
final class Dates {
    private static final int SHORTEST = 8;
    private static final int FIRST_YEAR = 1900;
    private static final int LAST_YEAR = 2100;
    private static final int MOST_DAYS = 31;
    private static final int LONGEST_IN_WORDS = 20;
    private static final Pattern DAY_FIRST =
            Pattern.compile("(\\d{1,2})(?:st|nd|rd|th|\\.)?[ -]+([a-z]{3,9})\\.?[ ,-]+(\\d{4})");
    private static final Pattern MONTH_FIRST =
            Pattern.compile("([a-z]{3,9})\\.?[ -]+(\\d{1,2})(?:st|nd|rd|th)?[ ,-]+(\\d{4})");
    /** As they begin, in English, German, French and Spanish. */
    private static final List<List<String>> MONTHS = List.of(
            List.of("jan", "ene"),
            List.of("feb", "fev"),
            List.of("mar", "mae"),
            List.of("apr", "avr", "abr"),
            List.of("may", "mai"),
            List.of("jun", "juin"),
            List.of("jul", "juil"),
            List.of("aug", "aou", "ago"),
            List.of("sep"),
            List.of("oct", "okt"),
            List.of("nov"),
            List.of("dec", "dez", "dic"));

    private Dates() {}

    /** The year; 0 where it is no day of this century or the last. */
    static int year(byte[] b, int from, int to) {
        int end = from;
        while (end < to && b[end] != 'T' && b[end] != ' ') {
            end++;
        }
        if (end - from < SHORTEST || end - from > SHORTEST + 2) {
            return 0;
        }
        int[] numbers = new int[3];
        int[] widths = new int[3];
        int at = 0;
        byte mark = 0;
        for (int i = from; i < end; i++) {
            byte c = b[i];
            if (c >= '0' && c <= '9') {
                numbers[at] = numbers[at] * 10 + c - '0';
                widths[at]++;
            } else if ((c == '-' || c == '.' || c == '/') && at < 2 && (mark == 0 || mark == c)) {
                mark = c;
                at++;
            } else {
                return 0;
            }
        }
        if (at == 0 && widths[0] == SHORTEST) { // 19850312
            int n = numbers[0];
            return checked(n / 10_000, n / 100 % 100, n % 100);
        }
        if (at < 2) {
            return 0;
        }
        if (widths[0] == 4) {
            return checked(numbers[0], numbers[1], numbers[2]);
        }
        return widths[2] == 4 ? checked(numbers[2], numbers[0], numbers[1]) : 0;
    }

    /** The year of a day whose month is written out; 0 where it is none. */
    static int yearInWords(byte[] b, int from, int to) {
        if (to - from < SHORTEST
                || to - from > LONGEST_IN_WORDS
                || b[to - 1] < '0'
                || b[to - 1] > '9'
                || !hasLetter(b, from, to)) {
            return 0;
        }
        String text = new String(b, from, to - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        Matcher matcher = DAY_FIRST.matcher(text);
        boolean dayFirst = matcher.matches();
        if (!dayFirst) {
            matcher = MONTH_FIRST.matcher(text);
            if (!matcher.matches()) {
                return 0;
            }
        }
        String month = matcher.group(dayFirst ? 2 : 1);
        int number = 0;
        for (int i = 0; i < MONTHS.size(); i++) {
            number = MONTHS.get(i).stream().anyMatch(month::startsWith) ? i + 1 : number;
        }
        return checked(Integer.parseInt(matcher.group(3)), number, Integer.parseInt(matcher.group(dayFirst ? 1 : 2)));
    }

    private static boolean hasLetter(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            if ((b[i] | 32) >= 'a' && (b[i] | 32) <= 'z') {
                return true;
            }
        }
        return false;
    }

    private static int checked(int year, int one, int other) {
        boolean day = one >= 1 && other >= 1 && one <= MOST_DAYS && other <= MOST_DAYS && Math.min(one, other) <= 12;
        return day && year >= FIRST_YEAR && year < LAST_YEAR ? year : 0;
    }
}

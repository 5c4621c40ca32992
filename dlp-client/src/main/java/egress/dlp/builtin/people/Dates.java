package egress.dlp.builtin.people;

/** Days as they are written: 1985-03-12, 12.3.1985, 03/12/1985, also with a time behind it. */
final class Dates {
    private static final int SHORTEST = 8;
    private static final int FIRST_YEAR = 1900;
    private static final int LAST_YEAR = 2100;
    private static final int MOST_DAYS = 31;

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

    private static int checked(int year, int one, int other) {
        boolean day = one >= 1 && other >= 1 && one <= MOST_DAYS && other <= MOST_DAYS && Math.min(one, other) <= 12;
        return day && year >= FIRST_YEAR && year < LAST_YEAR ? year : 0;
    }
}

package egress.dlp.builtin.scan;

/**
 * What numbers a part: {@code part1:}, {@code [3/7] }, {@code 2-}.
 *
 * @param end where it ends; where it began if there is none
 * @param number -1 if there is none
 */
record PartLabel(int end, int number) {
    private static final int MOST_LETTERS = 16;
    static final int MOST_DIGITS = 4;

    static PartLabel at(byte[] b, int from, int to) {
        PartLabel none = new PartLabel(from, -1);
        int i = from;
        while (i < to && i - from < MOST_LETTERS && (isLetter(b[i]) || "[(<#_-. ".indexOf(b[i]) >= 0)) {
            i++;
        }
        int digits = i;
        i = afterDigits(b, i, to);
        if (i == digits || i - digits > MOST_DIGITS) {
            return none;
        }
        int number = number(b, digits, i);
        int total = afterWord(b, i, to);
        int behind = afterDigits(b, total, to);
        if (total > i && behind > total && behind - total <= MOST_DIGITS) {
            i = behind;
        }
        int mark = i;
        while (i < to && ":=|>)]}.,;-_ \t".indexOf(b[i]) >= 0) {
            i++;
        }
        return i == mark || i == to ? none : new PartLabel(i, number);
    }

    /** Behind what parts a number from how many there are. */
    private static int afterWord(byte[] b, int from, int to) {
        int i = from;
        while (i < to && b[i] == ' ') {
            i++;
        }
        if (i < to && b[i] == '/') {
            return i + 1;
        }
        boolean of = i + 1 < to && b[i] == 'o' && b[i + 1] == 'f';
        i += of ? 2 : 0;
        while (of && i < to && (b[i] == ' ' || b[i] == '-' || b[i] == '_')) {
            i++;
        }
        return of ? i : from;
    }

    private static int afterDigits(byte[] b, int from, int to) {
        int i = from;
        while (i < to && b[i] >= '0' && b[i] <= '9') {
            i++;
        }
        return i;
    }

    /** The number that the digits within a name make; -1 where it has none, or more than parts have. */
    static int numberIn(byte[] b, int from, int to) {
        int i = from;
        while (i < to && (b[i] < '0' || b[i] > '9')) {
            i++;
        }
        int end = afterDigits(b, i, to);
        return end == i || end - i > MOST_DIGITS ? -1 : number(b, i, end);
    }

    private static int number(byte[] b, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            number = number * 10 + b[i] - '0';
        }
        return number;
    }

    private static boolean isLetter(byte c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }
}

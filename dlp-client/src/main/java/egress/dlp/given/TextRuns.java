package egress.dlp.given;

/**
 * Reads text byte by byte as runs of letters and digits, without regard to case, with percent codes and JSON's escapes undone, also those
 * that are in such codes again: an origin that echoes writes the same runs between other marks, and takes off what codes it likes.
 */
final class TextRuns {
    /** Characters of a run that are compared together: they fill a long. */
    static final int GRAM = Long.BYTES;

    private static final int TEXT = 0;
    private static final int PERCENT = 1;
    private static final int PERCENT_DIGIT = 2;
    private static final int BACKSLASH = 3;
    private static final int UNICODE = 4;
    private static final int UNICODE_END = UNICODE + 3;

    private static final byte SPECIAL = -1;
    /** A letter in lower case, a digit, 0 for what ends a run, or {@link #SPECIAL}. */
    private static final byte[] CLASSES = classes();

    private int state;
    private int code;
    private int length;
    private long gram;

    private static byte[] classes() {
        byte[] out = new byte[256];
        for (int c = '0'; c <= '9'; c++) {
            out[c] = (byte) c;
        }
        for (int c = 'a'; c <= 'z'; c++) {
            out[c] = (byte) c;
            out[c - ('a' - 'A')] = (byte) c;
        }
        out['%'] = SPECIAL;
        out['\\'] = SPECIAL;
        out[0] = SPECIAL;
        return out;
    }

    /** Takes the next byte; true where it is the last of at least {@link #GRAM} characters of a run. */
    boolean take(byte next) {
        int c = next & 0xff;
        return switch (state) {
            case TEXT -> text(c);
            case PERCENT -> digit(c, PERCENT_DIGIT);
            case PERCENT_DIGIT -> lastDigit(c);
            case BACKSLASH -> escape(c);
            case UNICODE_END -> lastDigit(c);
            default -> digit(c, state + 1);
        };
    }

    /**
     * Takes bytes up to the end of the next eight characters of a run that lie end to end with those before them.
     *
     * @return the index behind them; -1 where there are none in these bytes
     */
    int takeAligned(byte[] b, int from, int to) {
        long latest = gram;
        int run = length;
        for (int i = from; i < to; i++) {
            int c = state == TEXT ? CLASSES[b[i] & 0xff] : SPECIAL;
            if (c > 0) {
                latest = latest << Byte.SIZE | c;
                run++;
            } else if (c == 0) {
                run = 0;
            } else {
                gram = latest;
                length = run;
                boolean taken = take(b[i]);
                latest = gram;
                run = length;
                if (taken && isAligned()) {
                    return i + 1;
                }
                continue;
            }
            if (c > 0 && run % GRAM == 0) {
                gram = latest;
                length = run;
                return i + 1;
            }
        }
        gram = latest;
        length = run;
        return -1;
    }

    /** Another text begins. */
    void end() {
        state = TEXT;
        length = 0;
    }

    /** The latest eight characters of the run. */
    long gram() {
        return gram;
    }

    /** Whether they lie end to end with the eight before them. */
    boolean isAligned() {
        return length % GRAM == 0;
    }

    private boolean text(int c) {
        state = TEXT;
        if (c == '%' || c == '\\') {
            state = c == '%' ? PERCENT : BACKSLASH;
            code = 0;
            return false;
        }
        return character(c);
    }

    private boolean character(int c) {
        boolean digit = c >= '0' && c <= '9';
        int lower = c | 0x20;
        if (digit || lower >= 'a' && lower <= 'z') {
            gram = gram << Byte.SIZE | (digit ? c : lower);
            length++;
            return length >= GRAM;
        }
        if (c != 0) { // every other byte of UTF-16
            length = 0;
        }
        return false;
    }

    private boolean digit(int c, int next) {
        int value = Character.digit(c, 16);
        if (value < 0) {
            length = 0;
            return text(c);
        }
        code = code << 4 | value;
        state = next;
        return false;
    }

    private boolean lastDigit(int c) {
        int value = Character.digit(c, 16);
        if (value < 0) {
            length = 0;
            return text(c);
        }
        state = TEXT;
        return text(code << 4 | value); // which may be a percent sign or a backslash
    }

    private boolean escape(int c) {
        if (c == '\\' || c == '%') { // of a text within a text
            return text(c);
        }
        if (c == 'u') {
            state = UNICODE;
            return false;
        }
        length = 0;
        state = TEXT;
        return "nrtbf".indexOf(c) < 0 && text(c);
    }
}

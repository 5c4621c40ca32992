package egress.dlp.given;

/**
 * Reads text byte by byte as runs of letters and digits, without regard to case, with percent codes and JSON's escapes undone: an origin
 * that echoes writes the same runs between other marks.
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

    private int state;
    private int code;
    private int length;
    private long gram;

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
        return character(code << 4 | value);
    }

    private boolean escape(int c) {
        if (c == 'u') {
            state = UNICODE;
            return false;
        }
        length = 0;
        state = TEXT;
        return "nrtbf\\".indexOf(c) < 0 && text(c);
    }
}

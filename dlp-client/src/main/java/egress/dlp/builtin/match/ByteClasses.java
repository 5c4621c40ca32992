package egress.dlp.builtin.match;

/**
 * What up to 64 bytes are, a bit for each, the first in the lowest bit. Put together without a branch, since where words end is
 * what a processor cannot foretell. The classes are those of {@link CharTables#classTable}.
 */
public final class ByteClasses {
    public static final int WIDTH = 64;

    private static final int STEP = 16;
    private static final int FIELD = 0xffff;
    private static final int DIGIT = 16;
    private static final int CAPITAL = 32;
    private static final int MARK = 48;
    /** Of each byte, one bit in each field of 16. */
    private static final long[] FIELDS = fields();

    private long words;
    private long digits;
    private long capitals;
    private long marks;

    /** Letters, digits and {@code + / - _}. */
    public long words() {
        return words;
    }

    public long digits() {
        return digits;
    }

    public long capitals() {
        return capitals;
    }

    /** Those of the negative classes. */
    public long marks() {
        return marks;
    }

    /** Reads the bytes from {@code from} on, as far as {@code to}; bits beyond are clear. */
    public void read(byte[] b, int from, int to) {
        long[] table = FIELDS;
        int n = Math.min(WIDTH, to - from);
        long word = 0;
        long digit = 0;
        long capital = 0;
        long mark = 0;
        int k = 0;
        for (; k + STEP <= n; k += STEP) {
            long all = 0;
            for (int i = 0; i < STEP; i++) {
                all |= table[b[from + k + i] & 0xff] << i;
            }
            word |= (all & FIELD) << k;
            digit |= (all >>> DIGIT & FIELD) << k;
            capital |= (all >>> CAPITAL & FIELD) << k;
            mark |= (all >>> MARK) << k;
        }
        for (; k < n; k++) {
            long one = table[b[from + k] & 0xff];
            word |= (one & 1) << k;
            digit |= (one >>> DIGIT & 1) << k;
            capital |= (one >>> CAPITAL & 1) << k;
            mark |= (one >>> MARK) << k;
        }
        words = word;
        digits = digit;
        capitals = capital;
        marks = mark;
    }

    private static long[] fields() {
        long[] out = new long[256];
        byte[] classes = CharTables.classTable();
        for (int c = 0; c < out.length; c++) {
            int kind = classes[c];
            out[c] = kind > 0 ? 1 : 0;
            out[c] |= kind == CharTables.DIGIT ? 1L << DIGIT : 0;
            out[c] |= kind == CharTables.UPPER ? 1L << CAPITAL : 0;
            out[c] |= kind < 0 ? 1L << MARK : 0;
        }
        return out;
    }
}

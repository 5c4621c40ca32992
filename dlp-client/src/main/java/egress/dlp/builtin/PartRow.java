package egress.dlp.builtin;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.GramSet;
import java.util.Arrays;

/**
 * Values in an order in which they might be put together. Whether that can make a secret is decided at once by the few bytes around the
 * borders of what is new, before anything is put together.
 */
final class PartRow {
    /** The least length of what holds enough unguessable bits. */
    private static final int SHORTEST = 8;
    /** So much on each side of a border decides whether it lies within something that long. */
    static final int BESIDE = SHORTEST - 1;
    /** So many in a row of the set's texts such a thing holds. */
    private static final int IN_A_ROW = SHORTEST - GramSet.LENGTH + 1;

    private byte[][] texts;
    private int[] starts;
    private boolean[] added;
    private int size;
    private final byte[] around = new byte[2 * BESIDE];

    PartRow(int capacity) {
        texts = new byte[capacity][];
        starts = new int[capacity];
        added = new boolean[capacity];
    }

    /**
     * @param from where the text begins in the array
     * @param isNew whether it is about to leave
     */
    void add(byte[] text, int from, boolean isNew) {
        if (from < text.length) {
            texts[size] = text;
            starts[size] = from;
            added[size++] = isNew;
        }
    }

    /** The same, the last first. */
    PartRow reversed() {
        PartRow out = new PartRow(size);
        for (int i = size - 1; i >= 0; i--) {
            out.add(texts[i], starts[i], added[i]);
        }
        return out;
    }

    /**
     * Whether a text of the set may stand over a border of something new.
     *
     * @param folded whether only letters in lower case and digits count
     */
    boolean mayHold(GramSet grams, boolean folded) {
        for (int i = 1; i < size; i++) {
            if ((added[i] || added[i - 1]) && mayHoldAt(i, grams, folded)) {
                return true;
            }
        }
        return false;
    }

    private boolean mayHoldAt(int border, GramSet grams, boolean folded) {
        int left = BESIDE;
        for (int i = border - 1; i >= 0 && left > 0; i--) {
            for (int j = texts[i].length - 1; j >= starts[i] && left > 0; j--) {
                int c = folded ? folded(texts[i][j]) : texts[i][j];
                if (!folded || c >= 0) {
                    around[--left] = (byte) c;
                }
            }
        }
        int right = ahead(border, BESIDE, around.length, folded);
        if (left == BESIDE || right == BESIDE) {
            return false;
        }
        int row = 0;
        for (int i = left; i + GramSet.LENGTH <= right && row < IN_A_ROW; i++) {
            row = grams.has(around, i) ? row + 1 : 0;
        }
        return row == IN_A_ROW;
    }

    /** Fills what stands from that part on; returns where that ends. */
    private int ahead(int part, int begin, int end, boolean folded) {
        int at = begin;
        for (int i = part; i < size && at < end; i++) {
            for (int j = starts[i]; j < texts[i].length && at < end; j++) {
                int c = folded ? folded(texts[i][j]) : texts[i][j];
                if (!folded || c >= 0) {
                    around[at++] = (byte) c;
                }
            }
        }
        return at;
    }

    private static int folded(byte c) {
        return !CharTables.isWord(c) ? -1 : c >= 'A' && c <= 'Z' ? c + 32 : c;
    }

    /** Whether a text that begins like one of the set may begin with a part, and not end with it. */
    boolean mayBegin(GramSet firsts) {
        for (int i = 0; i + 1 < size; i++) {
            if (ahead(i, 0, GramSet.LENGTH, false) == GramSet.LENGTH && firsts.has(around, 0)) {
                return true;
            }
        }
        return false;
    }

    JoinedValues joined() {
        JoinedValues out = new JoinedValues();
        for (int i = 0; i < size; i++) {
            out.add(Arrays.copyOfRange(texts[i], starts[i], texts[i].length), added[i]);
        }
        return out;
    }
}

package egress.dlp.builtin.strength;

import egress.dlp.builtin.match.CharTables;
import java.util.Arrays;

/**
 * How many unguessable bits a part of an encoded secret holds. Only bytes of the value that the part holds whole count: half a byte, as
 * in a base64 character at the part's end, counts nothing.
 *
 * @param sums of the value's bits before each of its bytes
 * @param begin by the place where a part begins, the first byte of the value that it holds whole
 * @param end by the place where a part ends, the place behind the last byte of the value that it holds whole
 * @param mark the most bits that a mark of the encoding may have held
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record UnguessableBits(double[] sums, int[] begin, int[] end, double mark) {
    /** The unguessable bits that a part must hold to be a hit, so that verdicts reveal nothing of the secret. */
    public static final double ENOUGH = 64;

    /** What a letter counts less where its case is lost. */
    private static final double CASE = 1.3;

    private static final double BITS_OF_BASE64 = 12;

    public double bits(int from, int to) {
        int first = begin[from];
        int last = end[to];
        return last <= first ? 0 : sums[last] - sums[first];
    }

    /** The most bits that so many missing marks may have held. */
    public double ofMarks(int count) {
        return mark * count;
    }

    /** Of the value as it is; its marks count nothing anyway. */
    public static UnguessableBits of(double[] bits) {
        int[] places = new int[bits.length + 1];
        for (int i = 0; i < places.length; i++) {
            places[i] = i;
        }
        return new UnguessableBits(sums(bits), places, places, 0);
    }

    public static UnguessableBits reversed(double[] bits) {
        double[] back = new double[bits.length];
        for (int i = 0; i < back.length; i++) {
            back[i] = bits[bits.length - 1 - i];
        }
        return of(back);
    }

    /** Two digits a byte. */
    public UnguessableBits hex() {
        int n = sums.length - 1;
        int[] first = new int[2 * n + 1];
        int[] last = new int[2 * n + 1];
        for (int i = 0; i <= 2 * n; i++) {
            first[i] = (i + 1) / 2;
            last[i] = i / 2;
        }
        return new UnguessableBits(sums, first, last, 0);
    }

    /** The characters of base64 that depend on the value alone where {@code alignment} other bytes stand before it. */
    public UnguessableBits base64(int alignment, int length) {
        int n = sums.length - 1;
        int skipped = (alignment * 8 + 5) / 6;
        int[] first = new int[length + 1];
        int[] last = new int[length + 1];
        for (int i = 0; i <= length; i++) {
            int bit = (i + skipped) * 6 - alignment * 8;
            first[i] = Math.clamp((bit + 7) / 8, 0, n);
            last[i] = Math.clamp(bit / 8, 0, n);
        }
        return new UnguessableBits(sums, first, last, BITS_OF_BASE64);
    }

    /** Of the letters and digits alone. */
    public static UnguessableBits alphanumeric(byte[] value, double[] bits) {
        double[] alphanumeric = new double[bits.length];
        int n = 0;
        for (int i = 0; i < bits.length; i++) {
            if (CharTables.isWord(value[i])) {
                alphanumeric[n++] = bits[i];
            }
        }
        return of(Arrays.copyOf(alphanumeric, n));
    }

    /** The bits where case is ignored. */
    public static double[] folded(byte[] value, double[] bits) {
        double[] out = bits.clone();
        boolean both = TextBits.isBothCases(value, 0, value.length);
        for (int i = 0; both && i < out.length; i++) {
            out[i] = Math.max(0, out[i] - CASE);
        }
        return out;
    }

    /** The bits of what is encoded in base64 whose case is lost: a byte stands in one character and a third. */
    public static double[] base64WithoutCase(double[] bits) {
        double[] out = bits.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] = Math.max(0, out[i] - CASE * 4 / 3);
        }
        return out;
    }

    private static double[] sums(double[] bits) {
        double[] out = new double[bits.length + 1];
        for (int i = 0; i < bits.length; i++) {
            out[i + 1] = out[i] + bits[i];
        }
        return out;
    }
}

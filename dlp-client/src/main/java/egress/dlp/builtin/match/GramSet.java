package egress.dlp.builtin.match;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/** Which four bytes in a row stand in some of many texts; now and then it says so of others too. */
public final class GramSet {
    public static final int LENGTH = 4;
    /** So many bits for each that is in it. */
    private static final int SPREAD = 64;
    /** Between this many bits and that many, as powers of two. */
    private static final int LEAST = 18;

    private static final int MOST = 24;

    private final BitSet bits;
    private final int shift;

    private GramSet(Set<Integer> grams) {
        int size = Math.max(LEAST, Integer.SIZE - Integer.numberOfLeadingZeros(SPREAD * grams.size()));
        shift = Integer.SIZE - Math.min(MOST, size);
        bits = new BitSet(1 << Integer.SIZE - shift);
        grams.forEach(gram -> bits.set(slot(gram)));
    }

    /** Gathers them. */
    public static final class Builder {
        private final Set<Integer> grams = new HashSet<>();

        /** Adds all of a text. */
        public Builder add(byte[] text) {
            for (int i = 0; i + LENGTH <= text.length; i++) {
                grams.add(gram(text, i));
            }
            return this;
        }

        /** Adds what a text begins with. */
        public Builder addFirst(byte[] text) {
            if (text.length >= LENGTH) {
                grams.add(gram(text, 0));
            }
            return this;
        }

        public GramSet build() {
            return new GramSet(grams);
        }
    }

    private int slot(int gram) {
        return gram * 0x9E3779B1 >>> shift;
    }

    private static int gram(byte[] b, int at) {
        return b[at] << 24 | (b[at + 1] & 0xff) << 16 | (b[at + 2] & 0xff) << 8 | b[at + 3] & 0xff;
    }

    /** Whether the four bytes from {@code at} on may be in it. */
    public boolean has(byte[] b, int at) {
        return bits.get(slot(gram(b, at)));
    }
}

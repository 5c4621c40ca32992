package egress.dlp.builtin.match;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Finds any of many literals in one pass: each three bytes index a bit table that fits the first-level cache, and only where the bit
 * is set is anything compared. Eight bytes are loaded at a time and six places tested on them. A literal is known by those three of
 * its bytes that stand least often in text, since what is compared in vain costs more than what is only looked up.
 */
public final class LiteralIndex {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BITS = 17;
    private static final int MULTIPLIER = 0x9E3779B1;
    private static final int GRAM = 3;
    private static final byte[] COMMONNESS = commonness();

    /** Takes each place where a literal stands. */
    public interface Hits {
        /** @return whether to go on */
        boolean hit(byte[] b, int at, int literal);
    }

    private final long[] bits = new long[1 << (BITS - 6)];
    private byte[][] literals = new byte[64][];
    private int[] offsets = new int[64];
    private int count;
    private int[] keys = new int[0];
    private int[][] values = new int[0][];

    /** @return the literal's number */
    public int add(byte[] literal) {
        if (literal.length < GRAM) {
            throw new IllegalArgumentException("literal: " + literal.length + " bytes (expected: at least 3)");
        }
        if (count == literals.length) {
            literals = Arrays.copyOf(literals, 2 * count);
            offsets = Arrays.copyOf(offsets, 2 * count);
        }
        int offset = rarest(literal);
        int hash = hash(gram(literal, offset));
        bits[hash >>> 6] |= 1L << hash;
        literals[count] = literal.clone();
        offsets[count] = offset;
        return count++;
    }

    /** Ends the adding; the index is immutable, and safe to share, from here on. */
    public LiteralIndex freeze() {
        int size = Integer.highestOneBit(Math.max(8, distinct() * 2)) << 1;
        keys = new int[size];
        values = new int[size][];
        for (int number = 0; number < count; number++) {
            int gram = gram(literals[number], offsets[number]);
            int slot = slot(gram);
            int[] chain = values[slot];
            keys[slot] = gram;
            values[slot] = chain == null ? new int[1] : Arrays.copyOf(chain, chain.length + 1);
            values[slot][values[slot].length - 1] = number;
        }
        return this;
    }

    private int distinct() {
        int[] grams = new int[count];
        for (int i = 0; i < count; i++) {
            grams[i] = gram(literals[i], offsets[i]);
        }
        Arrays.sort(grams);
        int distinct = 0;
        for (int i = 0; i < count; i++) {
            distinct += i == 0 || grams[i] != grams[i - 1] ? 1 : 0;
        }
        return distinct;
    }

    // Where a gram stands, or where it would.
    private int slot(int gram) {
        int mask = keys.length - 1;
        int slot = ((gram * MULTIPLIER) >>> 7) & mask;
        while (values[slot] != null && keys[slot] != gram) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /** Reports every literal that stands in {@code [from, to)}; where several stand about the same place, in any order. */
    public void scan(byte[] b, int from, int to, Hits hits) {
        int i = from;
        int last = Math.min(to, b.length) - 8;
        long[] table = bits;
        while (i <= last) {
            long v = (long) LONG.get(b, i);
            int g0 = hash((int) v & 0xffffff);
            int g1 = hash((int) (v >>> 8) & 0xffffff);
            int g2 = hash((int) (v >>> 16) & 0xffffff);
            int g3 = hash((int) (v >>> 24) & 0xffffff);
            int g4 = hash((int) (v >>> 32) & 0xffffff);
            int g5 = hash((int) (v >>> 40));
            long t0 = table[g0 >>> 6] >>> g0;
            long t1 = table[g1 >>> 6] >>> g1;
            long t2 = table[g2 >>> 6] >>> g2;
            long t3 = table[g3 >>> 6] >>> g3;
            long t4 = table[g4 >>> 6] >>> g4;
            long t5 = table[g5 >>> 6] >>> g5;
            if (((t0 | t1 | t2 | t3 | t4 | t5) & 1) != 0) {
                long low = (t0 & 1) | (t1 & 1) << 1 | (t2 & 1) << 2;
                long set = low | (t3 & 1) << 3 | (t4 & 1) << 4 | (t5 & 1) << 5;
                for (; set != 0; set &= set - 1) {
                    if (!compare(b, i + Long.numberOfTrailingZeros(set), from, to, hits)) {
                        return;
                    }
                }
            }
            i += 6;
        }
        for (; i < to - 2; i++) {
            int hash = hash(gram(b, i));
            if (((bits[hash >>> 6] >>> hash) & 1) != 0 && !compare(b, i, from, to, hits)) {
                return;
            }
        }
    }

    private boolean compare(byte[] b, int at, int from, int to, Hits hits) {
        int[] chain = values[slot(gram(b, at))];
        if (chain == null) {
            return true;
        }
        for (int number : chain) {
            byte[] literal = literals[number];
            int start = at - offsets[number];
            boolean within = start >= from && start + literal.length <= to;
            if (within && stands(literal, b, start) && !hits.hit(b, start, number)) {
                return false;
            }
        }
        return true;
    }

    private static boolean stands(byte[] literal, byte[] b, int at) {
        for (int k = literal.length - 1; k >= 0; k--) {
            if (b[at + k] != literal[k]) {
                return false;
            }
        }
        return true;
    }

    private static int rarest(byte[] literal) {
        int best = 0;
        int least = Integer.MAX_VALUE;
        for (int i = 0; i + GRAM <= literal.length; i++) {
            int sum = 0;
            for (int k = i; k < i + GRAM; k++) {
                sum += COMMONNESS[literal[k] & 0xff];
            }
            best = sum < least ? i : best;
            least = Math.min(least, sum);
        }
        return best;
    }

    // In prose, code and JSON alike, roughly: about the logarithm of how often it stands there.
    private static byte[] commonness() {
        byte[] out = new byte[256];
        Arrays.fill(out, (byte) 1);
        Arrays.fill(out, '0', '9' + 1, (byte) 3);
        Arrays.fill(out, 'a', 'z' + 1, (byte) 5);
        set(out, "jkqvwxz,.:/-_=()\\\n", 3);
        set(out, " etaoinsrlcdu\"", 6);
        return out;
    }

    private static void set(byte[] out, String characters, int value) {
        for (int i = 0; i < characters.length(); i++) {
            out[characters.charAt(i)] = (byte) value;
        }
    }

    private static int gram(byte[] b, int i) {
        return (b[i] & 0xff) | ((b[i + 1] & 0xff) << 8) | ((b[i + 2] & 0xff) << 16);
    }

    private static int hash(int gram) {
        return (gram * MULTIPLIER) >>> (32 - BITS);
    }
}

package egress.dlp.builtin.match;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    /** Takes each place where a literal stands. */
    public interface Hits {
        /** @return whether to go on */
        boolean hit(byte[] b, int at, int literal);
    }

    private final long[] bits = new long[1 << (BITS - 6)];
    private final Map<Integer, Integer> slots = new HashMap<>();
    private final List<List<Integer>> chains = new ArrayList<>();
    private final List<byte[]> literals = new ArrayList<>();
    private final List<Integer> offsets = new ArrayList<>();
    private byte[][] frozen = new byte[0][];
    private int[] grams = new int[0];
    private int[] keys = new int[0];
    private int[][] values = new int[0][];

    /** @return the literal's number */
    public int add(byte[] literal) {
        if (literal.length < GRAM) {
            throw new IllegalArgumentException("literal: " + literal.length + " bytes (expected: at least 3)");
        }
        int offset = rarest(literal);
        int gram = gram(literal, offset);
        int hash = hash(gram);
        bits[hash >>> 6] |= 1L << hash;
        int number = literals.size();
        literals.add(literal.clone());
        offsets.add(offset);
        Integer slot = slots.get(gram);
        if (slot == null) {
            slot = chains.size();
            slots.put(gram, slot);
            chains.add(new ArrayList<>());
        }
        chains.get(slot).add(number);
        return number;
    }

    /** Ends the adding; the index is immutable, and safe to share, from here on. */
    public LiteralIndex freeze() {
        int size = Integer.highestOneBit(Math.max(8, slots.size() * 2)) << 1;
        keys = new int[size];
        values = new int[size][];
        frozen = literals.toArray(byte[][]::new);
        grams = offsets.stream().mapToInt(Integer::intValue).toArray();
        slots.forEach((gram, slot) -> {
            int i = ((gram * MULTIPLIER) >>> 7) & (size - 1);
            while (values[i] != null) {
                i = (i + 1) & (size - 1);
            }
            keys[i] = gram;
            values[i] = chains.get(slot).stream().mapToInt(Integer::intValue).toArray();
        });
        return this;
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
        int mask = keys.length - 1;
        int gram = gram(b, at);
        int slot = ((gram * MULTIPLIER) >>> 7) & mask;
        while (values[slot] != null && keys[slot] != gram) {
            slot = (slot + 1) & mask;
        }
        int[] chain = values[slot];
        if (chain == null) {
            return true;
        }
        for (int number : chain) {
            byte[] literal = frozen[number];
            int start = at - grams[number];
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
        for (int i = 1; i + GRAM <= literal.length; i++) {
            best = commonness(literal, i) < commonness(literal, best) ? i : best;
        }
        return best;
    }

    private static int commonness(byte[] literal, int from) {
        int sum = 0;
        for (int i = from; i < from + GRAM; i++) {
            sum += commonness(literal[i]);
        }
        return sum;
    }

    // In prose, code and JSON alike, roughly: about the logarithm of how often it stands there.
    private static int commonness(byte c) {
        if (" etaoinsrlcdu\"".indexOf(c) >= 0) {
            return 6;
        }
        if (c >= 'a' && c <= 'z') {
            return "jkqvwxz".indexOf(c) < 0 ? 5 : 3;
        }
        return (c >= '0' && c <= '9') || ",.:/-_=()\\\n".indexOf(c) >= 0 ? 3 : 1;
    }

    private static int gram(byte[] b, int i) {
        return (b[i] & 0xff) | ((b[i + 1] & 0xff) << 8) | ((b[i + 2] & 0xff) << 16);
    }

    private static int hash(int gram) {
        return (gram * MULTIPLIER) >>> (32 - BITS);
    }
}

package egress.dlp.builtin;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds any of many literals in one pass: each three bytes index a bit table that fits the first-level cache, and only where the bit
 * is set is anything compared. Eight bytes are loaded at a time and six places tested on them.
 */
final class LiteralIndex {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BITS = 17;
    private static final int MULTIPLIER = 0x9E3779B1;

    /** Takes each place where a literal stands. */
    interface Hits {
        /** @return whether to go on */
        boolean hit(byte[] b, int at, int literal);
    }

    private final long[] bits = new long[1 << (BITS - 6)];
    private final Map<Integer, Integer> slots = new HashMap<>();
    private final List<List<Integer>> chains = new ArrayList<>();
    private final List<byte[]> literals = new ArrayList<>();
    private byte[][] frozen = new byte[0][];
    private int[] keys = new int[0];
    private int[][] values = new int[0][];

    /** @return the literal's number */
    int add(byte[] literal) {
        if (literal.length < 3) {
            throw new IllegalArgumentException("literal: " + literal.length + " bytes (expected: at least 3)");
        }
        int gram = gram(literal, 0);
        int hash = hash(gram);
        bits[hash >>> 6] |= 1L << hash;
        int number = literals.size();
        literals.add(literal.clone());
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
    LiteralIndex freeze() {
        int size = Integer.highestOneBit(Math.max(8, slots.size() * 2)) << 1;
        keys = new int[size];
        values = new int[size][];
        frozen = literals.toArray(byte[][]::new);
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

    /** Reports every literal that stands in {@code [from, to)}, in order of place. */
    void scan(byte[] b, int from, int to, Hits hits) {
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
            long any = (table[g0 >>> 6] >>> g0)
                    | (table[g1 >>> 6] >>> g1)
                    | (table[g2 >>> 6] >>> g2)
                    | (table[g3 >>> 6] >>> g3)
                    | (table[g4 >>> 6] >>> g4)
                    | (table[g5 >>> 6] >>> g5);
            if ((any & 1) != 0 && !candidates(b, i, i + 6, to, hits)) {
                return;
            }
            i += 6;
        }
        candidates(b, i, to - 2, to, hits);
    }

    private boolean candidates(byte[] b, int from, int end, int to, Hits hits) {
        for (int i = from; i < end; i++) {
            int gram = gram(b, i);
            int hash = hash(gram);
            if (((bits[hash >>> 6] >>> hash) & 1) != 0 && !compare(b, i, to, gram, hits)) {
                return false;
            }
        }
        return true;
    }

    private boolean compare(byte[] b, int at, int to, int gram, Hits hits) {
        int mask = keys.length - 1;
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
            if (at + literal.length <= to && stands(literal, b, at) && !hits.hit(b, at, number)) {
                return false;
            }
        }
        return true;
    }

    private static boolean stands(byte[] literal, byte[] b, int at) {
        for (int k = 3; k < literal.length; k++) {
            if (b[at + k] != literal[k]) {
                return false;
            }
        }
        return true;
    }

    private static int gram(byte[] b, int i) {
        return (b[i] & 0xff) | ((b[i + 1] & 0xff) << 8) | ((b[i + 2] & 0xff) << 16);
    }

    private static int hash(int gram) {
        return (gram * MULTIPLIER) >>> (32 - BITS);
    }
}

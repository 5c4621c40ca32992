package egress.dlp.builtin.kind;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The ten word lists of BIP-39; read when the first word is looked up. */
final class WordLists {
    static final int LANGUAGES = 10;
    static final int WORDS = 2048;

    private static final String NAME = "/egress/dlp/bip39.txt";
    private static final int SIZE = 1 << 15;
    private static final int BITS = 1 << 17;
    private static final int LONGEST = 9;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long FIVE_BITS = 0x1f1f1f1f1f1f1f1fL;
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    /** Of each word, by its key; a word of several languages stands several times. */
    private final long[] keys = new long[SIZE];
    /** The place of each word in its list, and the list. */
    private final short[] places = new short[SIZE];
    /** Whether any word in Latin letters may have a key of that hash: it fits the first-level cache. */
    private final long[] bits = new long[BITS >> 6];

    private static final class Loaded {
        static final WordLists LISTS = new WordLists();
    }

    static WordLists get() {
        return Loaded.LISTS;
    }

    private WordLists() {
        byte[] all = read();
        int at = 0;
        for (int language = 0; language < LANGUAGES; language++) {
            for (int place = 0; place < WORDS; place++) {
                int from = at;
                boolean latin = true;
                while (all[at] != ' ' && all[at] != '\n') {
                    latin &= all[at] > 0;
                    at++;
                }
                add(latin ? latin(all, from, at) : other(all, from, at), language * WORDS + place, latin);
                at++;
            }
        }
    }

    private static byte[] read() {
        try (InputStream in = WordLists.class.getResourceAsStream(NAME)) {
            if (in == null) {
                throw new IOException(NAME + ": missing (expected: in the jar)");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(long key, int place, boolean latin) {
        int slot = slot(key);
        while (keys[slot] != 0) {
            slot = (slot + 1) & (SIZE - 1);
        }
        keys[slot] = key;
        places[slot] = (short) place;
        if (latin) {
            int hash = hash(key);
            bits[hash >>> 6] |= 1L << hash;
        }
    }

    /** The key of a word of ASCII letters in either case: the low bits of each, the ninth over the first; 0 where it is too long. */
    static long latin(byte[] b, int from, int to) {
        int n = to - from;
        if (n > LONGEST || n <= 0) {
            return 0;
        }
        if (from + Long.BYTES <= b.length && n <= Long.BYTES) {
            return (long) LONG.get(b, from) & FIVE_BITS >>> Long.SIZE - Byte.SIZE * n;
        }
        long key = 0;
        for (int i = 0; i < n; i++) {
            key ^= (b[from + i] & 31L) << Byte.SIZE * (i % Long.BYTES) + (i < Long.BYTES ? 0 : 3);
        }
        return key;
    }

    /** The key of a word in UTF-8 that is not all ASCII. */
    static long other(byte[] b, int from, int to) {
        long key = 0;
        for (int i = from; i < to; i++) {
            key = (key ^ b[i] & 0xff) * 0x100000001B3L;
        }
        return key | Long.MIN_VALUE;
    }

    /** Whether the key of a word in Latin letters may be one of a list. */
    boolean mayBe(long key) {
        int hash = hash(key);
        return (bits[hash >>> 6] >>> hash & 1) != 0;
    }

    /** The lists that have the word, a bit each. */
    int languages(long key) {
        int out = 0;
        for (int slot = slot(key); keys[slot] != 0; slot = (slot + 1) & (SIZE - 1)) {
            out |= keys[slot] == key ? 1 << (places[slot] & 0xffff) / WORDS : 0;
        }
        return out;
    }

    /** Its place in a list that has it. */
    int place(long key, int language) {
        int slot = slot(key);
        while (keys[slot] != key || (places[slot] & 0xffff) / WORDS != language) {
            slot = (slot + 1) & (SIZE - 1);
        }
        return (places[slot] & 0xffff) % WORDS;
    }

    private static int slot(long key) {
        return (int) (key * MULTIPLIER >>> 49);
    }

    private static int hash(long key) {
        return (int) (key * MULTIPLIER >>> 32) & (BITS - 1);
    }
}

package egress.dlp.builtin.kind;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The ten word lists of BIP-39. Of the words in Latin letters two bits each say whether a word may be one of them; that is read from a
 * table of its own, since the lists are needed for hardly any text, and take as long to read as hundreds of scans.
 */
final class WordLists {
    static final int LANGUAGES = 10;
    static final int WORDS = 2048;
    /** The bits of {@link #mayBe}, as {@code WordListsTest} makes them from the lists. */
    static final String BITS_NAME = "/egress/dlp/bip39.bits";

    static final int BITS = 1 << 17;
    private static final String NAME = "/egress/dlp/bip39.txt";
    private static final int SIZE = 1 << 15;
    private static final int LONGEST = 9;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long FIVE_BITS = 0x1f1f1f1f1f1f1f1fL;
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    /** Two bits for each word in Latin letters: it fits the first-level cache. */
    private static final byte[] MAY_BE = read(BITS_NAME);

    private static final class Loaded {
        static final WordLists LISTS = new WordLists();
    }

    /** Of each word, by its key; a word of several languages stands several times. */
    private final long[] keys = new long[SIZE];
    /** The place of each word in its list, and the list. */
    private final short[] places = new short[SIZE];

    private WordLists() {
        byte[] all = read(NAME);
        int at = 0;
        for (int language = 0; language < LANGUAGES; language++) {
            for (int place = 0; place < WORDS; place++) {
                int from = at;
                boolean latin = true;
                while (all[at] != ' ' && all[at] != '\n') {
                    latin &= all[at] > 0;
                    at++;
                }
                add(latin ? latin(all, from, at) : other(all, from, at), language * WORDS + place);
                at++;
            }
        }
    }

    private static byte[] read(String name) {
        try (InputStream in = WordLists.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException(name + ": missing (expected: in the jar)");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(long key, int place) {
        int slot = slot(key);
        while (keys[slot] != 0) {
            slot = (slot + 1) & (SIZE - 1);
        }
        keys[slot] = key;
        places[slot] = (short) place;
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
    static boolean mayBe(long key) {
        return isSet(hash(key)) && isSet(other(key));
    }

    private static boolean isSet(int hash) {
        return (MAY_BE[hash >>> 3] >>> (hash & 7) & 1) != 0;
    }

    /** The lists that have the word, a bit each. */
    static int languages(long key) {
        long[] keys = Loaded.LISTS.keys;
        short[] places = Loaded.LISTS.places;
        int out = 0;
        for (int slot = slot(key); keys[slot] != 0; slot = (slot + 1) & (SIZE - 1)) {
            out |= keys[slot] == key ? 1 << (places[slot] & 0xffff) / WORDS : 0;
        }
        return out;
    }

    /** Its place in a list that has it. */
    static int place(long key, int language) {
        long[] keys = Loaded.LISTS.keys;
        short[] places = Loaded.LISTS.places;
        int slot = slot(key);
        while (keys[slot] != key || (places[slot] & 0xffff) / WORDS != language) {
            slot = (slot + 1) & (SIZE - 1);
        }
        return (places[slot] & 0xffff) % WORDS;
    }

    private static int slot(long key) {
        return (int) (key * MULTIPLIER >>> 49);
    }

    /** The bits of a word in Latin letters. */
    static int[] bitsOf(long key) {
        return new int[] {hash(key), other(key)};
    }

    private static int hash(long key) {
        return (int) (key * MULTIPLIER >>> 32) & (BITS - 1);
    }

    private static int other(long key) {
        return (int) ((key ^ key >>> 29) * MULTIPLIER >>> 40) & (BITS - 1);
    }
}

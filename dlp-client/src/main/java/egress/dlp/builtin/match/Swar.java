package egress.dlp.builtin.match;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks for bytes eight at a time. */
public final class Swar {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long TOPS = 0x8080808080808080L;
    private static final long SIXTH = ONES << 6;
    private static final long FIVE_LOW = ONES * 0x1f;
    private static final long QUOTES = ONES * '"';
    private static final long SIXES = ONES * 6;
    private static final long SLASHES = ONES * '/';
    private static final long LINES = ONES * '_';
    private static final long CARETS = ONES * '^';
    private static final long BACKSLASHES = ONES * '\\';

    private Swar() {}

    /** The first {@code "} from {@code from} on, which in JSON is near; {@code to} when there is none. */
    public static int quote(byte[] b, int from, int to) {
        int i = from;
        while (i < to && b[i] != '"') {
            i++;
        }
        return i;
    }

    /** The first {@code "} or backslash from {@code from} on; {@code to} when there is none. */
    public static int quoteOrBackslash(byte[] b, int from, int to) {
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long v = (long) LONG.get(b, i);
            long q = v ^ QUOTES;
            long s = v ^ BACKSLASHES;
            // A zero byte borrows from its top bit; a false hit can only lie above a true one.
            long hit = (((q - ONES) & ~q) | ((s - ONES) & ~s)) & TOPS;
            if (hit != 0) {
                return i + (Long.numberOfTrailingZeros(hit) >>> 3);
            }
        }
        while (i < to && b[i] != '"' && b[i] != '\\') {
            i++;
        }
        return i;
    }

    /** The first control character, byte from 0x80 on or {@code ^} from {@code from} on; {@code to} or more when there is none. */
    public static int untextual(byte[] b, int from, int to) {
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long v = (long) LONG.get(b, i);
            long caret = v ^ CARETS;
            long control = (v - ONES * ' ') & ~v;
            if (((v | control | ((caret - ONES) & ~caret)) & TOPS) != 0) {
                break;
            }
        }
        while (i < to && b[i] >= ' ' && b[i] != '^') {
            i++;
        }
        return i;
    }

    /** The first blank or control character from {@code from} on; {@code to} when there is none. */
    public static int space(byte[] b, int from, int to) {
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long v = (long) LONG.get(b, i);
            // A byte that is one borrows from its top bit; a false hit can only lie above a true one.
            long hit = (v - ONES * '!') & ~v & TOPS;
            if (hit != 0) {
                return i + (Long.numberOfTrailingZeros(hit) >>> 3);
            }
        }
        while (i < to && (b[i] > ' ' || b[i] < 0)) {
            i++;
        }
        return i;
    }

    /** Whether the 64 bytes from {@code from} on are ASCII. */
    public static boolean isAscii(byte[] b, int from) {
        long all = 0;
        for (int i = from; i < from + Long.SIZE; i += Long.BYTES) {
            all |= (long) LONG.get(b, i);
        }
        return (all & TOPS) == 0;
    }

    /**
     * Whether up to eight bytes of {@link ByteClasses#words}, none of them a digit, are letters; false as well where the array ends less
     * than eight bytes behind {@code from}.
     */
    public static boolean isLetters(byte[] b, int from, int length) {
        if (from + Long.BYTES > b.length) {
            return false;
        }
        long v = (long) LONG.get(b, from);
        // Of + - / _ only the last has the bit that letters have, and no letter has its five low bits.
        long none = ~v & SIXTH | (v & FIVE_LOW) + ONES & ONES << 5;
        return none << Long.SIZE - Byte.SIZE * length == 0;
    }

    /** Whether {@code c} is among the eight bytes from {@code from} on; true when they are not all there. */
    public static boolean among(byte[] b, int from, byte c) {
        if (from + 8 > b.length) {
            return true;
        }
        long v = (long) LONG.get(b, from) ^ (ONES * (c & 0xff));
        return ((v - ONES) & ~v & TOPS) != 0;
    }

    /** The first of {@code + - / _} from {@code from} on; {@code to} when there is none. */
    public static int mark(byte[] b, int from, int to) {
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long v = (long) LONG.get(b, i);
            // Setting two bits makes + and - the same as /; of the others, only ) becomes it too.
            long slash = (v | SIXES) ^ SLASHES;
            long line = v ^ LINES;
            if (((((slash - ONES) & ~slash) | ((line - ONES) & ~line)) & TOPS) != 0) {
                break;
            }
        }
        while (i < to && b[i] != '+' && b[i] != '-' && b[i] != '/' && b[i] != '_') {
            i++;
        }
        return i;
    }
}

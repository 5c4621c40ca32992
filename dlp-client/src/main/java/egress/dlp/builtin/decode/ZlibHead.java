package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanContext;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Tells where a zlib stream (RFC 1950) may begin. Its two bytes stand in everything that is binary; what behind them cannot be
 * deflate data is passed over before anything is inflated.
 */
final class ZlibHead {
    /** So many symbols of a block say enough: of data by chance one in a hundred comes so far. */
    private static final int SYMBOLS = 24;

    private static final int BLOCKS = 4;
    private static final int[] LENGTHS = {
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258
    };
    /** What is inflated on trial is worth following from so many bytes on, whatever comes then. */
    private static final int PROOF = 256;

    /** What a trial costs, in bytes looked at. */
    private static final int TRIAL = 32;

    private static final int LEAST = 8;
    /** A shorter stream is worth following only where it is text. */
    private static final int SOME = 24;

    private final byte[] b;
    private final int to;
    private int at;
    private int bit;
    private int written;

    private ZlibHead(byte[] b, int at, int to) {
        this.b = b;
        this.at = at;
        this.to = to;
    }

    /** Whether the two bytes are a header: deflate, a window of any size, no dictionary, and the check bits right. */
    static boolean isHeader(int first, int second) {
        return (first & 0x8f) == 8 && (second & 0x20) == 0 && ((first & 0xff) << 8 | (second & 0xff)) % 31 == 0;
    }

    /** Whether a stream may begin at {@code at}, as far as the bytes up to {@code to} tell. */
    static boolean mayBegin(byte[] b, int at, int to) {
        return to - at > LEAST && isHeader(b[at], b[at + 1]) && new ZlibHead(b, at + 2, to).isDeflate();
    }

    /**
     * As {@link #mayBegin}, and what is here of it inflates.
     *
     * @param ended whether no more of it can follow: a stream that is cut off is worth as much as it holds
     */
    static boolean inflates(ScanContext run, byte[] b, int at, int to, boolean ended) {
        if (!mayBegin(b, at, to) || !run.spend(TRIAL)) {
            return false;
        }
        Inflater inflater = run.scratch().inflater(true);
        byte[] out = run.scratch().lend(PROOF);
        int produced = 0;
        try {
            inflater.setInput(b, at + 2, to - at - 2);
            int n = 1;
            while (n > 0 && produced < PROOF) {
                n = inflater.inflate(out, 0, PROOF);
                produced += n;
            }
            return (!inflater.finished() && !ended) || produced >= SOME || isText(out, produced);
        } catch (DataFormatException notDeflate) {
            return false;
        } finally {
            run.scratch().back(out);
            run.scratch().back(inflater, true);
        }
    }

    private static boolean isText(byte[] b, int length) {
        int text = 0;
        for (int i = 0; i < length && text < LEAST; i++) {
            text = b[i] >= ' ' && b[i] < 0x7f ? text + 1 : 0;
        }
        return text >= LEAST;
    }

    // RFC 1951, section 3.2.3.
    private boolean isDeflate() {
        for (int block = 0; block < BLOCKS; block++) {
            boolean last = bits(1) == 1;
            switch (bits(2)) {
                case 0 -> {
                    return isStored();
                }
                case 1 -> {
                    int goesOn = fixed();
                    if (goesOn != 0 || last) {
                        return goesOn >= 0 && (goesOn > 0 || written > 0);
                    }
                }
                case 2 -> {
                    return isDynamic();
                }
                default -> {
                    return isOver();
                }
            }
        }
        return true;
    }

    private boolean isStored() {
        if (bit > 0) {
            at++;
            bit = 0;
        }
        return at + 4 > to || (b[at] == ~b[at + 2] && b[at + 1] == ~b[at + 3]);
    }

    // Section 3.2.7: the lengths of the code length codes make a whole tree.
    private boolean isDynamic() {
        int literals = bits(5) + 257;
        int distances = bits(5) + 1;
        int count = bits(4) + 4;
        int leaves = 0;
        for (int i = 0; i < count; i++) {
            int length = bits(3);
            leaves += length == 0 ? 0 : 128 >> length;
        }
        return isOver() || (literals <= 286 && distances <= 30 && leaves == 128);
    }

    // Section 3.2.6: negative where it is no such block, 0 at its end, 1 where it goes on.
    private int fixed() {
        for (int i = 0; i < SYMBOLS && !isOver(); i++) {
            int code = huffman(7);
            if (code == 0 && !isOver()) {
                return 0;
            }
            if (code > 0x17) {
                code = code << 1 | bits(1);
                if (code < 0xc0) {
                    written++;
                    continue;
                }
                if (code >= 0xc8) {
                    bits(1);
                    written++;
                    continue;
                }
                code = code - 0xc0 + 24;
            }
            if (!isOver() && !copies(code - 1)) {
                return isOver() ? 1 : -1;
            }
        }
        return 1;
    }

    /** Whether a length of that index and the distance behind it are possible where that much was written. */
    private boolean copies(int index) {
        if (index >= LENGTHS.length) {
            return false;
        }
        int extra = index < 8 || index == 28 ? 0 : (index >> 2) - 1;
        int length = LENGTHS[index] + bits(extra);
        int code = huffman(5);
        if (code >= 30) {
            return isOver();
        }
        int more = code < 4 ? 0 : (code >> 1) - 1;
        int distance = (code < 4 ? code : (2 + (code & 1)) << more) + 1 + bits(more);
        if (!isOver() && distance > written) {
            return false;
        }
        written += length;
        return true;
    }

    private boolean isOver() {
        return at >= to;
    }

    private int huffman(int count) {
        int value = 0;
        for (int i = 0; i < count; i++) {
            value = value << 1 | bits(1);
        }
        return value;
    }

    /** The next bits, the least of them first; zeros behind the end. */
    private int bits(int count) {
        int value = 0;
        for (int i = 0; i < count && at < to; i++) {
            value |= (b[at] >> bit & 1) << i;
            bit = bit + 1 & 7;
            at += bit == 0 ? 1 : 0;
        }
        return value;
    }
}

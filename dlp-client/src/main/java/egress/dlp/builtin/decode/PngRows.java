package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The rows of a PNG picture: one zlib stream in the data of its IDAT chunks (RFC 2083, sections 3.2 and 4.1.3). */
final class PngRows implements Unpacker {
    private static final int PIECE = 2048;
    /** What stands between the data of two chunks: a check value, a length, a type. */
    private static final int BETWEEN = 12;

    private static final int LENGTH = 4;
    private static final int TYPE = 8;
    private static final byte[] DATA = {'I', 'D', 'A', 'T'};
    private static final byte[] END = {'I', 'E', 'N', 'D'};
    /** An even area costs that much less of the budget than what is scanned. */
    private static final int EVEN = 8;

    private final ScanContext run;
    private final Inflater inflater;
    private final byte[] inflated;
    private final byte[] between = new byte[BETWEEN];
    private int betweenLength;
    private long left;
    private boolean skips;
    private int evenPieces;

    /** @param length of the first chunk's data, which comes next */
    PngRows(ScanContext run, long length) {
        this.run = run;
        this.left = length;
        this.inflater = run.scratch().inflater(false);
        this.inflated = run.scratch().lend(PIECE);
    }

    /** Whether the data of a first chunk may begin at {@code at}: its length and type stand before it. */
    static boolean begin(byte[] b, int low, int at, int to) {
        return at - TYPE >= low
                && Arrays.equals(b, at - DATA.length, at, DATA, 0, DATA.length)
                && length(b, at - TYPE) > 0
                && ZlibHead.mayBegin(b, at, to);
    }

    /** Of the chunk whose data begins at {@code at}. */
    static long lengthBefore(byte[] b, int at) {
        return length(b, at - TYPE);
    }

    @Override
    public boolean feed(byte[] b, int from, int to, ScanWindow out) {
        if (!run.spend(to - from)) {
            return false;
        }
        int at = from;
        try {
            while (at < to) {
                if (left == 0) {
                    between[betweenLength++] = b[at++];
                    if (betweenLength == BETWEEN && !nextChunk()) {
                        return false;
                    }
                    continue;
                }
                int n = (int) Math.min(left, to - at);
                if (!skips && !inflate(b, at, at + n, out)) {
                    return false;
                }
                left -= n;
                at += n;
            }
            return true;
        } catch (DataFormatException notDeflate) {
            return false;
        }
    }

    private boolean nextChunk() {
        betweenLength = 0;
        left = length(between, LENGTH);
        skips = !Arrays.equals(between, TYPE, BETWEEN, DATA, 0, DATA.length);
        return left >= 0 && !Arrays.equals(between, TYPE, BETWEEN, END, 0, END.length);
    }

    private static long length(byte[] b, int at) {
        int value = b[at] << 24 | (b[at + 1] & 0xff) << 16 | (b[at + 2] & 0xff) << 8 | (b[at + 3] & 0xff);
        return value; // more than 2^31-1 is not a length (RFC 2083, section 3.2)
    }

    private boolean inflate(byte[] b, int from, int to, ScanWindow out) throws DataFormatException {
        inflater.setInput(b, from, to - from);
        while (!inflater.finished()) {
            int produced = inflater.inflate(inflated, 0, PIECE);
            if (produced == 0) {
                return !inflater.finished() && !inflater.needsDictionary();
            }
            // Of an even area what it begins and ends with is all that others can be joined to.
            evenPieces = isEven(produced) ? evenPieces + 1 : 0;
            boolean seen = evenPieces > 2;
            if (!run.inflate(seen ? produced / EVEN : produced)) {
                return false;
            }
            if (!seen) {
                out.put(inflated, 0, produced);
            }
        }
        return false;
    }

    private boolean isEven(int length) {
        return length == PIECE && Arrays.equals(inflated, 0, PIECE - 1, inflated, 1, PIECE);
    }

    @Override
    public void end() {
        run.scratch().back(inflater, false);
        run.scratch().back(inflated);
    }
}

package egress.dlp.coding;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Zstandard frames (RFC 8878), skippable ones among them, decoded as their bytes come. */
public final class ZstdFrames implements AutoCloseable {
    /** RFC 8878, section 3.1.1.1.2 recommends supporting windows of 8 MiB, and allows refusing larger ones. */
    private static final long LARGEST_WINDOW = 8 << 20;

    private static final int MAGIC = 0xFD2FB528;
    private static final int SKIPPABLE = 0x184D2A50;
    private static final int PIECE = 8192;
    private static final int LONGEST_HEADER = 18;

    private final ZstdDecompressCtx decoder = new ZstdDecompressCtx();
    private final ByteBuffer in = ByteBuffer.allocateDirect(PIECE).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer out = ByteBuffer.allocateDirect(2 * PIECE);
    private boolean inFrame;
    private boolean outputLeft;

    public ZstdFrames() {
        in.limit(0);
    }

    /** How many bytes it takes now. */
    public int room() {
        return in.capacity() - in.remaining();
    }

    /** Takes bytes, {@link #room} of them at most. */
    public void put(byte[] b, int from, int to) {
        in.compact().put(b, from, to - from).flip();
    }

    /**
     * Decodes into {@code into}.
     *
     * @return 0 when more bytes must come first
     * @throws WindowException when a frame wants a larger window than is kept here
     * @throws IOException when it is no such data
     */
    public int read(byte[] into, int offset, int count) throws IOException {
        while (true) {
            if (!inFrame && !beginsFrame()) {
                return 0;
            }
            inFrame = true;
            out.clear().limit(Math.min(count, out.capacity()));
            int before = in.remaining();
            boolean ended;
            try {
                ended = decoder.decompressDirectByteBufferStream(out, in);
            } catch (ZstdException e) {
                throw new IOException("zstd: no frame", e);
            }
            inFrame = !ended;
            int n = out.flip().remaining();
            outputLeft = inFrame && n == Math.min(count, out.capacity());
            out.get(into, offset, n);
            if (n > 0) {
                return n;
            }
            if (inFrame && in.remaining() == before) {
                return 0;
            }
        }
    }

    /** Whether all that came ended with a whole frame. */
    boolean isBetween() {
        return !inFrame && !outputLeft && !in.hasRemaining();
    }

    private boolean beginsFrame() throws IOException {
        if (in.remaining() < 4) {
            return false;
        }
        int at = in.position();
        int magic = in.getInt(at);
        if ((magic & 0xfffffff0) == SKIPPABLE) {
            return true;
        }
        if (magic != MAGIC) {
            throw new IOException("zstd: no frame");
        }
        int length = in.remaining() < 5 ? LONGEST_HEADER : headerLength(in.get(at + 4));
        if (in.remaining() < length) {
            return false;
        }
        if (window(at + 4) > LARGEST_WINDOW) {
            throw new WindowException();
        }
        return true;
    }

    private static int dictionaryBytes(int descriptor) {
        return (1 << (descriptor & 3)) >> 1;
    }

    private static int sizeBytes(int descriptor) {
        int flag = (descriptor & 0xff) >> 6;
        boolean single = (descriptor & 0x20) != 0;
        return flag == 0 ? single ? 1 : 0 : 1 << flag;
    }

    private static int headerLength(int descriptor) {
        boolean single = (descriptor & 0x20) != 0;
        return 5 + (single ? 0 : 1) + dictionaryBytes(descriptor) + sizeBytes(descriptor);
    }

    // RFC 8878, section 3.1.1.1: a frame of one segment has a window of its content's size.
    private long window(int at) {
        int descriptor = in.get(at);
        if ((descriptor & 0x20) == 0) {
            int window = in.get(at + 1) & 0xff;
            long base = 1L << (10 + (window >> 3));
            return base + base / 8 * (window & 7);
        }
        int size = at + 1 + dictionaryBytes(descriptor);
        return switch (sizeBytes(descriptor)) {
            case 1 -> in.get(size) & 0xff;
            case 2 -> (in.getShort(size) & 0xffff) + 256;
            case 4 -> in.getInt(size) & 0xffffffffL;
            default -> in.getLong(size) < 0 ? Long.MAX_VALUE : in.getLong(size);
        };
    }

    @Override
    public void close() {
        decoder.close();
    }

    /** A frame that only a larger window can decode. */
    public static final class WindowException extends IOException {
        private static final long serialVersionUID = 1L;

        WindowException() {
            super("zstd: a window of more than " + LARGEST_WINDOW + " bytes");
        }
    }
}

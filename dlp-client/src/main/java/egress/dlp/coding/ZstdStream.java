package egress.dlp.coding;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** A Zstandard body (RFC 8878) read strictly: whole frames, and nothing else to its last byte. */
public final class ZstdStream extends BlockStream {
    private final InputStream in;
    private final ZstdFrames frames = new ZstdFrames();
    private final byte[] piece = new byte[8192];
    private boolean any;

    public ZstdStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
        while (count > 0) {
            int n = any ? frames.read(into, offset, count) : 0;
            if (n > 0) {
                return n;
            }
            int got = in.read(piece, 0, Math.min(piece.length, frames.room()));
            if (got <= 0) {
                if (!any || !frames.isBetween()) {
                    throw new EOFException("zstd: ends within a frame");
                }
                return -1;
            }
            any = true;
            frames.put(piece, 0, got);
        }
        return 0;
    }

    @Override
    public void close() throws IOException {
        frames.close();
        in.close();
    }
}

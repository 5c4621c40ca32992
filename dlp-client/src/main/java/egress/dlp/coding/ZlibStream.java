package egress.dlp.coding;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** A body in the coding {@code deflate}, which is zlib (RFC 9110 §8.4.1.2, RFC 1950) and nothing else: one stream, to the body's last byte. */
public final class ZlibStream extends BlockStream {
    private final InputStream in;
    private final Inflater inflater = new Inflater();
    private final byte[] piece = new byte[8192];
    private boolean ended;

    public ZlibStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        try {
            while (!ended) {
                int n = inflater.inflate(into, offset, count);
                if (n > 0) {
                    return n;
                }
                int filled = inflater.finished() && inflater.getRemaining() > 0 ? 1 : in.read(piece, 0, piece.length);
                if (inflater.finished()) {
                    if (filled > 0) {
                        throw new IOException("deflate: something behind its end");
                    }
                    ended = true;
                } else if (filled <= 0 || inflater.needsDictionary()) {
                    throw new EOFException("deflate: no whole stream");
                } else {
                    inflater.setInput(piece, 0, filled);
                }
            }
            return -1;
        } catch (DataFormatException e) {
            throw new IOException("deflate: no zlib stream", e);
        }
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}

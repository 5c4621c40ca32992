package egress.dlp.coding;

import com.aayushatharva.brotli4j.decoder.DecoderJNI;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A brotli body (RFC 7932) read strictly: one stream, to the body's last byte. */
public final class BrotliStream extends BlockStream {
    private static final int PIECE = 8192;

    private final InputStream in;
    private final DecoderJNI.Wrapper decoder;
    private final byte[] piece = new byte[PIECE];
    private ByteBuffer output = ByteBuffer.allocate(0);
    private boolean ended;
    private boolean closed;

    public BrotliStream(InputStream in) throws IOException {
        this.in = in;
        this.decoder = new DecoderJNI.Wrapper(PIECE);
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        while (!ended && !output.hasRemaining()) {
            step();
        }
        if (!output.hasRemaining()) {
            return -1;
        }
        int n = Math.min(count, output.remaining());
        output.get(into, offset, n);
        return n;
    }

    private void step() throws IOException {
        switch (decoder.getStatus()) {
            case DONE -> {
                if (in.read(piece, 0, 1) > 0) {
                    throw new IOException("br: something behind its end");
                }
                ended = true;
            }
            case OK -> decoder.push(0);
            case NEEDS_MORE_OUTPUT -> output = decoder.pull();
            case NEEDS_MORE_INPUT -> {
                if (decoder.hasOutput()) {
                    output = decoder.pull();
                } else {
                    feed();
                }
            }
            // The decoder says so too where bytes of one push are left behind the end.
            case ERROR -> throw new IOException("br: no brotli stream");
        }
    }

    private void feed() throws IOException {
        int n = in.read(piece, 0, PIECE);
        if (n <= 0) {
            throw new EOFException("br: no whole stream");
        }
        decoder.getInputBuffer().clear().put(piece, 0, n);
        decoder.push(n);
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            decoder.destroy();
        }
        in.close();
    }
}

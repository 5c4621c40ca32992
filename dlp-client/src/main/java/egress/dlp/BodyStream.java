package egress.dlp;

import egress.dlp.coding.BlockStream;
import java.io.IOException;

/** A body read from its beginning; remembers whether the source itself failed, as opposed to its decoder. */
public final class BodyStream extends BlockStream {
    private final BodySource body;
    private long position;
    private boolean failed;

    public BodyStream(BodySource body) {
        this.body = body;
    }

    /** Whether the body itself could not be read. */
    public boolean failed() {
        return failed;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        try {
            int n = body.read(position, into, offset, count);
            position += Math.max(0, n);
            return n;
        } catch (IOException e) {
            failed = true;
            throw e;
        }
    }

    @Override
    public int available() {
        return (int) Math.min(Integer.MAX_VALUE, body.length() - position);
    }
}

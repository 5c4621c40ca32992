package egress.dlp.builtin;

import egress.dlp.BodySource;
import java.io.IOException;
import java.io.InputStream;

/** A body read from its beginning; remembers whether it was the reading that failed. */
final class BodyStream extends InputStream {
    private final BodySource body;
    private long position;
    private boolean failed;

    BodyStream(BodySource body) {
        this.body = body;
    }

    boolean failed() {
        return failed;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
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

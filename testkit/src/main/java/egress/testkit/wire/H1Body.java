package egress.testkit.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** One HTTP/1 body, read strictly; a body that ends early is an {@link EOFException}. */
public final class H1Body extends InputStream {
    static final long CHUNKED = -1;
    static final long UNTIL_CLOSE = -2;

    private final H1Reader reader;
    private final boolean chunked;
    private final boolean untilClose;
    private long left;
    private boolean ended;
    private boolean firstChunk = true;
    private List<Field> trailers = List.of();

    H1Body(H1Reader reader, long length) {
        this.reader = reader;
        chunked = length == CHUNKED;
        untilClose = length == UNTIL_CLOSE;
        left = untilClose ? Long.MAX_VALUE : Math.max(length, 0);
        ended = length == 0;
    }

    /** The trailer fields, once the end was read. */
    public List<Field> trailers() {
        return trailers;
    }

    public boolean ended() {
        return ended;
    }

    boolean untilClose() {
        return untilClose;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (!ended && chunked && left == 0) {
            nextChunk();
        }
        if (ended) {
            return -1;
        }
        int n = reader.stream().read(into, offset, (int) Math.min(length, left));
        if (n < 0) {
            if (!untilClose) {
                throw new EOFException("the connection ended with " + left + " bytes of the body to come");
            }
            ended = true;
            return -1;
        }
        left -= n;
        ended = left == 0 && !chunked;
        return n;
    }

    private void nextChunk() throws IOException {
        reader.forgetRaw();
        if (!firstChunk && !reader.needLine().isEmpty()) {
            throw new HttpSyntaxException("a chunk is longer than its size says");
        }
        firstChunk = false;
        String size = reader.needLine();
        if (!size.matches("[0-9A-Fa-f]{1,15}")) {
            throw new HttpSyntaxException("chunk size: " + H1Reader.quoted(size));
        }
        left = Long.parseLong(size, 16);
        if (left == 0) {
            trailers = reader.fields();
            ended = true;
        }
    }
}

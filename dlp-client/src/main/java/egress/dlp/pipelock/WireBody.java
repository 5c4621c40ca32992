package egress.dlp.pipelock;

import java.io.EOFException;
import java.io.IOException;
import java.util.regex.Pattern;

/** One message's content (RFC 9112 §6.3), read once. */
final class WireBody {
    private static final Pattern CHUNK_SIZE = Pattern.compile("[0-9A-Fa-f]{1,15}");

    private final WireReader reader;
    private final boolean chunked;
    private final boolean untilClose;
    private long left;
    private boolean first = true;
    private boolean ended;

    private WireBody(WireReader reader, boolean chunked, boolean untilClose, long left) {
        this.reader = reader;
        this.chunked = chunked;
        this.untilClose = untilClose;
        this.left = left;
        this.ended = !chunked && left == 0;
    }

    static WireBody chunked(WireReader reader) {
        return new WireBody(reader, true, false, 0);
    }

    static WireBody untilClose(WireReader reader) {
        return new WireBody(reader, false, true, Long.MAX_VALUE);
    }

    static WireBody ofLength(WireReader reader, long length) {
        return new WireBody(reader, false, false, length);
    }

    /** Whether the end was read, and another message may follow on the connection. */
    boolean ended() {
        return ended && !untilClose;
    }

    /** Reads at least one byte; -1 at the end. */
    int read(byte[] into, int offset, int count) throws IOException {
        if (chunked && !ended && left == 0) {
            nextChunk();
        }
        if (ended) {
            return -1;
        }
        int n = reader.read(into, offset, (int) Math.min(count, left));
        if (n < 0) {
            if (!untilClose) {
                throw new EOFException("the connection ended within a body");
            }
            ended = true;
            return -1;
        }
        left -= n;
        ended = left == 0 && !chunked;
        return n;
    }

    private void nextChunk() throws IOException {
        reader.newHead();
        if (!first && !reader.needLine().isEmpty()) {
            throw new WireException("a chunk longer than its size");
        }
        first = false;
        String line = reader.needLine();
        int extension = line.indexOf(';');
        String size = (extension < 0 ? line : line.substring(0, extension)).strip();
        if (!CHUNK_SIZE.matcher(size).matches()) {
            throw new WireException("a malformed chunk size");
        }
        left = Long.parseLong(size, 16);
        if (left == 0) {
            reader.fields();
            ended = true;
        }
    }
}

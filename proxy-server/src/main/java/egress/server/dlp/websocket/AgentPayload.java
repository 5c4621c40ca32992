package egress.server.dlp.websocket;

import egress.dlp.coding.BlockStream;
import egress.server.dlp.websocket.AgentFrames.Message;
import egress.server.dlp.websocket.AgentFrames.Span;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** What a message's frames say: unmasked (RFC 6455 §5.3), and inflated where they are compressed (RFC 7692 §7.2.2). */
final class AgentPayload {
    /** What RFC 7692 §7.2.2 puts behind a message, and an empty stored block (RFC 1951 §3.2.4). */
    private static final byte[][] ENDS = {{0, 0, (byte) 0xff, (byte) 0xff}, {0, 0, 0, (byte) 0xff, (byte) 0xff}};

    private static final int PIECE = 4096;

    private AgentPayload() {}

    static InputStream of(Message message) {
        return new Unmasked(message);
    }

    /** @param inflater with what the messages before have left in it */
    static InputStream of(Message message, Inflater inflater) {
        return new Inflated(new Unmasked(message), inflater, message.ends());
    }

    private static final class Unmasked extends BlockStream {
        private final Message message;
        private int frame;
        private int position;

        Unmasked(Message message) {
            this.message = message;
        }

        @Override
        public int read(byte[] into, int offset, int count) {
            while (frame < message.frames().size()
                    && position == message.frames().get(frame).length()) {
                frame++;
                position = 0;
            }
            if (frame == message.frames().size()) {
                return -1;
            }
            Span span = message.frames().get(frame);
            int n = Math.min(count, span.length() - position);
            for (int i = 0; i < n; i++) {
                into[offset + i] = span.unmasked(message.wire(), position + i);
            }
            position += n;
            return n;
        }
    }

    private static final class Inflated extends BlockStream {
        private final InputStream coded;
        private final Inflater inflater;
        private final byte[] piece = new byte[PIECE];
        private final boolean ends;
        private int endsFed;

        /** @param ends whether the message ends with these bytes */
        Inflated(InputStream coded, Inflater inflater, boolean ends) {
            this.coded = coded;
            this.inflater = inflater;
            this.ends = ends;
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            try {
                while (true) {
                    int n = inflater.inflate(into, offset, count);
                    if (n > 0 && endsFed > 0 || inflater.finished() || inflater.needsDictionary()) {
                        throw new IOException("a compressed message that ends within a block, or ends its stream");
                    }
                    if (n > 0) {
                        return n;
                    }
                    if (!feed()) {
                        return -1;
                    }
                }
            } catch (DataFormatException e) {
                throw new IOException("a message that is not compressed as it says", e);
            }
        }

        /** Behind the end comes its tail, and then an empty block more, which means nothing only where a block may begin. */
        private boolean feed() throws IOException {
            int got = endsFed > 0 ? -1 : coded.read(piece, 0, piece.length);
            if (got > 0) {
                inflater.setInput(piece, 0, got);
                return true;
            }
            if (!ends || endsFed == ENDS.length) {
                return false;
            }
            inflater.setInput(ENDS[endsFed++]);
            return true;
        }
    }
}

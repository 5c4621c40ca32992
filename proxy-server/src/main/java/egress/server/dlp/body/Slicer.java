package egress.server.dlp.body;

import egress.exchange.Failure;
import egress.server.dlp.judge.MessagePayload;
import io.netty.buffer.ByteBuf;
import java.util.Optional;
import java.util.function.Consumer;

/** Cuts a body that is not held into what is judged piece by piece. */
public interface Slicer {
    /** What is judged at once, and then sent as it came. */
    final class Slice {
        private final byte[] wire;
        private final MessagePayload payload;
        private final boolean ends;

        /**
         * @param wire the bytes as they came; they count against the memory budget until they are sent
         * @param ends whether a message ends with it
         */
        Slice(byte[] wire, MessagePayload payload, boolean ends) {
            this.wire = wire;
            this.payload = payload;
            this.ends = ends;
        }

        byte[] wire() {
            return wire;
        }

        MessagePayload payload() {
            return payload;
        }

        boolean ends() {
            return ends;
        }
    }

    /** Reads all of the buffer, which stays its owner's; says why it cannot. */
    Optional<Failure> put(ByteBuf bytes, Consumer<Slice> to);

    /** The body ends: hands out what is left of it; says why it cannot. */
    Optional<Failure> end(Consumer<Slice> to);

    /** Bytes of slices that were judged and are held back all the same: what a hit may have begun with. */
    int tail();

    /** Gives back what an unfinished slice costs. */
    void close();
}

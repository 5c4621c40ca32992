package egress.server.flows;

import egress.server.log.SecretMasker;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Puts a WebSocket's messages together, on the recorder's thread. */
final class MessageLog implements AutoCloseable {
    /** Of a message's objects, in bytes. */
    private static final int OVERHEAD = 128;
    /** A message that inflates to more than so many times what is kept of one is not read on, nor are those after it. */
    private static final int MOST_INFLATED = 4;

    private final int limit;
    private final Way up = new Way();
    private final Way down = new Way();
    private final List<Flow.Message> kept = new ArrayList<>(0);
    private long keptBytes;

    /** @param limit bytes kept of a message, and of all of an exchange's messages */
    MessageLog(int limit) {
        this.limit = limit;
    }

    /** A part was lost: what follows it cannot be understood. */
    void gap(boolean fromCaller) {
        Way way = fromCaller ? up : down;
        way.cut = true;
        way.broken = true; // for what is compressed
    }

    /** A part came; the message that ends with it, masked. */
    Flow.@Nullable Message add(MessagePart part, SecretMasker masker, Credit credit) {
        Way way = part.fromCaller() ? up : down;
        if (part.first()) {
            credit.give(way.next()); // the end of the one before was lost
        }
        if (way.content.size() < limit) {
            way.weight += part.weight();
        } else {
            credit.give(part.weight());
        }
        way.add(part);
        if (!part.last()) {
            return null;
        }
        byte[] payload = way.content.toByteArray();
        byte[] masked = masker.body(payload);
        FlowBody body = new FlowBody(way.length, way.cut, masked, part.compressed());
        credit.give(way.next());
        return new Flow.Message(part.fromCaller(), part.text(), part.micros(), body);
    }

    /** Keeps a message for the whole flow, where there is room for it. */
    void keep(Flow.Message message, Credit credit) {
        int bytes = message.payload().kept().length + OVERHEAD;
        if (keptBytes + bytes <= limit && credit.take(bytes)) {
            keptBytes += bytes;
            kept.add(message);
        }
    }

    List<Flow.Message> kept() {
        return kept;
    }

    /** Forgets the messages so far, and what there is of those that are under way. */
    void giveUp() {
        kept.clear();
        keptBytes = 0;
        up.giveUp();
        down.giveUp();
    }

    @Override
    public void close() {
        up.close();
        down.close();
    }

    /** One direction. */
    private final class Way {
        private final ByteArrayOutputStream content = new ByteArrayOutputStream(0);
        private @Nullable Inflater inflater;
        private long length;
        private long inflated;
        private boolean cut;
        /** Whether the compressor's state is lost. */
        private boolean broken;

        private int weight;

        void add(MessagePart part) {
            length += part.bytes().length;
            if (!part.compressed()) {
                keep(part.bytes(), part.bytes().length);
                return;
            }
            if (broken) {
                cut = true;
                return;
            }
            inflate(part.bytes());
            if (part.last()) {
                inflate(new byte[] {0, 0, (byte) 0xff, (byte) 0xff}); // RFC 7692 §7.2.2
            }
        }

        private void inflate(byte[] coded) {
            Inflater state = inflater == null ? new Inflater(true) : inflater;
            inflater = state;
            byte[] piece = new byte[4096];
            state.setInput(coded);
            try {
                int n;
                while ((n = state.inflate(piece)) > 0) {
                    inflated += n;
                    keep(piece, n);
                    if (inflated > (long) MOST_INFLATED * limit) {
                        broken = true;
                        return;
                    }
                }
                if (state.finished()) {
                    state.reset();
                }
            } catch (DataFormatException e) {
                broken = true;
                cut = true;
            }
        }

        private void keep(byte[] bytes, int n) {
            int room = Math.min(n, limit - content.size());
            content.write(bytes, 0, room);
            cut |= room < n;
        }

        void giveUp() {
            cut |= length > 0;
            content.reset();
            weight = 0;
        }

        /** Forgets the message; what its parts held of the memory. */
        int next() {
            int held = weight;
            content.reset();
            weight = 0;
            length = 0;
            inflated = 0;
            cut = false;
            return held;
        }

        void close() {
            if (inflater != null) {
                inflater.end();
                inflater = null;
            }
        }
    }
}

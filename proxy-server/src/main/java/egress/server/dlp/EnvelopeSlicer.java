package egress.server.dlp;

import egress.exchange.Failure;
import egress.share.Allowance;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Messages that say their length: a byte of flags, four of length, the message. gRPC over HTTP/2 and gRPC-Web, and Connect's
 * streams, frame alike; the first bit says that the message is compressed by the coding that the head names.
 */
final class EnvelopeSlicer implements Slicer {
    private static final int PREFIX = 5;
    private static final int COMPRESSED = 1;

    private final Allowance memory;
    private final int maxMessage;
    private final int knownFlags;
    private final Optional<ContentDecoder> decoder;
    private byte[] wire = new byte[PREFIX];
    private int filled;
    private int taken;

    /**
     * @param maxMessage longer ones are refused
     * @param knownFlags any other makes the message one that cannot be read here
     * @param decoder of compressed messages; empty where the coding is unknown
     */
    EnvelopeSlicer(Allowance memory, int maxMessage, int knownFlags, Optional<ContentDecoder> decoder) {
        this.memory = memory;
        this.maxMessage = maxMessage;
        this.knownFlags = knownFlags;
        this.decoder = decoder;
    }

    @Override
    public Optional<Failure> put(ByteBuf bytes, Consumer<Slice> to) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end) {
            int wanted = filled < PREFIX ? PREFIX : PREFIX + length();
            if (filled == wire.length) {
                Failure failure = grow(Math.min(wanted, filled + Math.max(end - at, filled)));
                if (failure != null) {
                    return Optional.of(failure);
                }
            }
            int n = Math.min(Math.min(wanted, wire.length) - filled, end - at);
            bytes.getBytes(at, wire, filled, n);
            filled += n;
            at += n;
            if (filled >= PREFIX) {
                Failure failure = filled - n < PREFIX ? checkPrefix() : null;
                if (failure != null) {
                    return Optional.of(failure);
                }
                if (filled == PREFIX + length()) {
                    Failure refused = emit(to);
                    if (refused != null) {
                        return Optional.of(refused);
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Grows with what comes, not with what is announced. */
    private @Nullable Failure grow(int capacity) {
        if (!memory.take(capacity - taken)) {
            return HeldBody.NO_MEMORY;
        }
        taken = capacity;
        wire = Arrays.copyOf(wire, capacity);
        return null;
    }

    private int length() {
        return (wire[1] & 0xff) << 24 | (wire[2] & 0xff) << 16 | (wire[3] & 0xff) << 8 | wire[4] & 0xff;
    }

    private @Nullable Failure checkPrefix() {
        if (length() < 0 || length() > maxMessage) {
            return Denials.unscannable("a message of more than " + maxMessage + " bytes");
        }
        if ((wire[0] & ~knownFlags) != 0) {
            return Denials.unscannable("a message with flags that are not known here");
        }
        return (wire[0] & COMPRESSED) != 0 && decoder.isEmpty()
                ? Denials.unscannable("a message coding that cannot be decoded here")
                : null;
    }

    private @Nullable Failure emit(Consumer<Slice> to) {
        if (taken == 0 && !memory.take(filled)) {
            return HeldBody.NO_MEMORY;
        }
        byte[] message = wire; // full: it never grows beyond its message
        wire = new byte[PREFIX];
        filled = 0;
        taken = 0;
        boolean compressed = (message[0] & COMPRESSED) != 0;
        ContentDecoder with = compressed ? decoder.orElseThrow() : coded -> coded;
        to.accept(new Slice(
                message, () -> with.decode(new ByteArrayInputStream(message, PREFIX, message.length - PREFIX)), true));
        return null;
    }

    @Override
    public Optional<Failure> end() {
        return filled == 0
                ? Optional.empty()
                : Optional.of(Denials.unscannable("a stream of messages that ends within one"));
    }

    @Override
    public int tail() {
        return 0;
    }

    @Override
    public void close() {
        memory.give(taken);
        taken = 0;
    }
}

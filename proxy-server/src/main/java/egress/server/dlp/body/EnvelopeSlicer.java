package egress.server.dlp.body;

import egress.dlp.ScanVerdict.Reason;
import egress.exchange.Failure;
import egress.server.dlp.judge.ContentDecoder;
import egress.server.dlp.judge.Denials;
import egress.server.dlp.judge.MessagePayload;
import egress.server.dlp.judge.MessagePayload.Kind;
import egress.server.dlp.judge.MessagePayload.Reading;
import egress.share.Allowance;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Messages that say their length: a byte of flags, four of length, the message. gRPC over HTTP/2 and gRPC-Web, and Connect's
 * streams, frame alike; the first bit says that the message is compressed by the coding that the head names.
 */
public final class EnvelopeSlicer implements Slicer {
    private static final int PREFIX = 5;
    private static final int COMPRESSED = 1;

    private static final int PIECE = 16 * 1024;
    /** More than what a scanner keeps from one piece to the next. */
    private static final int EDGE = 4 * 1024;

    private final Allowance memory;
    private final int maxMessage;
    private final boolean passesOversize;
    private final int knownFlags;
    private final Optional<ContentDecoder> decoder;
    private byte[] wire = new byte[PREFIX];
    private int filled;
    private int taken;
    /** Bytes that are yet to come of a message that passes unscanned. */
    private long passing;

    /**
     * @param maxMessage longer ones are refused
     * @param passesOversize whether they pass unscanned instead
     * @param knownFlags any other makes the message one that cannot be read here
     * @param decoder of compressed messages; empty where the coding is unknown
     */
    public EnvelopeSlicer(
            Allowance memory,
            int maxMessage,
            boolean passesOversize,
            int knownFlags,
            Optional<ContentDecoder> decoder) {
        this.memory = memory;
        this.passesOversize = passesOversize;
        this.maxMessage = maxMessage;
        this.knownFlags = knownFlags;
        this.decoder = decoder;
    }

    @Override
    public Optional<Failure> put(ByteBuf bytes, Consumer<Slice> to) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end) {
            int n;
            Failure failure;
            if (passing > 0) {
                n = (int) Math.min(Math.min(passing, PIECE), end - at);
                failure = pass(bytes, at, n, to);
            } else {
                n = fill(bytes, at, end);
                failure = n < 0 ? Denials.NO_MEMORY : whole(n, to);
            }
            if (failure != null) {
                return Optional.of(failure);
            }
            at += n;
        }
        return Optional.empty();
    }

    /** Takes what belongs to the message under way; -1 where no memory is left for it. */
    private int fill(ByteBuf bytes, int at, int end) {
        int wanted = filled < PREFIX ? PREFIX : PREFIX + (int) length();
        if (filled == wire.length && !grow(Math.min(wanted, filled + Math.max(end - at, filled)))) {
            return -1;
        }
        int n = Math.min(Math.min(wanted, wire.length) - filled, end - at);
        bytes.getBytes(at, wire, filled, n);
        filled += n;
        return n;
    }

    /** Grows with what comes, not with what is announced. */
    private boolean grow(int capacity) {
        if (!memory.take(capacity - taken)) {
            return false;
        }
        taken = capacity;
        wire = Arrays.copyOf(wire, capacity);
        return true;
    }

    private long length() {
        return (wire[1] & 0xffL) << 24 | (wire[2] & 0xff) << 16 | (wire[3] & 0xff) << 8 | wire[4] & 0xff;
    }

    /** What the last {@code n} bytes have made whole: a prefix, or a message. */
    private @Nullable Failure whole(int n, Consumer<Slice> to) {
        if (filled < PREFIX) {
            return null;
        }
        if (filled - n < PREFIX && length() > maxMessage) {
            return begin(to);
        }
        return filled == PREFIX + length() ? emit(payload(), to) : null;
    }

    /** A message that is too long to be held. */
    private @Nullable Failure begin(Consumer<Slice> to) {
        if (!passesOversize) {
            return Denials.oversizeMessage(maxMessage);
        }
        passing = length();
        byte[] prefix = Arrays.copyOf(wire, PREFIX);
        return emit(MessagePayload.of(new Reading(Kind.FRAMES, () -> new ByteArrayInputStream(prefix))), to);
    }

    private @Nullable Failure pass(ByteBuf bytes, int at, int n, Consumer<Slice> to) {
        if (!memory.take(n)) {
            return Denials.NO_MEMORY;
        }
        byte[] piece = new byte[n];
        bytes.getBytes(at, piece);
        passing -= n;
        to.accept(new Slice(piece, MessagePayload.unscanned(), passing == 0));
        return null;
    }

    private MessagePayload payload() {
        byte[] message = wire;
        MessagePayload.Opener content = () -> new ByteArrayInputStream(message, PREFIX, message.length - PREFIX);
        Reading frame = new Reading(Kind.FRAMES, () -> edges(message));
        if ((message[0] & ~knownFlags) != 0) {
            return MessagePayload.unreadable(content, Reason.UNDECODABLE, "a message with flags that it must not have")
                    .behind(frame);
        }
        if ((message[0] & COMPRESSED) == 0) {
            return MessagePayload.plain(content).behind(frame);
        }
        MessagePayload payload = decoder.isEmpty()
                ? MessagePayload.unreadable(
                        content, Reason.UNKNOWN_ENCODING, "a message coding that cannot be decoded here")
                : MessagePayload.coded(content, decoder.get());
        return payload.behind(frame);
    }

    /** The prefix between what stands before it and behind it, in this message and the one before. */
    private static InputStream edges(byte[] message) {
        if (message.length <= 2 * EDGE) {
            return new ByteArrayInputStream(message);
        }
        return new SequenceInputStream(
                new ByteArrayInputStream(message, 0, EDGE),
                new ByteArrayInputStream(message, message.length - EDGE, EDGE));
    }

    /** Hands out what has come of a message, which is as long as that: the array never grows beyond its message. */
    private @Nullable Failure emit(MessagePayload payload, Consumer<Slice> to) {
        if (taken == 0 && !memory.take(filled)) {
            return Denials.NO_MEMORY;
        }
        byte[] message = wire;
        wire = new byte[PREFIX];
        filled = 0;
        taken = 0;
        to.accept(new Slice(message, payload, true));
        return null;
    }

    @Override
    public Optional<Failure> end(Consumer<Slice> to) {
        if (filled == 0) {
            return Optional.empty();
        }
        if (taken > 0) {
            memory.give(taken - (long) filled);
            taken = filled;
        }
        byte[] part = Arrays.copyOf(wire, filled);
        wire = part;
        return Optional.ofNullable(emit(
                MessagePayload.unreadable(
                        () -> new ByteArrayInputStream(part),
                        Reason.UNDECODABLE,
                        "a stream of messages that ends within one"),
                to));
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

package egress.server.dlp.websocket;

import egress.share.Allowance;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The frames of an agent's WebSocket, read strictly (RFC 6455 §5) and put together to messages, each byte as it came. */
final class AgentFrames {
    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PONG = 10;

    private static final int FIN = 0x80;
    private static final int RSV1 = 0x40;
    private static final int RSV_2_3 = 0x30;
    private static final int MASKED = 0x80;
    private static final int MASK = 4;
    private static final int MAX_HEADER = 14;
    private static final int MAX_CONTROL = 125;
    /** Heads of fragments that a message may consist of, in bytes. */
    private static final int MAX_HEADERS = 64 * 1024;

    /** RFC 6455 §7.4.1. */
    static final int PROTOCOL_ERROR = 1002;

    static final int POLICY = 1008;
    static final int TOO_LARGE = 1009;
    static final int TRY_AGAIN = 1013;

    /** Why the connection has to end. */
    record Violation(int code, String words) {}

    /**
     * A frame's payload, or a piece of it, within the wire's bytes.
     *
     * @param mask that it is masked with
     * @param phase which byte of the mask is its first one's
     */
    record Span(int at, int length, int mask, int phase) {
        byte unmasked(byte[] wire, int i) {
            return (byte) (wire[at + i] ^ mask >>> (24 - 8 * (phase + i & 3)));
        }
    }

    /**
     * A whole message, a control frame, or a piece of a message that passes unscanned: the bytes as they came, and where in them its
     * payload stands.
     */
    static final class Message {
        private final byte[] wire;
        private final List<Span> frames;
        private final int opcode;
        private final boolean compressed;
        private final boolean scanned;
        private final boolean begins;
        private final boolean ends;

        private Message(
                byte[] wire,
                List<Span> frames,
                int opcode,
                boolean compressed,
                boolean scanned,
                boolean begins,
                boolean ends) {
            this.wire = wire;
            this.frames = frames;
            this.opcode = opcode;
            this.compressed = compressed;
            this.scanned = scanned;
            this.begins = begins;
            this.ends = ends;
        }

        /** Whether it is to be judged. */
        boolean isScanned() {
            return scanned;
        }

        /** Whether it is the first of its message, or all of it. */
        boolean begins() {
            return begins;
        }

        /** Whether it is the last of its message, or all of it. */
        boolean ends() {
            return ends;
        }

        /** Its frames as they came; they count against the memory budget until they are sent. */
        byte[] wire() {
            return wire;
        }

        List<Span> frames() {
            return frames;
        }

        boolean isControl() {
            return opcode >= CLOSE;
        }

        boolean isClose() {
            return opcode == CLOSE;
        }

        boolean isCompressed() {
            return compressed;
        }

        int payloadLength() {
            return frames.stream().mapToInt(Span::length).sum();
        }
    }

    /** Takes what is whole. */
    interface Sink {
        void onMessage(Message message);
    }

    private final Allowance memory;
    private final int maxMessage;
    private final boolean passesOversize;
    private final boolean mayCompress;

    private final byte[] header = new byte[MAX_HEADER];
    private int headerFilled;
    /** Bytes of the current frame's payload that are yet to come; -1 while its header is read. */
    private long owed = -1;

    private boolean fin;
    private int opcode;
    private boolean compressed;

    private boolean inMessage;
    private final Assembly message = new Assembly();
    private final Assembly control = new Assembly();
    private long payload;
    /** The message under way is too long to be held, and passes as it comes. */
    private boolean skimmed;

    private boolean pieceSent;
    private int mask;
    private int phase;

    /**
     * @param maxMessage in bytes
     * @param passesOversize whether longer ones pass unscanned
     */
    AgentFrames(Allowance memory, int maxMessage, boolean passesOversize, boolean mayCompress) {
        this.memory = memory;
        this.maxMessage = maxMessage;
        this.passesOversize = passesOversize;
        this.mayCompress = mayCompress;
    }

    /** Frames on their way to be a message. */
    private static final class Assembly {
        private byte[] wire = {};
        private int filled;
        private int taken;
        private List<Span> frames = new ArrayList<>(1);

        /** The next {@code n} bytes are a frame's payload, or continue one. */
        private void payload(int n, int mask, int phase) {
            Span last = frames.isEmpty() ? null : frames.getLast();
            if (last != null && last.at() + last.length() == filled) {
                frames.set(frames.size() - 1, new Span(last.at(), last.length() + n, last.mask(), last.phase()));
            } else {
                frames.add(new Span(filled, n, mask, phase));
            }
        }
    }

    /**
     * Reads all of the buffer, which stays its owner's.
     *
     * @return why no more can be read; null when all is well
     */
    @Nullable
    Violation read(ByteBuf in, Sink sink) {
        int at = in.readerIndex();
        int end = in.writerIndex();
        while (at < end) {
            Violation violation;
            if (owed < 0) {
                header[headerFilled++] = in.getByte(at++);
                violation = headerFilled < 2 || headerFilled < headerLength() ? null : begin();
            } else {
                int n = (int) Math.min(owed, end - at);
                violation = append(in, at, n, end - at);
                at += n;
                owed -= n;
                if (skimmed && violation == null && owed > 0 && !isControl()) {
                    emit(message, false, sink);
                }
            }
            if (violation == null && owed == 0) {
                finish(sink);
            }
            if (violation != null) {
                return violation;
            }
        }
        return null;
    }

    private int headerLength() {
        int extended = switch (header[1] & 0x7f) {
            case 126 -> 2;
            case 127 -> 8;
            default -> 0;
        };
        return 2 + extended + ((header[1] & MASKED) != 0 ? MASK : 0);
    }

    private boolean isControl() {
        return opcode >= CLOSE;
    }

    /** The header of a frame is whole. */
    private @Nullable Violation begin() {
        fin = (header[0] & FIN) != 0;
        opcode = header[0] & 0x0f;
        boolean rsv1 = (header[0] & RSV1) != 0;
        long length = length();
        String fault = fault(rsv1, length);
        if (fault != null) {
            return new Violation(PROTOCOL_ERROR, fault);
        }
        if (!isControl()) {
            compressed = inMessage ? compressed : rsv1;
            inMessage = true;
            payload += length;
            boolean tooLarge =
                    payload < 0 || payload > maxMessage || message.filled + (long) headerFilled > payload + MAX_HEADERS;
            if (tooLarge && !passesOversize) {
                return new Violation(TOO_LARGE, "a message of more than " + maxMessage + " bytes");
            }
            skimmed |= tooLarge;
        }
        Assembly into = isControl() ? control : message;
        if (!room(into, headerFilled, length)) {
            return new Violation(TRY_AGAIN, "no memory is left for messages");
        }
        System.arraycopy(header, 0, into.wire, into.filled, headerFilled);
        into.filled += headerFilled;
        mask = 0;
        for (int i = headerFilled - MASK; i < headerFilled; i++) {
            mask = mask << 8 | header[i] & 0xff;
        }
        phase = 0;
        headerFilled = 0;
        owed = length;
        return null;
    }

    /** What is wrong with the header; null when nothing is. */
    private @Nullable String fault(boolean rsv1, long length) {
        if ((header[1] & MASKED) == 0) {
            return "a frame that is not masked";
        }
        boolean first = opcode == TEXT || opcode == BINARY;
        if ((header[0] & RSV_2_3) != 0 || rsv1 && !(mayCompress && first)) {
            return "a reserved bit";
        }
        int told = header[1] & 0x7f;
        if (length < 0 || told == 126 && length < 126 || told == 127 && length <= 0xffff) {
            return "a length that is not in its shortest form";
        }
        if (isControl()) {
            return opcode > PONG || !fin || length > MAX_CONTROL || opcode == CLOSE && length == 1
                    ? "a control frame that is none"
                    : null;
        }
        if (!first && opcode != CONTINUATION) {
            return "an unknown opcode";
        }
        return inMessage == first ? "a message within a message, or a fragment without one" : null;
    }

    private long length() {
        int told = header[1] & 0x7f;
        int bytes = told == 126 ? 2 : told == 127 ? 8 : 0;
        long length = bytes == 0 ? told : 0;
        for (int i = 0; i < bytes; i++) {
            length = length << 8 | header[2 + i] & 0xff;
        }
        return length;
    }

    private @Nullable Violation append(ByteBuf in, int at, int n, int available) {
        Assembly into = isControl() ? control : message;
        if (!room(into, n, Math.min(owed, available))) {
            return new Violation(TRY_AGAIN, "no memory is left for messages");
        }
        in.getBytes(at, into.wire, into.filled, n);
        into.payload(n, mask, phase);
        into.filled += n;
        phase = phase + n & 3;
        return null;
    }

    /** Makes room, growing with what comes rather than with what is announced. */
    private boolean room(Assembly into, int needed, long announced) {
        int least = into.filled + needed;
        if (least <= into.wire.length) {
            return true;
        }
        int ahead = (int) Math.min(announced, 4096);
        int capacity = Math.max(least + ahead, into.filled * 2);
        if (!memory.take(capacity - into.taken)) {
            return false;
        }
        into.taken = capacity;
        into.wire = Arrays.copyOf(into.wire, capacity);
        return true;
    }

    /** A frame is whole. */
    private void finish(Sink sink) {
        owed = -1;
        if (isControl()) {
            emit(control, true, sink);
        } else if (fin) {
            emit(message, true, sink);
            inMessage = false;
            payload = 0;
            skimmed = false;
        } else if (skimmed) {
            emit(message, false, sink);
        }
    }

    private void emit(Assembly whole, boolean ends, Sink sink) {
        boolean isControl = isControl();
        boolean exact = whole.filled == whole.wire.length;
        byte[] wire = exact ? whole.wire : Arrays.copyOf(whole.wire, whole.filled);
        memory.give(whole.taken - (long) wire.length);
        boolean isCompressed = !isControl && compressed;
        boolean isScanned = isControl || !skimmed;
        Message emitted =
                new Message(wire, whole.frames, opcode, isCompressed, isScanned, isControl || !pieceSent, ends);
        pieceSent = isControl ? pieceSent : !ends;
        whole.wire = new byte[0];
        whole.filled = 0;
        whole.taken = 0;
        whole.frames = new ArrayList<>(1);
        sink.onMessage(emitted);
    }

    /** Gives back what unfinished messages cost. */
    void close() {
        memory.give(message.taken + (long) control.taken);
        message.taken = 0;
        control.taken = 0;
        message.wire = new byte[0];
        control.wire = new byte[0];
    }
}

package egress.server.flows;

import io.netty.buffer.ByteBuf;

/** One direction of a WebSocket, read as it passes (RFC 6455 §5.2): what its data frames carry, unmasked. Control frames are passed over. */
final class FrameReader {
    private static final int FIN = 0x80;
    private static final int RSV1 = 0x40;
    private static final int MASKED = 0x80;
    private static final int MASK = 4;
    private static final int TEXT = 1;
    private static final int CLOSE = 8;

    /** Takes what data frames carry. */
    interface Sink {
        /**
         * A part of a message.
         *
         * @param bytes the sink's own
         * @param compressed whether the message is (RFC 7692)
         * @param first whether the message begins with it
         * @param last whether the message ends with it
         */
        void part(byte[] bytes, boolean text, boolean compressed, boolean first, boolean last);
    }

    private static final byte[] NOTHING = {};

    private final byte[] header = new byte[14];
    private int filled;
    /** Bytes of the current frame's payload that are yet to come; -1 while its header is read. */
    private long owed = -1;

    private boolean fin;
    private boolean control;
    private boolean first;
    private boolean text;
    private boolean compressed;
    private int mask;
    private int phase;

    /** Reads all of the buffer, which stays its owner's, as it is. */
    void read(ByteBuf in, Sink sink) {
        int at = in.readerIndex();
        int end = in.writerIndex();
        while (at < end) {
            if (owed < 0) {
                header[filled++] = in.getByte(at++);
                if (filled < 2 || filled < headerLength()) {
                    continue;
                }
                begin();
                if (owed == 0) {
                    finish(NOTHING, sink);
                }
                continue;
            }
            int n = (int) Math.min(owed, end - at);
            byte[] bytes = control ? NOTHING : unmasked(in, at, n);
            at += n;
            owed -= n;
            if (owed == 0) {
                finish(bytes, sink);
            } else if (!control) {
                part(bytes, false, sink);
            }
        }
    }

    private int headerLength() {
        int extended = switch (header[1] & 0x7f) {
            case 126 -> 2;
            case 127 -> 8;
            default -> 0;
        };
        return 2 + extended + ((header[1] & MASKED) != 0 ? MASK : 0);
    }

    private void begin() {
        int opcode = header[0] & 0x0f;
        fin = (header[0] & FIN) != 0;
        control = opcode >= CLOSE;
        if (!control && opcode != 0) {
            first = true;
            text = opcode == TEXT;
            compressed = (header[0] & RSV1) != 0;
        }
        int told = header[1] & 0x7f;
        int extended = told == 126 ? 2 : told == 127 ? 8 : 0;
        long length = extended == 0 ? told : 0;
        for (int i = 0; i < extended; i++) {
            length = length << 8 | header[2 + i] & 0xff;
        }
        owed = length & Long.MAX_VALUE;
        mask = 0;
        if ((header[1] & MASKED) != 0) {
            for (int i = filled - MASK; i < filled; i++) {
                mask = mask << 8 | header[i] & 0xff;
            }
        }
        phase = 0;
        filled = 0;
    }

    private byte[] unmasked(ByteBuf in, int at, int n) {
        byte[] bytes = new byte[n];
        in.getBytes(at, bytes);
        if (mask != 0) {
            for (int i = 0; i < n; i++) {
                bytes[i] ^= (byte) (mask >>> (24 - 8 * (phase + i & 3)));
            }
            phase = phase + n & 3;
        }
        return bytes;
    }

    private void finish(byte[] bytes, Sink sink) {
        owed = -1;
        if (!control) {
            part(bytes, fin, sink);
        }
    }

    private void part(byte[] bytes, boolean last, Sink sink) {
        boolean begins = first;
        first = false;
        sink.part(bytes, text, compressed, begins, last);
    }
}

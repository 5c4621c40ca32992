package egress.server.dlp.websocket;

import io.netty.buffer.ByteBuf;

/** Where the origin's WebSocket frames end, as they pass: a frame of the gate's own may only stand between two of them. */
final class ServerFrames {
    private static final int MASKED = 0x80;

    private final byte[] header = new byte[14];
    private int filled;
    private long payload;

    /** Whether the last byte that passed ended a frame. */
    boolean isBetween() {
        return filled == 0 && payload == 0;
    }

    /** Bytes that pass. */
    void pass(ByteBuf bytes) {
        int at = bytes.readerIndex();
        while (at < bytes.writerIndex()) {
            at = step(bytes, at);
        }
    }

    /** How many of these bytes end the frame that is under way; all of them where they do not. */
    int toEndOfFrame(ByteBuf bytes) {
        int at = bytes.readerIndex();
        while (at < bytes.writerIndex() && !isBetween()) {
            at = step(bytes, at);
        }
        return at - bytes.readerIndex();
    }

    private int step(ByteBuf bytes, int at) {
        if (payload > 0) {
            int n = (int) Math.min(payload, bytes.writerIndex() - at);
            payload -= n;
            return at + n;
        }
        header[filled++] = bytes.getByte(at);
        if (filled >= 2 && filled == headerLength()) {
            payload = payloadLength();
            filled = 0;
        }
        return at + 1;
    }

    private int headerLength() {
        int extended = switch (header[1] & 0x7f) {
            case 126 -> 2;
            case 127 -> 8;
            default -> 0;
        };
        return 2 + extended + ((header[1] & MASKED) != 0 ? 4 : 0);
    }

    private long payloadLength() {
        int told = header[1] & 0x7f;
        int bytes = told == 126 ? 2 : told == 127 ? 8 : 0;
        long length = bytes == 0 ? told : 0;
        for (int i = 0; i < bytes; i++) {
            length = length << 8 | header[2 + i] & 0xff;
        }
        return length & Long.MAX_VALUE;
    }
}

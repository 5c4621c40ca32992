package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2CodecUtil;

/** Finds the frame heads of one direction of an h2 connection (RFC 9113 §4.1), however its bytes are cut. */
public final class H2FrameHeads {
    private static final int PREFACE = Http2CodecUtil.connectionPrefaceBuf().readableBytes();

    private final byte[] head = new byte[Http2CodecUtil.FRAME_HEADER_LENGTH];
    private int headRead;
    /** Bytes of the payload, or of the preface, still to come. */
    private int skip;

    /** @param client whether the bytes are a client's, which begin with the connection preface (RFC 9113 §3.4) */
    public H2FrameHeads(boolean client) {
        skip = client ? PREFACE : 0;
    }

    /**
     * Goes on to the end of the next head.
     *
     * @param at an index of {@code in}, from where on nothing was looked at
     * @return the index just after the head, or -1 when the bytes end before; then all of them are looked at
     */
    public int next(ByteBuf in, int at) {
        int end = in.writerIndex();
        int from = at + Math.min(skip, end - at);
        skip -= from - at;
        while (from < end) {
            head[headRead++] = in.getByte(from++);
            if (headRead == head.length) {
                headRead = 0;
                skip = length();
                return from;
            }
        }
        return -1;
    }

    /** Of the payload, in bytes. */
    public int length() {
        return (head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | (head[2] & 0xff);
    }

    public byte type() {
        return head[3];
    }

    public boolean has(short flag) {
        return (head[4] & flag) != 0;
    }

    /** The stream's identifier; 0 for the connection. */
    public int stream() {
        return (head[5] & 0x7f) << 24 | (head[6] & 0xff) << 16 | (head[7] & 0xff) << 8 | (head[8] & 0xff);
    }
}

package egress.testkit.wire;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One WebSocket frame (RFC 6455 §5.2), legal or not.
 *
 * @param rsv the three reserved bits, RSV1 being 4
 * @param masked on the wire; {@code payload} is always the clear bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record WebSocketFrame(boolean fin, int rsv, int opcode, boolean masked, byte[] payload) {
    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    private static final byte[] MASK = {0x12, 0x34, 0x56, 0x78};

    /** A whole text message as a client sends it. */
    public static WebSocketFrame text(String text) {
        return new WebSocketFrame(true, 0, TEXT, true, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A close frame as a client sends it. */
    public static WebSocketFrame close(int code) {
        return new WebSocketFrame(
                true,
                0,
                CLOSE,
                true,
                ByteBuffer.allocate(2).putShort((short) code).array());
    }

    /** The same as a server sends it. */
    public WebSocketFrame unmasked() {
        return new WebSocketFrame(fin, rsv, opcode, false, payload);
    }

    /** The payload as UTF-8. */
    public String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /** The code of a close frame; 1005 when it has none (RFC 6455 §7.1.5). */
    public int closeCode() {
        return payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xffff;
    }

    /** A frame's head that announces so many bytes, whether or not they follow. */
    public static byte[] head(boolean fin, int rsv, int opcode, boolean masked, long length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write((fin ? 0x80 : 0) | (rsv << 4) | opcode);
        int maskBit = masked ? 0x80 : 0;
        if (length < 126) {
            out.write(maskBit | (int) length);
        } else if (length < 1 << 16) {
            out.write(maskBit | 126);
            out.writeBytes(ByteBuffer.allocate(2).putShort((short) length).array());
        } else {
            out.write(maskBit | 127);
            out.writeBytes(ByteBuffer.allocate(8).putLong(length).array());
        }
        if (masked) {
            out.writeBytes(MASK);
        }
        return out.toByteArray();
    }

    /** The frame as it stands on the wire. */
    public byte[] bytes() {
        byte[] head = head(fin, rsv, opcode, masked, payload.length);
        byte[] all = ByteBuffer.allocate(head.length + payload.length)
                .put(head)
                .put(payload)
                .array();
        if (masked) {
            for (int i = 0; i < payload.length; i++) {
                all[head.length + i] ^= MASK[i % 4];
            }
        }
        return all;
    }

    /** Reads the next frame. */
    public static WebSocketFrame read(InputStream in) throws IOException {
        byte[] two = exactly(in, 2);
        long length = two[1] & 0x7f;
        if (length == 126) {
            length = ByteBuffer.wrap(exactly(in, 2)).getShort() & 0xffff;
        } else if (length == 127) {
            length = ByteBuffer.wrap(exactly(in, 8)).getLong();
        }
        if (length < 0 || length > 64 << 20) {
            throw new HttpSyntaxException("a WebSocket frame of " + length + " bytes (expected: at most 64 MiB)");
        }
        boolean masked = (two[1] & 0x80) != 0;
        byte[] mask = masked ? exactly(in, 4) : new byte[4];
        byte[] payload = exactly(in, (int) length);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i % 4];
        }
        return new WebSocketFrame((two[0] & 0x80) != 0, (two[0] >> 4) & 7, two[0] & 15, masked, payload);
    }

    private static byte[] exactly(InputStream in, int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("the connection ended within a WebSocket frame");
        }
        return bytes;
    }
}

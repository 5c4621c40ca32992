package egress.testkit.wire;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 frames on a blocking connection, without any rule of the protocol in the way: a test may write whatever frame it likes.
 * One thread reads; any thread writes.
 */
public final class H2Wire {
    /** What a client says first (RFC 9113 §3.4). */
    public static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private static final int MAX_HEADER_LIST = 16 << 20;
    private static final int DEFAULT_FRAME = 16_384;

    private final InputStream in;
    private final OutputStream out;
    private @Nullable ByteArrayOutputStream held;
    private final DefaultHttp2HeadersDecoder decoder = new OrderKeepingDecoder();

    public H2Wire(InputStream in, OutputStream out) {
        this.in = in;
        this.out = out;
    }

    /** Exactly that many bytes. */
    public byte[] readBytes(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("the connection ended after " + bytes.length + " bytes (expected: " + count + ")");
        }
        return bytes;
    }

    /** The next frame, or null when the connection ended between frames. */
    public @Nullable H2Frame read() throws IOException {
        byte[] head = in.readNBytes(9);
        if (head.length == 0) {
            return null;
        }
        if (head.length < 9) {
            throw new EOFException("the connection ended within a frame's head");
        }
        int length = ((head[0] & 0xff) << 16) | ((head[1] & 0xff) << 8) | (head[2] & 0xff);
        byte[] payload = in.readNBytes(length);
        if (payload.length < length) {
            throw new EOFException("the connection ended within a frame");
        }
        int streamId = ByteBuffer.wrap(head).getInt(5) & 0x7fff_ffff;
        return new H2Frame(head[3] & 0xff, head[4] & 0xff, streamId, payload);
    }

    /** Writes the frames one after the other, with nothing of another thread between them. */
    public synchronized void write(H2Frame... frames) throws IOException {
        int size = 0;
        for (H2Frame frame : frames) {
            size += 9 + frame.payload().length;
        }
        ByteBuffer bytes = ByteBuffer.allocate(size);
        for (H2Frame frame : frames) {
            int length = frame.payload().length;
            bytes.put((byte) (length >> 16)).put((byte) (length >> 8)).put((byte) length);
            bytes.put((byte) frame.type()).put((byte) frame.flags()).putInt(frame.streamId());
            bytes.put(frame.payload());
        }
        write(bytes.array());
    }

    /** Writes bytes that need not be frames. */
    public synchronized void write(byte[] bytes) throws IOException {
        if (held != null) {
            held.writeBytes(bytes);
            return;
        }
        out.write(bytes);
        out.flush();
    }

    /** Keeps what is written from now on, until {@link #release}. */
    public synchronized void hold() {
        held = new ByteArrayOutputStream();
    }

    /** Writes what was kept, at once. */
    public synchronized void release() throws IOException {
        ByteArrayOutputStream kept = held;
        held = null;
        if (kept != null) {
            write(kept.toByteArray());
        }
    }

    /** Writes a field section in HEADERS and as many CONTINUATIONs as it needs. */
    public void writeHeaders(int streamId, List<Field> fields, boolean endStream) throws IOException {
        write(headers(streamId, literals(fields), endStream));
    }

    /** A HEADERS frame and the CONTINUATIONs that an encoded field section needs. */
    public static H2Frame[] headers(int streamId, byte[] section, boolean endStream) {
        List<H2Frame> frames = new ArrayList<>();
        int offset = 0;
        do {
            int end = Math.min(section.length, offset + DEFAULT_FRAME);
            int flags = (end == section.length ? H2Frame.END_HEADERS : 0)
                    | (offset == 0 && endStream ? H2Frame.END_STREAM : 0);
            int type = offset == 0 ? H2Frame.HEADERS : H2Frame.CONTINUATION;
            frames.add(new H2Frame(type, flags, streamId, Arrays.copyOfRange(section, offset, end)));
            offset = end;
        } while (offset < section.length);
        return frames.toArray(H2Frame[]::new);
    }

    /** HPACK, each field a literal without indexing or Huffman (RFC 7541 §6.2.2): any name and any value can be said. */
    public static byte[] literals(List<Field> fields) {
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        for (Field field : fields) {
            section.write(0);
            string(section, H1Reader.latin1(field.name()));
            string(section, H1Reader.latin1(field.value()));
        }
        return section.toByteArray();
    }

    /** HPACK, one literal that enters the dynamic table (RFC 7541 §6.2.1). */
    public static byte[] indexedLiteral(Field field) {
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        section.write(0x40);
        string(section, H1Reader.latin1(field.name()));
        string(section, H1Reader.latin1(field.value()));
        return section.toByteArray();
    }

    private static void string(ByteArrayOutputStream section, byte[] bytes) {
        int length = bytes.length;
        if (length < 127) {
            section.write(length);
        } else {
            section.write(127);
            int rest = length - 127;
            while (rest >= 128) {
                section.write((rest & 0x7f) | 0x80);
                rest >>>= 7;
            }
            section.write(rest);
        }
        section.writeBytes(bytes);
    }

    /** The fields of a whole encoded section, in wire order; sections must be given in the order they were received. */
    public List<Field> decode(byte[] section) throws HttpSyntaxException {
        try {
            // A heap wrapper: nothing to release.
            return ((OrderKept) decoder.decodeHeaders(1, Unpooled.wrappedBuffer(section))).order;
        } catch (Http2Exception e) {
            throw new HttpSyntaxException("field section: " + e.getMessage());
        }
    }

    private static final class OrderKeepingDecoder extends DefaultHttp2HeadersDecoder {
        OrderKeepingDecoder() {
            super(false, MAX_HEADER_LIST);
        }

        @Override
        protected Http2Headers newHeaders() {
            return new OrderKept();
        }
    }

    /** Netty's container moves pseudo-header fields to the front; a test wants to see where they were. */
    private static final class OrderKept extends DefaultHttp2Headers {
        private final List<Field> order = new ArrayList<>();

        OrderKept() {
            super(false);
        }

        @Override
        public Http2Headers add(CharSequence name, CharSequence value) {
            order.add(new Field(name.toString(), value.toString()));
            return this;
        }
    }
}

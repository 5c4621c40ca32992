package egress.fuzz;

import egress.http.H1RequestDecoder;
import egress.http.H1RequestEncoder;
import egress.http.HeadLimits;
import egress.http.HopByHop;
import egress.http.HttpFormatException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests as they come, stripped and written again: the same in whatever pieces they come, and to a second parser, Netty's own, one
 * request that says the same as ours.
 */
public final class HeadFuzz {
    private static final HeadLimits LIMITS = new HeadLimits(8_192, 16_384, 64);

    private HeadFuzz() {}

    private static final class Read {
        @Nullable
        HttpRequest head;

        final ByteArrayOutputStream body = new ByteArrayOutputStream();
        boolean whole;
    }

    public static void fuzzerTestOneInput(byte[] input) {
        List<Object> parts = decode(input, input.length);
        List<Object> pieces = decode(input, 1);
        try {
            Read read = first(parts);
            Read again = first(pieces);
            if ((read.head == null) != (again.head == null)
                    || read.whole != again.whole
                    || !read.body
                            .toString(java.nio.charset.StandardCharsets.ISO_8859_1)
                            .equals(again.body.toString(java.nio.charset.StandardCharsets.ISO_8859_1))) {
                throw new AssertionError("in pieces it is another request");
            }
            if (read.head != null && read.whole) {
                forward(read.head, parts, read.body.toByteArray());
            }
        } finally {
            parts.forEach(ReferenceCountUtil::release);
            pieces.forEach(ReferenceCountUtil::release);
        }
    }

    private static List<Object> decode(byte[] input, int piece) {
        EmbeddedChannel channel = new EmbeddedChannel(new H1RequestDecoder(LIMITS));
        List<Object> parts = new ArrayList<>();
        try {
            for (int at = 0; at < input.length && !whole(parts); at += piece) {
                channel.writeInbound(Unpooled.copiedBuffer(input, at, Math.min(piece, input.length - at)));
                take(channel, parts);
            }
        } catch (HttpFormatException e) {
            // refused, at once or after a part
        }
        take(channel, parts);
        try {
            channel.finishAndReleaseAll();
        } catch (HttpFormatException e) {
            // it ended within a message
        }
        return parts;
    }

    private static void take(EmbeddedChannel channel, List<Object> parts) {
        for (Object part = channel.readInbound(); part != null; part = channel.readInbound()) {
            if (whole(parts)) {
                ReferenceCountUtil.release(part); // of a second request
            } else {
                parts.add(part);
            }
        }
    }

    private static boolean whole(List<Object> parts) {
        return !parts.isEmpty() && parts.getLast() instanceof LastHttpContent;
    }

    private static Read first(List<Object> parts) {
        Read read = new Read();
        for (Object part : parts) {
            if (part instanceof HttpRequest head) {
                read.head = head;
            } else if (part instanceof HttpContent content) {
                ByteBuf bytes = content.content();
                for (int i = 0; i < bytes.readableBytes(); i++) {
                    read.body.write(bytes.getByte(bytes.readerIndex() + i));
                }
                read.whole |= part instanceof LastHttpContent;
            }
        }
        return read;
    }

    private static void forward(HttpRequest head, List<Object> parts, byte[] body) {
        HopByHop.stripRequest(head.headers());
        List<String> fields = new ArrayList<>();
        head.headers().forEach(field -> fields.add(field.getKey() + ": " + field.getValue()));
        EmbeddedChannel out = new EmbeddedChannel(new H1RequestEncoder());
        EmbeddedChannel second = new EmbeddedChannel(new HttpRequestDecoder(8_192, 32_768, 8_192));
        try {
            for (Object part : parts) {
                out.writeOutbound(ReferenceCountUtil.retain(part));
            }
            for (ByteBuf bytes = out.readOutbound(); bytes != null; bytes = out.readOutbound()) {
                second.writeInbound(bytes);
            }
            compare(head, fields, body, second);
        } finally {
            out.finishAndReleaseAll();
            second.finishAndReleaseAll();
        }
    }

    private static void compare(HttpRequest ours, List<String> fields, byte[] body, EmbeddedChannel second) {
        List<Object> parts = new ArrayList<>();
        for (Object part = second.readInbound(); part != null; part = second.readInbound()) {
            parts.add(part);
        }
        try {
            Read read = first(parts);
            HttpRequest head = read.head;
            if (head == null || head.decoderResult().isFailure() || !read.whole) {
                throw new AssertionError("to Netty it is no whole request: " + parts);
            }
            if (parts.stream().filter(HttpRequest.class::isInstance).count() != 1) {
                throw new AssertionError("to Netty it is more than one request: " + parts);
            }
            List<String> theirs = new ArrayList<>();
            head.headers().forEach(field -> theirs.add(field.getKey() + ": " + field.getValue()));
            if (!head.method().name().equals(ours.method().name())
                    || !head.uri().equals(ours.uri())
                    || !theirs.containsAll(fields)
                    || !java.util.Arrays.equals(read.body.toByteArray(), body)) {
                throw new AssertionError("to Netty it is " + head + " (expected: " + ours + ")");
            }
        } finally {
            parts.forEach(ReferenceCountUtil::release);
        }
    }
}

package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;

/**
 * Writes h1 messages (RFC 9112). The head's own fields decide the framing; a body that does not keep what the head
 * said fails the write, because bytes too many would be read as the next message and bytes too few would swallow it.
 */
abstract class H1Encoder extends ChannelOutboundHandlerAdapter {
    private static final long NOTHING = 0;

    /** Bytes of body still owed; {@link H1Fields#CHUNKED} or {@link H1Fields#UNTIL_CLOSE}. */
    private long owed = NOTHING;

    private boolean inMessage;

    /** Writes the start line with its CRLF. */
    abstract void startLine(HttpMessage head, ByteBuf out);

    /** How the body that follows is framed. */
    abstract long bodyLength(HttpMessage head);

    /** Whether nothing follows the head: interim responses. */
    abstract boolean standsAlone(HttpMessage head);

    @Override
    public final void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        switch (message) {
            case HttpMessage head -> writeHead(ctx, head, promise);
            case LastHttpContent last -> writeLast(ctx, last, promise);
            case HttpContent content -> writeContent(ctx, content, promise);
            default -> ctx.write(message, promise);
        }
    }

    private void writeHead(ChannelHandlerContext ctx, HttpMessage head, ChannelPromise promise) {
        if (inMessage) {
            ReferenceCountUtil.release(head);
            promise.setFailure(new IllegalStateException("a head inside another message"));
            return;
        }
        if (!standsAlone(head)) {
            owed = bodyLength(head);
            inMessage = true;
        }
        ByteBuf out = ctx.alloc().buffer(512);
        startLine(head, out);
        writeFields(head.headers(), out);
        ctx.write(out, promise);
    }

    private void writeContent(ChannelHandlerContext ctx, HttpContent content, ChannelPromise promise) {
        int length = content.content().readableBytes();
        if (!takes(length)) {
            content.release();
            promise.setFailure(new IllegalStateException("a body longer than its Content-Length"));
        } else if (length == 0) {
            content.release();
            ctx.write(ctx.alloc().buffer(0), promise);
        } else if (owed == H1Fields.CHUNKED) {
            ctx.write(chunkSize(ctx, length));
            ctx.write(content.content());
            ctx.write(crlf(ctx), promise);
        } else {
            ctx.write(content.content(), promise);
        }
    }

    private void writeLast(ChannelHandlerContext ctx, LastHttpContent last, ChannelPromise promise) {
        int length = last.content().readableBytes();
        boolean whole = takes(length) && owed <= NOTHING;
        if (!whole) {
            last.release();
            promise.setFailure(new IllegalStateException("a body other than its Content-Length"));
            return;
        }
        inMessage = false;
        if (owed == H1Fields.CHUNKED) {
            ByteBuf end = ctx.alloc().buffer(16);
            if (length > 0) {
                ctx.write(chunkSize(ctx, length));
                ctx.write(last.content().retain());
                ByteBufUtil.writeAscii(end, "\r\n");
            }
            ByteBufUtil.writeAscii(end, "0\r\n");
            writeFields(last.trailingHeaders(), end);
            last.release();
            ctx.write(end, promise);
        } else if (length > 0) {
            ctx.write(last.content(), promise);
        } else {
            last.release();
            ctx.write(ctx.alloc().buffer(0), promise);
        }
    }

    private boolean takes(int length) {
        if (!inMessage) {
            return false;
        }
        if (owed >= NOTHING) {
            owed -= length;
            return owed >= NOTHING;
        }
        return true;
    }

    private static ByteBuf chunkSize(ChannelHandlerContext ctx, int length) {
        ByteBuf out = ctx.alloc().buffer(10);
        ByteBufUtil.writeAscii(out, Integer.toHexString(length));
        ByteBufUtil.writeAscii(out, "\r\n");
        return out;
    }

    private static ByteBuf crlf(ChannelHandlerContext ctx) {
        return ByteBufUtil.writeAscii(ctx.alloc(), "\r\n");
    }

    /** Field lines as they are, names in their case, then the empty line. */
    private static void writeFields(HttpHeaders fields, ByteBuf out) {
        Iterator<Map.Entry<CharSequence, CharSequence>> all = fields.iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = all.next();
            out.writeCharSequence(field.getKey(), StandardCharsets.ISO_8859_1);
            out.writeByte(':').writeByte(' ');
            out.writeCharSequence(field.getValue(), StandardCharsets.ISO_8859_1);
            out.writeByte('\r').writeByte('\n');
        }
        out.writeByte('\r').writeByte('\n');
    }
}

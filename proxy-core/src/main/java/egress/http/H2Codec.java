package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * One h2 stream's frames as the same parts that an h1 connection gives, and back (RFC 9113 §8.1), checked strictly. A
 * violation is one {@link HttpFormatException} through {@code exceptionCaught}; every later frame is dropped. Resets
 * stay the user events that Netty makes of them.
 */
abstract class H2Codec extends ChannelDuplexHandler {
    private boolean headSeen;
    private boolean endSeen;
    private boolean broken;
    /** Bytes of DATA still owed by the content-length; -1 when it does not say. */
    private long owed = -1;

    /** A head waits for what follows: an empty end of the message then needs no frame of its own. */
    private @Nullable Http2Headers heldHead;

    private @Nullable ChannelPromise heldPromise;

    /** Whose messages come. */
    abstract Sender sender();

    /** A head, from the first field section or after interim responses. */
    abstract HttpMessage head(Http2Headers section, boolean endOfStream);

    /** The section of a head. */
    abstract Http2Headers section(HttpMessage head);

    /** Whether the head stands alone: interim responses. */
    abstract boolean standsAlone(HttpMessage head);

    /** Whether there may be DATA, as the content-length counts it: not in a response to HEAD, nor in a 204 or 304 (RFC 9113 §8.1.1). */
    abstract boolean countsBody(HttpMessage head);

    @Override
    public final void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof Http2HeadersFrame) && !(message instanceof Http2DataFrame)) {
            ReferenceCountUtil.release(message); // PRIORITY_UPDATE, ALTSVC and the like are hop-by-hop
            return;
        }
        if (broken) {
            ReferenceCountUtil.release(message);
            return;
        }
        try {
            if (message instanceof Http2HeadersFrame headers) {
                readSection(ctx, headers);
            } else {
                readData(ctx, (Http2DataFrame) message);
            }
        } catch (HttpFormatException e) {
            broken = true;
            ctx.fireExceptionCaught(e);
        }
    }

    private void readSection(ChannelHandlerContext ctx, Http2HeadersFrame frame) {
        boolean end = frame.isEndStream();
        if (endSeen) {
            throw new HttpFormatException("a field section after the end of the message");
        }
        if (headSeen) {
            readTrailers(ctx, frame.headers(), end);
            return;
        }
        HttpMessage head = head(frame.headers(), end);
        if (standsAlone(head)) {
            if (end) {
                throw new HttpFormatException("an interim response that ends the stream (RFC 9113 §8.1)");
            }
            ctx.fireChannelRead(head);
            return;
        }
        headSeen = true;
        owed = countsBody(head) ? H2Heads.contentLength(head.headers(), sender()) : 0;
        if (end) {
            finish();
            ctx.fireChannelRead(head);
            ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        } else {
            ctx.fireChannelRead(head);
        }
    }

    private void readTrailers(ChannelHandlerContext ctx, Http2Headers section, boolean end) {
        if (!end) {
            throw new HttpFormatException("trailers that do not end the stream (RFC 9113 §8.1)");
        }
        HttpHeaders trailers = H2Heads.regularFields(section, false, sender());
        finish();
        ctx.fireChannelRead(
                trailers.isEmpty()
                        ? LastHttpContent.EMPTY_LAST_CONTENT
                        : new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER, trailers));
    }

    private void readData(ChannelHandlerContext ctx, Http2DataFrame frame) {
        ByteBuf data = frame.content();
        boolean end = frame.isEndStream();
        try {
            if (!headSeen || endSeen) {
                throw new HttpFormatException("DATA outside of a message");
            }
            if (owed >= 0) {
                owed -= data.readableBytes();
                if (owed < 0) {
                    throw new HttpFormatException(
                            "DATA where none may be, or beyond the content-length (RFC 9113 §8.1.1)");
                }
            }
            if (end) {
                finish();
            }
        } catch (HttpFormatException e) {
            data.release();
            throw e;
        }
        if (end) {
            ctx.fireChannelRead(new DefaultLastHttpContent(data));
        } else if (data.isReadable()) {
            ctx.fireChannelRead(new DefaultHttpContent(data));
        } else {
            data.release();
        }
    }

    private void finish() {
        if (owed > 0) {
            throw new HttpFormatException("less DATA than the content-length (RFC 9113 §8.1.1)");
        }
        endSeen = true;
    }

    @Override
    public final void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        switch (message) {
            case HttpMessage head -> writeHead(ctx, head, promise);
            case LastHttpContent last -> writeLast(ctx, last, promise);
            case HttpContent content -> {
                writeHeldHead(ctx, false);
                ctx.write(new DefaultHttp2DataFrame(content.content(), false), promise);
            }
            default -> {
                writeHeldHead(ctx, false);
                ctx.write(message, promise);
            }
        }
    }

    private void writeHead(ChannelHandlerContext ctx, HttpMessage head, ChannelPromise promise) {
        Http2Headers section = section(head);
        if (standsAlone(head)) {
            ctx.write(new DefaultHttp2HeadersFrame(section, false), promise);
        } else {
            heldHead = section;
            heldPromise = promise;
        }
    }

    private void writeLast(ChannelHandlerContext ctx, LastHttpContent last, ChannelPromise promise) {
        boolean hasData = last.content().isReadable();
        HttpHeaders trailers = last.trailingHeaders();
        if (!hasData && trailers.isEmpty() && heldHead != null) {
            last.release();
            writeHeldHead(ctx, true);
            promise.setSuccess();
            return;
        }
        writeHeldHead(ctx, false);
        if (trailers.isEmpty()) {
            ctx.write(new DefaultHttp2DataFrame(last.content(), true), promise);
            return;
        }
        if (hasData) {
            ctx.write(new DefaultHttp2DataFrame(last.content().retain(), false));
        }
        Http2Headers section = H2Heads.newSection(trailers.size());
        H2Heads.addTo(section, trailers, false);
        last.release();
        ctx.write(new DefaultHttp2HeadersFrame(section, true), promise);
    }

    private void writeHeldHead(ChannelHandlerContext ctx, boolean end) {
        Http2Headers head = heldHead;
        ChannelPromise promise = heldPromise;
        if (head != null && promise != null) {
            heldHead = null;
            heldPromise = null;
            ctx.write(new DefaultHttp2HeadersFrame(head, end), promise);
        }
    }

    @Override
    public final void flush(ChannelHandlerContext ctx) {
        writeHeldHead(ctx, false);
        ctx.flush();
    }
}

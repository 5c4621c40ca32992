package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.util.ReferenceCountUtil;
import java.util.function.LongSupplier;

/**
 * In front of an h2 codec: ends the connection (GOAWAY with ENHANCE_YOUR_CALM) on which the other side sends more frames
 * beside the bodies than anything explains (RFC 9113 §10.5): field sections, PING, SETTINGS, PRIORITY, WINDOW_UPDATE,
 * RST_STREAM, GOAWAY, unknown types, and DATA without a byte. So many may come at once, so many a second, and as many
 * again as what we write gives cause to.
 *
 * <p>It counts what is on the wire, since the codec tells of no frame whose stream is closed already.
 */
public final class H2FrameLimit extends ChannelDuplexHandler {
    static final int AT_ONCE = 10_000;
    static final int A_SECOND = 100;
    /** For each field section that we write: a request has one answer, with trailers, and an answer one next request. */
    static final int A_SECTION = 4;
    /** Far less than a peer waits for with a WINDOW_UPDATE, and more than the answer to a PING is long. */
    static final int WRITTEN_BYTES_A_FRAME = 64;

    private final LongSupplier nanos;
    private final Frames read;
    private final Frames written;

    private long left = AT_ONCE;
    private long refilledNanos;
    private boolean over;

    private H2FrameLimit(boolean client, LongSupplier nanos) {
        this.read = new Frames(client);
        this.written = new Frames(!client);
        this.nanos = nanos;
        this.refilledNanos = nanos.getAsLong();
    }

    /** For what a client sends, from the connection preface on. */
    public static H2FrameLimit ofClient() {
        return ofClient(System::nanoTime);
    }

    /** @param nanos the time, as {@link System#nanoTime} */
    static H2FrameLimit ofClient(LongSupplier nanos) {
        return new H2FrameLimit(true, nanos);
    }

    /** For what a server sends, from our connection preface on. */
    public static H2FrameLimit ofServer() {
        return new H2FrameLimit(false, System::nanoTime);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            written.scan(bytes);
        }
        ctx.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (over) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof ByteBuf bytes) {
            read.scan(bytes);
            left -= read.takeBesideBodies();
            if (left < 0) {
                refill();
            }
            if (left < 0) {
                over = true;
                bytes.release();
                ctx.fireExceptionCaught(Http2Exception.connectionError(
                        Http2Error.ENHANCE_YOUR_CALM, "more frames beside the bodies than anything explains"));
                return;
            }
        }
        ctx.fireChannelRead(message);
    }

    private void refill() {
        long now = nanos.getAsLong();
        long sinceNanos = Math.min(now - refilledNanos, 1_000_000_000L * AT_ONCE / A_SECOND);
        refilledNanos = now;
        left += sinceNanos * A_SECOND / 1_000_000_000L + written.takeCause();
        left = Math.min(AT_ONCE, left);
    }

    /** What one direction's frames are. */
    private static final class Frames {
        private final H2FrameHeads heads;
        private long bytes;
        private long sections;
        private long besideBodies;

        Frames(boolean client) {
            this.heads = new H2FrameHeads(client);
        }

        void scan(ByteBuf in) {
            bytes += in.readableBytes();
            for (int at = heads.next(in, in.readerIndex()); at >= 0; at = heads.next(in, at)) {
                count();
            }
        }

        private void count() {
            if (heads.type() == Http2FrameTypes.HEADERS) {
                sections++;
            }
            // An empty DATA with END_STREAM is how a message ends whose length was not known.
            boolean body =
                    heads.type() == Http2FrameTypes.DATA && (heads.length() > 0 || heads.has(Http2Flags.END_STREAM));
            if (!body) {
                besideBodies++;
            }
        }

        long takeBesideBodies() {
            long count = besideBodies;
            besideBodies = 0;
            return count;
        }

        /** How many frames of the other side this direction explains. */
        long takeCause() {
            long cause = sections * A_SECTION + bytes / WRITTEN_BYTES_A_FRAME;
            sections = 0;
            bytes = 0;
            return cause;
        }
    }
}

package egress.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;

/**
 * Bytes both ways between two channels of one event loop, each read only while the other takes them. The end of one
 * direction is passed on, and the other goes on where the transport can do that: on bare TCP; inside TLS the end of one
 * is the end of both.
 */
public final class Tunnel {
    private final Channel downstream;
    private final Channel upstream;
    private final Runnable over;
    private long bytesUp;
    private long bytesDown;
    private long activityNanos = System.nanoTime();
    private int endsOpen = 2;
    private boolean done;

    private Tunnel(Channel downstream, Channel upstream, Runnable over) {
        this.downstream = downstream;
        this.upstream = upstream;
        this.over = over;
    }

    /**
     * Joins two channels whose auto-read is off. Bytes still unread in handlers before the ends come first.
     *
     * @param over runs once, when both are closed
     */
    public static Tunnel join(Channel downstream, Channel upstream, Runnable over) {
        Tunnel tunnel = new Tunnel(downstream, upstream, over);
        allowHalfClosure(downstream);
        allowHalfClosure(upstream);
        downstream.pipeline().addLast(HANDLER, tunnel.new End(upstream, true));
        upstream.pipeline().addLast(HANDLER, tunnel.new End(downstream, false));
        downstream.closeFuture().addListener(f -> tunnel.closeOther(upstream));
        upstream.closeFuture().addListener(f -> tunnel.closeOther(downstream));
        return tunnel;
    }

    /** The name of each end in its pipeline. */
    public static final String HANDLER = "tunnel";

    /** Asks both ends for their first bytes. */
    public void start() {
        downstream.read();
        upstream.read();
    }

    private static void allowHalfClosure(Channel channel) {
        if (channel instanceof DuplexChannel && !isTls(channel)) {
            channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        }
    }

    private static boolean isTls(Channel channel) {
        return channel.pipeline().get(SslHandler.class) != null;
    }

    /** Bytes from downstream to upstream. */
    public long bytesUp() {
        return bytesUp;
    }

    public long bytesDown() {
        return bytesDown;
    }

    /** When a byte last moved ({@link System#nanoTime}). */
    public long activityNanos() {
        return activityNanos;
    }

    /** Ends both directions at once. */
    public void close() {
        downstream.close();
        upstream.close();
    }

    private void closeOther(Channel other) {
        if (other.isActive()) {
            // What is already written still goes out.
            other.writeAndFlush(other.alloc().buffer(0)).addListener(f -> other.close());
        } else if (!done) {
            done = true;
            over.run();
        }
    }

    /** One end: what it reads is written to the other. */
    private final class End extends ChannelInboundHandlerAdapter {
        private final Channel other;
        private final boolean isDownstream;
        private boolean ended;

        End(Channel other, boolean isDownstream) {
            this.other = other;
            this.isDownstream = isDownstream;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!(message instanceof ByteBuf bytes) || !other.isActive()) {
                ReferenceCountUtil.release(message);
                return;
            }
            if (isDownstream) {
                bytesUp += bytes.readableBytes();
            } else {
                bytesDown += bytes.readableBytes();
            }
            other.write(bytes);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            activityNanos = System.nanoTime();
            other.flush();
            if (other.isWritable() && !ended) {
                ctx.read();
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (ctx.channel().isWritable()) {
                activityNanos = System.nanoTime();
                other.read();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof ChannelInputShutdownEvent) || ended) {
                return;
            }
            ended = true;
            endsOpen--;
            if (endsOpen == 0 || !(other instanceof DuplexChannel duplex) || isTls(other)) {
                closeOther(other);
            } else {
                other.writeAndFlush(other.alloc().buffer(0)).addListener(f -> duplex.shutdownOutput());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}

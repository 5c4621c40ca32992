package egress.downstream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/** What concerns a caller's h2 connection as a whole (RFC 9113 §5.2, §6.8). */
final class H2ConnectionHandler extends ChannelInboundHandlerAdapter {
    /** How long a caller that reads nothing can keep its GOAWAY from being written, and so its connection open. */
    private static final int GOAWAY_SECONDS = 2;

    private final DownstreamConnection connection;
    private final Http2FrameCodec codec;
    private final int connectionWindow;

    H2ConnectionHandler(DownstreamConnection connection, Http2FrameCodec codec, int connectionWindow) {
        this.connection = connection;
        this.codec = codec;
        this.connectionWindow = connectionWindow;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Http2Exception {
        // The window of 65,535 bytes that every connection begins with would let one stalled stream starve the rest.
        Http2Connection h2 = codec.connection();
        int begun = h2.local().flowController().windowSize(h2.connectionStream());
        h2.local().flowController().incrementWindowSize(h2.connectionStream(), connectionWindow - begun);
        ctx.flush();
    }

    /** Bytes of bodies that nobody has read yet. */
    int unreadBytes() {
        Http2Connection h2 = codec.connection();
        return h2.local().flowController().unconsumedBytes(h2.connectionStream());
    }

    /** Tells the caller that no new stream is taken (GOAWAY with NO_ERROR); streams under way go on. */
    static void goAway(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
        ReferenceCountUtil.release(frame); // SETTINGS, PING and GOAWAY of the caller: the codec has dealt with them
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        connection.closed();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof Http2Exception) {
            // Told of before the codec answers it with a GOAWAY that says why, and closes once that is written.
            ChannelHandlerContext below = ctx.pipeline().context(codec);
            ctx.executor().schedule(() -> below.close(), GOAWAY_SECONDS, TimeUnit.SECONDS);
            return;
        }
        Unexpected.log("an h2 connection is served", cause);
        ctx.close(); // transport and TLS errors
    }
}

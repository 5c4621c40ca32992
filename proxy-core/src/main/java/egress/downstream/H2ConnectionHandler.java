package egress.downstream;

import egress.http.H2Session;
import egress.http.H2Stream;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.concurrent.TimeUnit;

/** What concerns a caller's h2 connection as a whole (RFC 9113 §5.2, §6.8). */
final class H2ConnectionHandler extends ChannelInboundHandlerAdapter implements H2Session.Listener {
    /** How long a caller that reads nothing can keep its GOAWAY from being written, and so its connection open. */
    private static final int GOAWAY_SECONDS = 2;

    private final DownstreamContext context;
    private final DownstreamConnection connection;
    private final int connectionWindow;
    private final H2Session session;

    /**
     * @param settings ours
     * @param mostResets of ours in so many seconds, beyond which the connection ends
     */
    H2ConnectionHandler(
            DownstreamContext context,
            DownstreamConnection connection,
            Http2Settings settings,
            int mostResets,
            int seconds,
            int connectionWindow) {
        this.context = context;
        this.connection = connection;
        this.connectionWindow = connectionWindow;
        this.session = H2Session.ofClient(settings, mostResets, seconds, this);
    }

    /** The codec, which stands before it in the pipeline. */
    H2Session session() {
        return session;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Http2Exception {
        // The window of 65,535 bytes that every connection begins with would let one stalled stream starve the rest.
        Http2Connection h2 = session.connection();
        int begun = h2.local().flowController().windowSize(h2.connectionStream());
        h2.local().flowController().incrementWindowSize(h2.connectionStream(), connectionWindow - begun);
        ctx.flush();
    }

    @Override
    public boolean onOpened(H2Stream stream) {
        new H2DownstreamStream(context, connection, stream).begin();
        return true;
    }

    /** Bytes of bodies that were not read yet. */
    int unreadBytes() {
        Http2Connection h2 = session.connection();
        return h2.local().flowController().unconsumedBytes(h2.connectionStream()) + session.keptBytes();
    }

    /** Tells the caller that no new stream is taken; streams under way go on. */
    void goAway() {
        session.goAway();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        connection.closed();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof Http2Exception) {
            if (ctx.pipeline().get(DownstreamPipelines.PIECES) instanceof H2Pieces pieces) {
                pieces.discard(ctx);
            }
            // Told of before the codec answers it with a GOAWAY that says why, and closes once that is written.
            ChannelHandlerContext below = ctx.pipeline().context(session);
            ctx.executor().schedule(() -> below.close(), GOAWAY_SECONDS, TimeUnit.SECONDS);
            return;
        }
        Unexpected.log("an h2 connection is served", cause);
        ctx.close(); // transport and TLS errors
    }
}

package egress.downstream;

import egress.exchange.LeafCertificates.ServerTls;
import egress.http.H1RequestDecoder;
import egress.http.H1ResponseEncoder;
import egress.http.H2FrameLimit;
import egress.tunnel.Tunnel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;
import java.util.Optional;

/**
 * The shapes a caller's pipeline can have, each written down once; no other class edits one. A transition replaces the
 * whole shape, and bytes that the old one has not consumed go to the new one.
 *
 * <pre>
 * accept     turns h1-decoder h1-encoder connect exchange
 * hello      turns hello
 * tls        turns tls alpn
 * h1         turns [tls] h1-decoder h1-encoder exchange
 * h2         turns tls pieces flushes limit h2-order h2 connection
 * tunnel     [tls] [messages] [web-socket] tunnel
 * </pre>
 */
final class DownstreamPipelines {
    static final String TURNS = "turns";
    static final String DECODER = "h1-decoder";
    static final String ENCODER = "h1-encoder";
    static final String CONNECT = "connect";
    static final String EXCHANGE = "exchange";
    static final String HELLO = "hello";
    static final String TLS = "tls";
    static final String ALPN = "alpn";
    static final String PIECES = "pieces";
    static final String FLUSHES = "flushes";
    static final String LIMIT = "limit";
    static final String H2_ORDER = "h2-order";
    static final String H2 = "h2";
    static final String CONNECTION = "connection";
    static final String MESSAGES = "messages";
    static final String WEB_SOCKET = "web-socket";

    /** Of one stream's body that its origin does not take yet. */
    private static final int STREAM_WINDOW = 256 * 1024;
    /** So many stalled uploads leave the others of the connection alone. */
    private static final int STALLED_STREAMS = 16;

    /** Of ours: each request that is answered before it ends is one (RFC 9113 §8.1), and each that the caller spoils (CVE-2025-8671). */
    private static final int MOST_RESETS = 1_000;

    private static final int RESETS_SECONDS = 30;

    private final DownstreamContext context;

    DownstreamPipelines(DownstreamContext context) {
        this.context = context;
    }

    /** A connection just accepted: requests to the proxy itself. */
    void accept(DownstreamConnection connection) {
        ChannelPipeline pipeline = connection.channel().pipeline();
        H1RequestDecoder decoder = new H1RequestDecoder(context.headLimits());
        H1ResponseEncoder encoder = new H1ResponseEncoder();
        pipeline.addLast(TURNS, new TurnHandler(connection.turn()));
        pipeline.addLast(DECODER, decoder);
        pipeline.addLast(ENCODER, encoder);
        pipeline.addLast(CONNECT, new ConnectHandler(context, connection, this));
        pipeline.addLast(EXCHANGE, new H1DownstreamStream(context, connection, this, decoder, encoder).handler());
    }

    /** After a CONNECT: whatever comes first decides. */
    void hello(DownstreamConnection connection, ChannelHandler hello) {
        ChannelPipeline pipeline = connection.channel().pipeline();
        pipeline.remove(EXCHANGE);
        pipeline.remove(CONNECT);
        pipeline.remove(ENCODER);
        pipeline.addLast(HELLO, hello);
        pipeline.remove(DECODER);
    }

    /** The caller's TLS is ours to end. */
    void tls(DownstreamConnection connection, ServerTls tls) {
        ChannelPipeline pipeline = connection.channel().pipeline();
        SslHandler handler = new SslHandler(tls.newEngine(connection.channel().alloc()));
        handler.setHandshakeTimeoutMillis(context.timeouts().handshake().toMillis());
        handler.setCloseNotifyReadTimeoutMillis(0);
        pipeline.addLast(TLS, handler);
        pipeline.addLast(ALPN, new AlpnHandler(context, connection, this));
        pipeline.remove(HELLO);
    }

    /** Requests to the tunnel's origin by HTTP/1.1, inside TLS or not. */
    void h1(DownstreamConnection connection) {
        ChannelPipeline pipeline = connection.channel().pipeline();
        H1RequestDecoder decoder = new H1RequestDecoder(context.headLimits());
        H1ResponseEncoder encoder = new H1ResponseEncoder();
        pipeline.addLast(DECODER, decoder);
        pipeline.addLast(ENCODER, encoder);
        pipeline.addLast(EXCHANGE, new H1DownstreamStream(context, connection, this, decoder, encoder).handler());
        if (pipeline.get(HELLO) != null) {
            pipeline.remove(HELLO);
        } else {
            pipeline.remove(ALPN);
        }
    }

    /**
     * Requests to the tunnel's origin by h2. The codec's own bound on a head is a second one behind that of the
     * streams' codec: it answers a bare 431, which no observer would see.
     */
    void h2(DownstreamConnection connection) {
        ChannelPipeline pipeline = connection.channel().pipeline();
        Http2Settings settings = Http2Settings.defaultSettings()
                .maxConcurrentStreams(context.limits().maxStreams())
                .initialWindowSize(STREAM_WINDOW)
                .maxHeaderListSize(2L * context.limits().maxHeadBytes());
        H2Pieces pieces = new H2Pieces(connection.turn());
        H2ConnectionHandler handler = new H2ConnectionHandler(
                context, connection, settings, MOST_RESETS, RESETS_SECONDS, STALLED_STREAMS * STREAM_WINDOW);
        pipeline.addLast(PIECES, pieces);
        // What one read gives cause to leaves in one write; the codec flushes at each stream that is reset, once for
        // each.
        pipeline.addLast(FLUSHES, new FlushConsolidationHandler());
        pipeline.addLast(LIMIT, H2FrameLimit.ofClient());
        pipeline.addLast(H2_ORDER, new H2StreamOrderHandler(handler.session()));
        pipeline.addLast(H2, handler.session());
        pipeline.addLast(CONNECTION, handler);
        pipeline.remove(ALPN);
        if (pipeline.get(TURNS) instanceof TurnHandler turns) {
            turns.passesOn();
        }
        connection.channel().config().setAutoRead(true); // bounded by flow control and by the codec's flood limits
    }

    /** After a WebSocket's 101: bytes both ways, inside the same TLS. */
    void upgraded(
            DownstreamConnection connection,
            Channel upstream,
            Optional<ChannelHandler> messages,
            Optional<ChannelHandler> inspection,
            Runnable over) {
        ChannelPipeline pipeline = connection.channel().pipeline();
        messages.ifPresent(reader -> pipeline.addLast(MESSAGES, reader));
        inspection.ifPresent(reader -> pipeline.addLast(WEB_SOCKET, reader));
        Tunnel tunnel = Tunnel.join(connection.channel(), upstream, over);
        connection.tunnelled(tunnel);
        pipeline.remove(EXCHANGE);
        if (pipeline.get(CONNECT) != null) {
            pipeline.remove(CONNECT);
        }
        pipeline.remove(ENCODER);
        pipeline.remove(TURNS);
        pipeline.remove(DECODER);
        tunnel.start();
    }

    /** Passthrough: the ciphertext both ways, the ClientHello first. */
    void passthrough(DownstreamConnection connection, Channel upstream, Runnable over) {
        Tunnel tunnel = Tunnel.join(connection.channel(), upstream, over);
        connection.tunnelled(tunnel);
        connection.channel().pipeline().remove(TURNS);
        connection.channel().pipeline().remove(HELLO);
        tunnel.start();
    }

    /** The handler's context by its name. */
    static ChannelHandlerContext contextOf(Channel channel, String name) {
        return channel.pipeline().context(name);
    }
}

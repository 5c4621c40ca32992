package egress.upstream;

import egress.exchange.Failure;
import egress.exchange.TlsFacts;
import egress.exchange.Upstreams.Attempt;
import egress.http.Authority;
import egress.http.H1RequestEncoder;
import egress.http.H1ResponseDecoder;
import egress.http.H2ClientCodec;
import egress.http.H2Codec;
import egress.http.H2FrameLimit;
import egress.http.H2Session;
import egress.upstream.tls.RenegotiationWatch;
import egress.upstream.tls.TlsListener;
import egress.upstream.tls.TlsListener.Remedy;
import egress.upstream.tls.UpstreamTls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AttributeKey;
import io.netty.util.IllegalReferenceCountException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Every shape that the pipeline of an upstream channel has; no other class edits one. A tunnel through a TLS proxy behind
 * us begins each of them with {@code proxy-tls}, and a tunnel through any proxy with {@code unread}.
 *
 * <pre>
 * bare       -
 * ask proxy  decoder, proxy
 * tls        records, tls, handshake
 * h1         [[records], tls], decoder, encoder, response
 * h2         [records], tls, limit, h2, connection
 * upgraded   [tls], unread
 * </pre>
 */
final class UpstreamPipelines {
    private static final String PROXY_TLS = "proxy-tls";
    private static final String TLS = "tls";
    private static final String RECORDS = "records";
    private static final String HANDSHAKE = "handshake";
    private static final String DECODER = "decoder";
    private static final String ENCODER = "encoder";
    private static final String RESPONSE = "response";
    private static final String UNREAD = "unread";
    private static final AttributeKey<TlsFacts> FACTS = AttributeKey.valueOf(UpstreamPipelines.class, "facts");
    private static final int DEFAULT_WINDOW = 65_535;
    /** That wait to be written, caused by the origin. */
    private static final int MOST_CONTROL_FRAMES = 1_000;

    private final CompletableFuture<UpstreamTls> tls;
    private final UpstreamLimits limits;

    /**
     * @param tls completes when the trusted certificates are loaded; handshakes wait for it
     */
    UpstreamPipelines(CompletableFuture<UpstreamTls> tls, UpstreamLimits limits) {
        this.tls = tls;
        this.limits = limits;
    }

    /** What was agreed on with the origin at the end of a channel, or of one of its streams; null without TLS. */
    static @Nullable TlsFacts facts(Channel channel) {
        Channel parent = channel.parent();
        return (parent == null ? channel : parent).attr(FACTS).get();
    }

    /** bare → ask proxy. */
    H1ResponseDecoder askProxy(Channel channel, ChannelInboundHandler answer) {
        H1ResponseDecoder decoder = new H1ResponseDecoder(limits.responseHead());
        channel.pipeline().addLast(DECODER, decoder).addLast("proxy", answer);
        return decoder;
    }

    /** Lets the decoder of the h1 or ask-proxy shape read the next response. */
    void readAnswer(Channel channel) {
        ChannelHandlerContext ctx = channel.pipeline().context(H1ResponseDecoder.class);
        ((H1ResponseDecoder) ctx.handler()).next(ctx);
    }

    /** ask proxy → bare, with what the decoder had read beyond the answer. */
    void bareAfterProxy(Channel channel) {
        channel.pipeline().remove("proxy");
        channel.pipeline().replace(DECODER, UNREAD, new UnreadBytes());
    }

    /**
     * bare → tls, as soon as the trusted certificates are loaded; after a handshake with a proxy behind us bare again.
     */
    Attempt secure(Channel channel, Authority authority, UpstreamTls.Alpn alpn, boolean proxy, TlsListener listener) {
        Handshake handshake = new Handshake(channel, authority, proxy, listener);
        if (tls.isDone()) {
            tls.whenComplete((ready, cause) -> begin(handshake, authority, alpn, ready));
        } else {
            tls.whenCompleteAsync((ready, cause) -> begin(handshake, authority, alpn, ready), channel.eventLoop());
        }
        return handshake;
    }

    private static void begin(
            Handshake handshake, Authority authority, UpstreamTls.Alpn alpn, @Nullable UpstreamTls ready) {
        Channel channel = handshake.channel;
        if (handshake.over) {
            return;
        }
        if (ready == null) {
            handshake.fail(
                    new Failure.UpstreamUntrusted("the certificates that origins are verified by could not be loaded"),
                    Remedy.NONE);
            return;
        }
        if (!channel.isActive()) {
            handshake.fail(
                    new Failure.UpstreamUnreachable(authority.host() + " closed the connection before TLS"),
                    Remedy.NONE);
            return;
        }
        SslHandler handler;
        try {
            handler = ready.handler(channel.alloc(), authority.host(), authority.port(), alpn);
        } catch (IllegalReferenceCountException e) {
            handshake.fail(Pool.CLOSING, Remedy.NONE);
            return;
        }
        handshake.startNanos = System.nanoTime();
        handshake.tls = ready;
        // The listener goes in first: the handshake begins, and may fail, while its handler is being added.
        channel.pipeline()
                .addLast(HANDSHAKE, handshake)
                .addBefore(HANDSHAKE, handshake.proxy ? PROXY_TLS : TLS, handler);
        if (!handshake.proxy && channel.isActive()) {
            channel.pipeline().addBefore(TLS, RECORDS, new RenegotiationWatch());
        }
    }

    /** Ends the tls shape; the listener builds what follows. */
    private static final class Handshake extends ChannelInboundHandlerAdapter implements Attempt {
        private final Channel channel;
        private final Authority authority;
        private final boolean proxy;
        private final TlsListener listener;
        private @Nullable UpstreamTls tls;
        private long startNanos;
        private boolean over;

        Handshake(Channel channel, Authority authority, boolean proxy, TlsListener listener) {
            this.channel = channel;
            this.authority = authority;
            this.proxy = proxy;
            this.listener = listener;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (over || !(event instanceof SslHandshakeCompletionEvent completion)) {
                return;
            }
            if (!completion.isSuccess()) {
                fail(UpstreamTls.failure(authority.host(), completion.cause()), remedy(completion.cause()));
                return;
            }
            over = true;
            SslHandler handler = handler();
            String chosen = handler == null ? null : handler.applicationProtocol();
            if (handler != null && !proxy) {
                channel.attr(FACTS).set(TlsFacts.ofOrigin(handler));
            }
            channel.pipeline().remove(this);
            listener.onSecured(chosen == null ? "http/1.1" : chosen, System.nanoTime() - startNanos);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // the completion event reports it too, and always comes
        }

        private @Nullable SslHandler handler() {
            return (SslHandler) channel.pipeline().get(proxy ? PROXY_TLS : TLS);
        }

        private Remedy remedy(Throwable cause) {
            UpstreamTls used = tls;
            SslHandler handler = handler();
            return used == null || handler == null
                    ? Remedy.NONE
                    : used.remedy(handler, authority.host(), authority.port(), cause);
        }

        private void fail(Failure failure, Remedy remedy) {
            cancel();
            listener.onUntrusted(failure, remedy);
        }

        @Override
        public void cancel() {
            over = true;
            channel.close();
        }
    }

    /** bare or tls → h1. */
    H1ResponseDecoder http1(Channel channel, ChannelInboundHandler response) {
        H1ResponseDecoder decoder = new H1ResponseDecoder(limits.responseHead());
        // An origin may answer and close while a body is still written: a failed write must leave the answer readable.
        channel.config().setAutoClose(false);
        channel.pipeline()
                .addLast(DECODER, decoder)
                .addLast(ENCODER, new H1RequestEncoder())
                .addLast(RESPONSE, response);
        return decoder;
    }

    /** tls → h2; the preface is sent. */
    H2Session http2(Channel channel, H2Connection connection) {
        Http2Settings settings = Http2Settings.defaultSettings()
                .pushEnabled(false)
                .initialWindowSize(limits.streamWindow())
                .maxHeaderListSize(limits.responseHead().maxHeadBytes());
        H2Session session = H2Session.ofServer(settings, MOST_CONTROL_FRAMES, connection);
        channel.config().setAutoRead(true);
        channel.pipeline()
                .addLast("limit", H2FrameLimit.ofServer())
                .addLast("h2", session)
                .addLast("connection", connection);
        Http2Connection h2 = session.connection();
        Http2LocalFlowController flow = h2.local().flowController();
        int window = flow.windowSize(h2.connectionStream());
        int missing = H2Windows.ofConnection(limits) - Math.max(window, DEFAULT_WINDOW);
        if (missing > 0) {
            try {
                flow.incrementWindowSize(h2.connectionStream(), missing);
            } catch (Http2Exception e) {
                throw new IllegalStateException("a window beyond its bound", e);
            }
        }
        channel.flush();
        return session;
    }

    /** What reads and writes a stream of the h2 shape. */
    H2Codec http2Codec() {
        return new H2ClientCodec(limits.responseHead());
    }

    /** h1 → upgraded, with what the decoder had read beyond the 101. */
    void upgrade(Channel channel) {
        channel.config().setAutoClose(true);
        ChannelPipeline pipeline = channel.pipeline();
        if (pipeline.get(RESPONSE) == null) {
            return; // closed meanwhile, and empty
        }
        String unread = pipeline.get(UNREAD) == null ? UNREAD : "unread-upgrade";
        pipeline.remove(RESPONSE);
        pipeline.remove(ENCODER);
        pipeline.replace(DECODER, unread, new UnreadBytes());
    }
}

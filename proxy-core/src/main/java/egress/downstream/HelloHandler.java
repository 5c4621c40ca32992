package egress.downstream;

import egress.exchange.Admission;
import egress.exchange.Dialer;
import egress.exchange.Event;
import egress.exchange.Failure;
import egress.exchange.LeafCertificates.ServerTls;
import egress.exchange.Upstreams;
import egress.http.Authority;
import egress.policy.ConnectionRoute;
import egress.policy.DenyReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a tunnel: a ClientHello whose SNI agrees with the authority, or plain HTTP where policy takes it.
 * Other HTTP gets a 403 with the reason; anything else ends the connection, and the log has the reason.
 */
final class HelloHandler extends ChannelInboundHandlerAdapter {
    /** A fatal unrecognized_name (RFC 6066 §3), as a TLS 1.2 record. */
    private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};
    /** A fatal internal_error: no certificate can be had. */
    private static final byte[] INTERNAL_ERROR = {21, 3, 3, 0, 2, 2, 80};
    /** A fatal decode_error. */
    private static final byte[] DECODE_ERROR = {21, 3, 3, 0, 2, 2, 50};

    /** Bytes of a request line for its method and version, beside the longest target. */
    private static final int BESIDE_TARGET = 64;

    private final DownstreamContext context;
    private final DownstreamConnection connection;
    private final DownstreamPipelines pipelines;
    private final ConnectionRoute route;
    private final Authority authority;

    private @Nullable ByteBuf pending;
    private boolean helloRead;
    private boolean over;
    private @Nullable ServerTls tls;
    private Upstreams.@Nullable Attempt attempt;

    HelloHandler(
            DownstreamContext context,
            DownstreamConnection connection,
            DownstreamPipelines pipelines,
            ConnectionRoute route) {
        this.context = context;
        this.connection = connection;
        this.pipelines = pipelines;
        this.route = route;
        this.authority = connection.authority();
    }

    /** Bytes of a hello that is incomplete, or waits for a decision. */
    int unreadBytes() {
        ByteBuf held = pending;
        return held == null ? 0 : held.readableBytes();
    }

    /** Port 80, where the HTTP codec answers whatever comes. */
    private boolean isPlain() {
        return authority.port() == 80 && route instanceof ConnectionRoute.Bump;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (route instanceof ConnectionRoute.Bump && !isPlain()) {
            // Minted while the caller sends its ClientHello.
            context.leaves()
                    .prepare(connection.claimant(), authority.host())
                    .whenComplete((ready, fault) ->
                            connection.channel().eventLoop().execute(() -> onLeaf(ctx, ready, fault)));
        }
        ctx.read();
    }

    private void onLeaf(ChannelHandlerContext ctx, @Nullable ServerTls ready, @Nullable Throwable fault) {
        if (over) {
            return;
        }
        if (ready == null) {
            end(
                    ctx,
                    INTERNAL_ERROR,
                    "leaf_unavailable",
                    "no certificate for " + authority.host() + ": " + (fault == null ? "none" : rootMessage(fault)));
            return;
        }
        tls = ready;
        connection.phases().minted();
        try {
            startTls();
        } catch (RuntimeException e) {
            ctx.fireExceptionCaught(e);
            ctx.close();
        }
    }

    private static String rootMessage(Throwable fault) {
        Throwable root = fault;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        ByteBuf before = pending;
        pending = before == null ? in : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), before, in);
        if (over || helloRead || !pending.isReadable()) {
            return;
        }
        switch (FirstBytes.of(pending, context.limits().maxTargetBytes() + BESIDE_TARGET)) {
            case TLS -> onTls(ctx, pending);
            case HTTP -> plain();
            case FirstBytes other -> onOther(ctx, other);
        }
    }

    private void onTls(ChannelHandlerContext ctx, ByteBuf bytes) {
        if (isPlain()) {
            end(ctx, DECODE_ERROR, "malformed_hello", "TLS in a tunnel to port 80, which is plain HTTP's");
            return;
        }
        try {
            Optional<ClientHello> hello =
                    ClientHello.peek(bytes, context.limits().maxClientHelloBytes());
            if (hello.isPresent()) {
                helloRead = true;
                onHello(ctx, hello.get());
            }
        } catch (ClientHello.Malformed e) {
            end(ctx, DECODE_ERROR, "malformed_hello", String.valueOf(e.getMessage()));
        }
    }

    private void onOther(ChannelHandlerContext ctx, FirstBytes bytes) {
        if (isPlain()) {
            plain();
        } else if (bytes != FirstBytes.UNDECIDED) {
            end(ctx, null, "malformed_hello", "the first bytes of the tunnel are " + bytes.words());
        }
    }

    /** Requests in the clear, which are served, or refused with the reason. */
    private void plain() {
        helloRead = true;
        over = true;
        boolean served = !(route instanceof ConnectionRoute.Passthrough)
                && context.snapshots().get().policy().takesPlainHttp(authority);
        connection.plain(
                served
                        ? Admission.ADMITTED
                        : new Admission.Refused(new Failure.Denied(
                                DenyReason.SCHEME_NOT_ALLOWED,
                                "plain http in a tunnel to " + authority + " is not allowed: use https")));
        pipelines.h1(connection);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (!helloRead && !over) {
            ctx.read();
        }
    }

    private void onHello(ChannelHandlerContext ctx, ClientHello hello) {
        connection.phases().helloRead();
        Event.ClientHelloRead read = new Event.ClientHelloRead(
                connection.address(), connection.caller(), connection.scan(), authority, hello.sni(), hello.alpn());
        context.observer().on(read);
        if (context.observer().admit(read) instanceof Admission.Refused refused) {
            end(ctx, INTERNAL_ERROR, refused.failure().code(), refused.failure().words());
            return;
        }
        if (!agrees(hello.sni())) {
            end(
                    ctx,
                    UNRECOGNIZED_NAME,
                    "sni_mismatch",
                    hello.sni() == null
                            ? "no SNI for " + authority.host() + ", whose TLS is passed through"
                            : "the SNI names another host than " + authority.host());
            return;
        }
        if (route instanceof ConnectionRoute.Passthrough) {
            dial(ctx);
        } else {
            startTls();
        }
    }

    /**
     * No SNI means the name of the CONNECT: Java sends none for names of one label or with an underscore. In passthrough it is
     * refused, because the origin would choose by a name that the gate has not seen. An IP literal has no SNI (RFC 6066 §3);
     * a caller that sends the literal all the same names the same.
     */
    private boolean agrees(@Nullable String sni) {
        if (sni == null) {
            return route instanceof ConnectionRoute.Bump || authority.isIpLiteral();
        }
        try {
            return new Authority(sni.startsWith("[") ? Authority.host(sni) : sni, authority.port()).equals(authority);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void startTls() {
        ServerTls ready = tls;
        if (helloRead && ready != null && !over) {
            ChannelHandlerContext ctx = DownstreamPipelines.contextOf(connection.channel(), DownstreamPipelines.HELLO);
            if (!connection.handshaking()) {
                end(ctx, INTERNAL_ERROR, "overloaded", "this caller has its share of the handshakes under way");
                return;
            }
            over = true;
            pipelines.tls(connection, ready);
        }
    }

    private void dial(ChannelHandlerContext ctx) {
        attempt = context.dialer()
                .dial(ctx.channel().eventLoop(), connection.claimant(), authority, new Dialer.Listener() {
                    @Override
                    public void onConnected(Channel upstream, String remoteAddress, long connectNanos) {
                        attempt = null;
                        if (over || !ctx.channel().isActive()) {
                            upstream.close();
                            return;
                        }
                        over = true;
                        pipelines.passthrough(connection, upstream, connection::tunnelEnded);
                    }

                    @Override
                    public void onFailed(Failure failure) {
                        attempt = null;
                        end(ctx, INTERNAL_ERROR, failure.code(), failure.words());
                    }
                });
    }

    private void end(ChannelHandlerContext ctx, byte @Nullable [] alert, String code, String words) {
        if (over) {
            return;
        }
        over = true;
        connection.refused(authority, 0, code, words);
        if (alert == null) {
            ctx.close();
        } else {
            ctx.writeAndFlush(Unpooled.copiedBuffer(alert)).addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        over = true;
        Upstreams.Attempt dialling = attempt;
        if (dialling != null) {
            dialling.cancel();
        }
        ctx.fireChannelInactive();
    }

    /** The bytes read so far belong to whatever comes next. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        ByteBuf left = pending;
        pending = null;
        if (left != null && ctx.channel().isActive()) {
            ctx.fireChannelRead(left);
            ctx.fireChannelReadComplete();
        } else if (left != null) {
            left.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Unexpected.log("a ClientHello is read", cause);
        ctx.close();
    }
}

package egress.downstream;

import egress.exchange.Admission;
import egress.exchange.Exchange;
import egress.exchange.Failure;
import egress.exchange.LocalResponse;
import egress.http.H1RequestDecoder;
import egress.http.H1ResponseEncoder;
import egress.http.HttpFormatException;
import egress.http.InterimResponse;
import egress.policy.DenyReason;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandler;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A caller's h1 connection: one exchange after the other, pipelined or not (RFC 9112 §9.3). */
final class H1DownstreamStream extends DownstreamStream {
    private final DownstreamPipelines pipelines;
    private final H1RequestDecoder decoder;
    private final H1ResponseEncoder encoder;
    private final boolean isProxy;

    private final Handler handler = new Handler();
    private final ChannelFutureListener onWritten = this::written;
    private @Nullable ChannelHandlerContext ctx;

    private boolean keepAlive = true;
    private boolean http10;
    private boolean lingering;

    H1DownstreamStream(
            DownstreamContext context,
            DownstreamConnection connection,
            DownstreamPipelines pipelines,
            H1RequestDecoder decoder,
            H1ResponseEncoder encoder) {
        super(context, connection);
        this.pipelines = pipelines;
        this.decoder = decoder;
        this.encoder = encoder;
        this.isProxy = !connection.isTunnel();
    }

    /** The last handler of the connection's pipeline. */
    ChannelHandler handler() {
        return handler;
    }

    private ChannelHandlerContext ctx() {
        ChannelHandlerContext present = ctx;
        if (present == null) {
            throw new IllegalStateException("not in a pipeline");
        }
        return present;
    }

    /** Translates the pipeline's events into calls. */
    private final class Handler extends ChannelInboundHandlerAdapter {
        @Override
        public void handlerAdded(ChannelHandlerContext added) {
            ctx = added;
            connection.speaksH1(H1DownstreamStream.this);
            added.read();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object part) {
            take(part);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            readComplete();
            ctx.fireChannelReadComplete();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (ctx.channel().isWritable()) {
                becameWritable();
            }
            ctx.fireChannelWritabilityChanged();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            gone("the caller closed the connection");
            ctx.fireChannelInactive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            caught(cause);
        }
    }

    private void written(ChannelFuture written) {
        if (!written.isSuccess()) {
            writeFailed();
        }
    }

    @Override
    void close() {
        ctx().close();
    }

    /** When the first byte of a head came whose end is yet to come; 0 when there is none. */
    long headStartedNanos() {
        return decoder.headStartedNanos();
    }

    /** Bytes of a request that is incomplete, or waits for the one before. */
    int unreadBytes() {
        return decoder.pendingBytes();
    }

    void respondTo(HttpMethod method) {
        encoder.respondTo(method);
    }

    @Override
    RequestedTarget requestedTarget(HttpRequest request) {
        http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
        keepAlive = !http10
                && !request.headers().containsValue(HttpHeaderNames.CONNECTION, "close", true)
                && !request.headers().containsValue("Proxy-Connection", "close", true);
        encoder.respondTo(request.method());
        if (connection.plainHttp() instanceof Admission.Refused refused) {
            throw new HttpFormatException(
                    HttpResponseStatus.FORBIDDEN, refused.failure().words());
        }
        if (!isProxy) {
            return RequestedTarget.inside(connection.authority(), connection.isTls(), request);
        }
        if (!connection.isFrom(context.authentication().of(request.headers()))) {
            throw new HttpFormatException(
                    HttpResponseStatus.PROXY_AUTHENTICATION_REQUIRED,
                    context.authentication().asks());
        }
        if (!connection.hasShare()) {
            throw new HttpFormatException(HttpResponseStatus.SERVICE_UNAVAILABLE, Listener.NO_CONNECTION);
        }
        return RequestedTarget.ofProxy(request);
    }

    @Override
    void refuse(HttpFormatException fault, @Nullable HttpRequest request) {
        String words = String.valueOf(fault.getMessage());
        Failure failure = failure(fault.status(), words);
        LocalResponse response = LocalResponse.of(failure, HttpMethod.GET);
        connection.refused(connection.isTunnel() ? connection.authority() : null, request, response, failure);
        keepAlive = false;
        encoder.respondTo(HttpMethod.GET);
        write(response.head());
        write(response.body());
        closeGently();
    }

    private static Failure failure(HttpResponseStatus status, String words) {
        if (status.equals(HttpResponseStatus.PROXY_AUTHENTICATION_REQUIRED)) {
            return new Failure.Unauthenticated(words);
        }
        if (status.equals(HttpResponseStatus.SERVICE_UNAVAILABLE)) {
            return new Failure.Overloaded(words);
        }
        return status.equals(HttpResponseStatus.FORBIDDEN)
                ? new Failure.Denied(DenyReason.SCHEME_NOT_ALLOWED, words)
                : new Failure.DownstreamMalformed(status, words);
    }

    @Override
    void afterExchange() {
        leave();
    }

    @Override
    void reclaimedAfterExchange() {
        // its place was given back before
    }

    @Override
    void readCompleteAfterExchange() {
        if (lingering) {
            ctx().read();
        }
    }

    @Override
    public void write(HttpObject part) {
        if (part instanceof HttpResponse head
                && !(part instanceof InterimResponse)
                && head.status().code() != 101) {
            keepAlive &= !context.draining().getAsBoolean();
            Exchange current = exchange();
            if (!keepAlive || current != null && current.isCutShort()) {
                keepAlive = false;
                head.headers().set(HttpHeaderNames.CONNECTION, "close");
            }
        }
        ctx().write(part).addListener(onWritten);
    }

    @Override
    public void flush() {
        ctx().flush();
    }

    @Override
    public boolean isWritable() {
        return ctx().channel().isWritable();
    }

    /** Pipelined bytes wait in the decoder: one burst of them is enough. */
    @Override
    public void read() {
        if (!decoder.isBetweenMessages() || !decoder.hasPending()) {
            ctx().read();
        }
    }

    @Override
    public boolean isHttp2() {
        return false;
    }

    @Override
    public boolean takesChunked() {
        return !http10;
    }

    @Override
    public boolean takesInterim(int status) {
        return !http10 && status == HttpResponseStatus.CONTINUE.code();
    }

    @Override
    public void ended(boolean requestWhole) {
        over();
        if (requestWhole && keepAlive && !context.draining().getAsBoolean()) {
            next();
        } else {
            closeGently();
        }
    }

    /** The next request of the connection, which may be here already. */
    void next() {
        if (!decoder.hasPending()) {
            decodeNext();
            return;
        }
        LoopTurns.Turn turn = connection.turn();
        boolean begun = turn.begin();
        try {
            if (turn.isSpent()) {
                turn.later(this::decodeNext); // pipelined requests that are answered at once: others come between
            } else {
                decodeNext();
            }
        } finally {
            if (begun) {
                turn.end();
            }
        }
    }

    private void decodeNext() {
        ChannelHandlerContext decoding = DownstreamPipelines.contextOf(ctx().channel(), DownstreamPipelines.DECODER);
        if (decoding != null) {
            decoder.next(decoding);
        }
    }

    /**
     * Lets the caller read its answer before the connection goes: closing while it still sends would reset the
     * connection and take the answer with it (RFC 9112 §9.6). What it sends until its own end is dropped; the
     * connection's deadline bounds the time.
     */
    void closeGently() {
        lingering = true;
        connection.lingering();
        decoder.discard();
        Channel channel = ctx().channel();
        ctx().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
            SslHandler tls = channel.pipeline().get(SslHandler.class);
            if (tls == null) {
                shutdownOutput(channel);
            } else {
                tls.closeOutbound().addListener(notified -> shutdownOutput(channel));
            }
        });
        ctx().read();
    }

    private static void shutdownOutput(Channel channel) {
        if (channel instanceof DuplexChannel duplex && channel.isActive()) {
            duplex.shutdownOutput();
        }
    }

    @Override
    public void abort() {
        over();
        Channel channel = ctx().channel();
        if (http10) {
            // Its body is delimited by the connection's end, so that only a reset says that it is not whole: no
            // close_notify, and no FIN.
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.pipeline().firstContext().close(); // past TLS
        } else {
            ctx().close();
        }
    }

    @Override
    public void upgraded(
            Channel upstream, Optional<ChannelHandler> messages, Optional<ChannelHandler> inspection, Runnable over) {
        Exchange upgraded = exchange();
        if (upgraded != null) {
            connection.upgraded(upgraded.entry().authority);
        }
        over();
        pipelines.upgraded(connection, upstream, messages, inspection, () -> {
            connection.tunnelEnded();
            over.run();
        });
    }
}

package egress.server.admin;

import egress.http.Printable;
import egress.server.config.Endpoint;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * {@code /healthz}, {@code /readyz} and {@code /metrics} for probes and scrapers: GET and HEAD only, nothing secret,
 * nothing that changes anything. It shares the event loops, so that a stuck one fails the probes. {@link AdminPages} may stand beside
 * them.
 */
public final class AdminServer implements AutoCloseable {
    private static final int MAX_CONNECTIONS = 64;
    private static final int MAX_HEAD = 8 * 1024;
    private static final int SILENCE_SECONDS = 30;
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    private final Readiness readiness;
    private final Supplier<String> metrics;
    private final ChannelGroup listeners = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    /** A scrape walks every meter: not for an event loop. */
    private final ThreadPoolExecutor scrapes = new ThreadPoolExecutor(
            1,
            1,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(8),
            Thread.ofPlatform().daemon().name("egress-metrics-", 0).factory());

    /** @param metrics the page of metrics; may take some milliseconds */
    public AdminServer(Readiness readiness, Supplier<String> metrics) {
        this.readiness = readiness;
        this.metrics = metrics;
        scrapes.allowCoreThreadTimeOut(true);
    }

    /**
     * Listens on one more address.
     *
     * @throws IOException when the address cannot be had, with a sentence that names it
     */
    public InetSocketAddress bind(EventLoopGroup loops, Endpoint endpoint, HostCheck hosts) throws IOException {
        return bind(loops, endpoint, hosts, Optional.empty());
    }

    /**
     * Listens on one more address.
     *
     * @param pages served there too
     * @throws IOException when the address cannot be had, with a sentence that names it
     */
    public InetSocketAddress bind(EventLoopGroup loops, Endpoint endpoint, HostCheck hosts, Optional<AdminPages> pages)
            throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        open(channel, hosts, pages);
                    }
                })
                .bind(endpoint.address())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on " + endpoint + ": " + bound.cause().getMessage(), bound.cause());
        }
        listeners.add(bound.channel());
        return (InetSocketAddress) bound.channel().localAddress();
    }

    private void open(Channel channel, HostCheck hosts, Optional<AdminPages> pages) {
        if (connections.size() >= MAX_CONNECTIONS) {
            channel.close();
            return;
        }
        connections.add(channel);
        channel.pipeline()
                .addLast(
                        new ReadTimeoutHandler(SILENCE_SECONDS),
                        new HttpServerCodec(MAX_HEAD, MAX_HEAD, MAX_HEAD),
                        new BodyDoor(MAX_HEAD, pages),
                        new HttpObjectAggregator(pages.isPresent() ? AdminPages.MOST_BODY : MAX_HEAD, true),
                        new Handler(hosts, pages));
    }

    private record Answer(HttpResponseStatus status, String type, String body) {
        static Answer of(HttpResponseStatus status, String words) {
            return new Answer(status, TEXT, words + "\n");
        }
    }

    private final class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final HostCheck hosts;
        private final Optional<AdminPages> pages;
        /** Its last answer is on the way; a request behind it must not be answered before it. */
        private boolean last;

        Handler(HostCheck hosts, Optional<AdminPages> pages) {
            this.hosts = hosts;
            this.pages = pages;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            if (last) {
                return;
            }
            boolean head = request.method().equals(HttpMethod.HEAD);
            boolean keep =
                    HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
            String path = request.uri().split("\\?", 2)[0];
            Optional<AdminPages> asked = pages.filter(it -> it.holds(path));
            Optional<Answer> refusal = refusal(request, asked.isPresent());
            if (refusal.isPresent()) {
                answer(ctx, refusal.get(), head, keep);
                return;
            }
            if (asked.isPresent()) {
                last = true;
                asked.get()
                        .serve(
                                ctx,
                                new AdminPages.Request(
                                        request.method(),
                                        request.uri(),
                                        request.headers().copy(),
                                        ByteBufUtil.getBytes(request.content())));
                return;
            }
            switch (path) {
                case "/healthz" -> answer(ctx, Answer.of(HttpResponseStatus.OK, "ok"), head, keep);
                case "/readyz" -> answer(ctx, readyz(), head, keep);
                case "/metrics" -> scrape(ctx, head);
                default ->
                    answer(
                            ctx,
                            Answer.of(
                                    HttpResponseStatus.NOT_FOUND,
                                    "no such page (expected: /healthz, /readyz or /metrics)"),
                            head,
                            keep);
            }
        }

        private Optional<Answer> refusal(FullHttpRequest request, boolean anyMethod) {
            if (!request.decoderResult().isSuccess()) {
                return Optional.of(Answer.of(HttpResponseStatus.BAD_REQUEST, "not a request"));
            }
            List<String> named = request.headers().getAll(HttpHeaderNames.HOST);
            // Probes of HTTP/1.0 may come without it; a browser never does.
            boolean without = named.isEmpty() && request.protocolVersion().equals(HttpVersion.HTTP_1_0);
            if (!without && (named.size() != 1 || !hosts.accepts(named.getFirst()))) {
                return Optional.of(Answer.of(
                        HttpResponseStatus.MISDIRECTED_REQUEST,
                        "not for this Host (expected: localhost or the address this listens on)"));
            }
            boolean reads = anyMethod
                    || request.method().equals(HttpMethod.GET)
                    || request.method().equals(HttpMethod.HEAD);
            return reads
                    ? Optional.empty()
                    : Optional.of(Answer.of(HttpResponseStatus.METHOD_NOT_ALLOWED, "GET and HEAD only"));
        }

        private Answer readyz() {
            return readiness
                    .whyNot()
                    .map(words ->
                            Answer.of(HttpResponseStatus.SERVICE_UNAVAILABLE, "not ready: " + Printable.line(words)))
                    .orElseGet(() -> Answer.of(HttpResponseStatus.OK, "ready"));
        }

        private void scrape(ChannelHandlerContext ctx, boolean head) {
            last = true;
            try {
                scrapes.execute(() -> {
                    Answer page = page();
                    ctx.executor().execute(() -> answer(ctx, page, head, false));
                });
            } catch (RejectedExecutionException e) {
                answer(ctx, Answer.of(HttpResponseStatus.SERVICE_UNAVAILABLE, "too many scrapes at once"), head, false);
            }
        }

        private Answer page() {
            try {
                return new Answer(HttpResponseStatus.OK, METRICS, metrics.get());
            } catch (RuntimeException e) {
                return Answer.of(HttpResponseStatus.INTERNAL_SERVER_ERROR, "the metrics cannot be read");
            }
        }

        private void answer(ChannelHandlerContext ctx, Answer answer, boolean head, boolean keep) {
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, answer.status(), head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.type());
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
            response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
            response.headers().set("x-content-type-options", "nosniff");
            if (answer.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
                response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
            }
            HttpUtil.setKeepAlive(response, keep);
            ChannelFuture written = ctx.writeAndFlush(response);
            if (!keep) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    /** Stops to listen and closes what is open. */
    @Override
    public void close() {
        listeners.close().awaitUninterruptibly();
        connections.close().awaitUninterruptibly();
        scrapes.shutdownNow();
    }
}

package egress.downstream;

import egress.exchange.Event;
import egress.exchange.Failure;
import egress.exchange.LocalResponse;
import egress.exchange.ProxySnapshot;
import egress.http.Buffers;
import egress.http.H1ResponseEncoder;
import egress.share.Caller;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections, of which each caller has a share. Beyond it the caller's half-sent and idle connections make room for its next; a
 * caller without any gets a 503.
 */
public final class Listener {
    static final String NO_CONNECTION = "this caller has its share of the connections: try again later";

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final int BACKLOG = 1024;
    /** After a failed accept, accepting pauses for so long, and at most so many half-sent or idle connections are closed. */
    private static final long PAUSE_MILLIS = 50;

    private static final int LET_GO = 16;
    private static final long WORDS_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final AttributeKey<ConnectionPlace> PLACE = AttributeKey.valueOf(Listener.class, "place");

    /** So many connections may be accepted whose loop had no time yet to read from them. */
    private static final int MOST_UNREAD = 64;

    private static final AttributeKey<Arrival> ARRIVAL = AttributeKey.valueOf(Listener.class, "arrival");

    private static final int CLOSE_SECONDS = 2;
    /** Bytes of one read, a TLS record's: a thousand small requests in one would keep the loop from everybody else. */
    private static final int MOST_READ = 16 * 1024;

    private static final WriteBufferWaterMark WRITE_BUFFER = new WriteBufferWaterMark(32 * 1024, 128 * 1024);

    private final DownstreamContext context;
    private final DownstreamPipelines pipelines;
    private final Map<EventExecutor, Loop> perLoop = new HashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    /** Accepted, and not yet looked at by their loops. */
    private final AtomicInteger unread = new AtomicInteger();

    private final EventLoopGroup loops;
    private @Nullable Channel server;

    /** What the connections of one event loop share. */
    private record Loop(Deadlines deadlines, LoopTurns turns) {
        Loop(EventLoop loop) {
            this(new Deadlines(loop), new LoopTurns(loop));
        }
    }

    /** @param loops serve the connections; the upstream side works on the same ones */
    public Listener(DownstreamContext context, EventLoopGroup loops) {
        this.context = context;
        this.loops = loops;
        this.pipelines = new DownstreamPipelines(context);
        for (EventExecutor loop : loops) {
            perLoop.put(loop, new Loop((EventLoop) loop));
        }
    }

    /**
     * Listens.
     *
     * @throws IOException when the address cannot be had, with a sentence that names it
     */
    public InetSocketAddress bind(InetSocketAddress address) throws IOException {
        var bound = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                // One at a time, so that none is accepted beyond the bound.
                .option(ChannelOption.RECVBUF_ALLOCATOR, new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(1))
                .handler(new AcceptGate())
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOCATOR, Buffers.allocator())
                // One read of a caller, then the loop's others: h2 reads by itself, sixteen times in a row otherwise.
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(64, 2048, MOST_READ).maxMessagesPerRead(1))
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITE_BUFFER)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on " + address + ": " + bound.cause().getMessage(), bound.cause());
        }
        server = bound.channel();
        return (InetSocketAddress) bound.channel().localAddress();
    }

    private void accept(Channel channel) {
        Loop own = perLoop.get(channel.eventLoop());
        if (own == null) {
            throw new IllegalStateException("a loop of another group");
        }
        // A timed task runs after its loop has selected once more, and so has read what was sent already.
        channel.eventLoop().schedule(channel.attr(ARRIVAL).getAndSet(null), 1, TimeUnit.MILLISECONDS);
        ConnectionPlace place = channel.attr(PLACE).getAndSet(null);
        if (place.isRefused()) {
            refuse(channel, place.claimant().caller());
            return;
        }
        pipelines.accept(new DownstreamConnection(channel, place, context, own.deadlines, own.turns));
    }

    private void refuse(Channel channel, Caller caller) {
        Failure failure = new Failure.Overloaded(NO_CONNECTION);
        context.observer()
                .on(new Event.ConnectionRefused(
                        channel.remoteAddress(),
                        caller,
                        "",
                        null,
                        null,
                        null,
                        null,
                        failure.status().code(),
                        failure.code(),
                        failure.words()));
        LocalResponse response = LocalResponse.of(failure, HttpMethod.CONNECT);
        response.head().headers().set(HttpHeaderNames.CONNECTION, "close");
        H1ResponseEncoder encoder = new H1ResponseEncoder();
        channel.pipeline().addLast(encoder);
        encoder.respondTo(HttpMethod.GET);
        channel.write(response.head());
        channel.writeAndFlush(response.body()).addListener(ChannelFutureListener.CLOSE);
    }

    /** Open downstream connections. */
    public int openConnections() {
        return open.get();
    }

    /** A new policy holds: each loop ends what is open to hosts that are gone. */
    public void reloaded(ProxySnapshot before, ProxySnapshot now) {
        forEachConnection(connection -> connection.reloaded(before.policy(), now.policy()));
    }

    /** Stops to listen, and lets what is under way end. */
    public void drain() {
        Channel listening = server;
        if (listening != null && listening.isOpen()) {
            listening.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
            // A closed channel goes on listening until its selector has selected once more; a timed task runs after
            // that.
            listening
                    .eventLoop()
                    .schedule(() -> {}, 1, TimeUnit.MILLISECONDS)
                    .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
        forEachConnection(DownstreamConnection::drain);
    }

    /** Closes whatever is still open. */
    public void closeAll() {
        forEachConnection(connection -> connection.channel().close());
    }

    private void forEachConnection(Consumer<DownstreamConnection> action) {
        perLoop.forEach((loop, own) ->
                loop.execute(() -> own.deadlines.forEach(each -> action.accept((DownstreamConnection) each))));
    }

    /**
     * A connection until its loop could read from it. Accepting stops while there are many: connections that come faster than loops can
     * read them would make others give way that are as new, and whose requests are whole.
     */
    private final class Arrival implements Runnable {
        private final Channel acceptor;
        private final AtomicBoolean over = new AtomicBoolean();

        Arrival(Channel acceptor) {
            this.acceptor = acceptor;
            if (unread.incrementAndGet() == MOST_UNREAD) {
                acceptor.config().setAutoRead(false);
            }
        }

        @Override
        public void run() {
            if (over.compareAndSet(false, true) && unread.decrementAndGet() == MOST_UNREAD / 2) {
                // On its loop, so that it comes after the stop that it ends.
                acceptor.eventLoop().execute(() -> acceptor.config().setAutoRead(true));
            }
        }
    }

    /** Counts connections, and continues after a failed accept. */
    private final class AcceptGate extends ChannelInboundHandlerAdapter {
        private long saidNanos = System.nanoTime() - WORDS_NANOS;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object accepted) {
            Channel channel = (Channel) accepted;
            open.incrementAndGet();
            channel.closeFuture().addListener(closed -> open.decrementAndGet());
            channel.attr(PLACE).set(new ConnectionPlace(channel, context));
            Arrival arrival = new Arrival(ctx.channel());
            channel.attr(ARRIVAL).set(arrival);
            channel.closeFuture().addListener(closed -> arrival.run());
            ctx.fireChannelRead(channel);
        }

        /** No descriptor is left: the caller that holds most has to close some, and accepting pauses for a moment. */
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            long now = System.nanoTime();
            if (now - saidNanos >= WORDS_NANOS) {
                saidNanos = now;
                LOG.warn("a connection could not be accepted: {}", cause.getMessage());
            }
            context.budgets().connections().relieve(LET_GO);
            ctx.channel().config().setAutoRead(false);
            ctx.executor()
                    .schedule(() -> ctx.channel().config().setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}

package egress.upstream;

import egress.exchange.Dialer;
import egress.exchange.Failure;
import egress.exchange.Upstreams.Attempt;
import egress.exchange.Upstreams.Origin;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.share.Claimant;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.ssl.SslProvider;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Upstreams on one event loop, every name pinned to a port on loopback. */
final class Rig implements AutoCloseable {
    final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    final EventLoop loop = group.next();
    final PooledUpstreams upstreams;
    private final List<TestExchange> exchanges = new CopyOnWriteArrayList<>();

    Rig(UpstreamConfig config) {
        this(PooledUpstreams.create(config));
    }

    Rig(UpstreamConfig config, SslProvider provider) {
        this(new PooledUpstreams(
                config,
                InetAddress::getAllByName,
                new NioSockets(config.timeouts().connect()),
                InstantSource.system(),
                provider));
    }

    Rig(PooledUpstreams upstreams) {
        this.upstreams = upstreams;
    }

    /** The defaults with every authority pinned to the port. */
    static UpstreamConfig pinnedTo(int port) {
        return UpstreamConfig.DEFAULTS.withConnectTo(List.of(ConnectTo.parse("::127.0.0.1:" + port)));
    }

    Attempt acquire(TestExchange exchange, Origin origin) throws Exception {
        return on(() -> acquireHere(exchange, origin));
    }

    /** From the loop. */
    Attempt acquireHere(TestExchange exchange, Origin origin) {
        return acquireHere(exchange, Claimant.SELF, origin);
    }

    Attempt acquireHere(TestExchange exchange, Claimant who, Origin origin) {
        exchanges.add(exchange);
        return upstreams.acquire(loop, who, origin, exchange);
    }

    TestExchange start(TestExchange exchange, boolean tls, Protocol protocol) throws Exception {
        acquire(exchange, new Origin(new Authority("api.example", tls ? 443 : 80), tls, protocol));
        return exchange;
    }

    TestExchange plain(TestExchange exchange) throws Exception {
        return start(exchange, false, Protocol.ANY);
    }

    TestExchange tls(TestExchange exchange) throws Exception {
        return start(exchange, true, Protocol.ANY);
    }

    /** Of a dial that must come through. */
    static Dialer.Listener listener(CompletableFuture<Channel> connected) {
        return new Dialer.Listener() {
            @Override
            public void onConnected(Channel channel, String remoteAddress, long connectNanos) {
                connected.complete(channel);
            }

            @Override
            public void onFailed(Failure failure) {
                connected.completeExceptionally(new AssertionError(failure));
            }
        };
    }

    /** Runs on the loop and waits. */
    <T> T on(Supplier<T> action) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                result.complete(action.get());
            } catch (Throwable t) {
                result.completeExceptionally(t);
            }
        });
        return result.get(20, TimeUnit.SECONDS);
    }

    void run(Runnable action) throws Exception {
        on(() -> {
            action.run();
            return true;
        });
    }

    UpstreamStatistics statistics() {
        return upstreams.statistics();
    }

    /** Asks again and again, from the loop, until it holds. */
    void await(String what, BooleanSupplier condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!on(condition::getAsBoolean)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 20 s: " + what + "; " + statistics());
            }
            loop.schedule(() -> {}, 2, TimeUnit.MILLISECONDS).await();
        }
    }

    /** Gives every exchange up; then no connection may be left. */
    @Override
    public void close() {
        try {
            upstreams.close();
            run(() -> exchanges.forEach(TestExchange::abort));
            await(
                    "every connection closed",
                    () -> statistics().http1Open() == 0
                            && statistics().http2Open() == 0
                            && statistics().streams() == 0
                            && statistics().waiting() == 0
                            && statistics().idle() == 0);
        } catch (Exception e) {
            throw new AssertionError(e);
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
        }
    }
}

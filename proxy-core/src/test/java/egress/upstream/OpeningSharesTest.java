package egress.upstream;

import static egress.upstream.RawOrigin.OK;
import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.Upstreams.Origin;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.share.Caller;
import egress.share.Claimant;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.ssl.SslProvider;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections to origins that are waited for together, and what becomes of the others where one of them fails. */
class OpeningSharesTest extends Http2Fixture {
    private static final Caller GREEDY = Caller.ofUser("greedy");
    private static final Caller HONEST = Caller.ofUser("honest");

    @AfterAll
    static void nothingStaysOpen() throws InterruptedException {
        LeakCheck.nothingIsOpen();
    }

    private static TestExchange start(Rig rig, Caller caller, boolean tls) throws Exception {
        TestExchange exchange = get();
        Origin origin = new Origin(new Authority("api.example", tls ? 443 : 80), tls, Protocol.ANY);
        rig.run(() -> rig.acquireHere(exchange, new Claimant(caller, 1), origin));
        return exchange;
    }

    private static H2Origin answering() throws Exception {
        return origin((connection, frame) -> {
            if (frame instanceof Http2HeadersFrame headers) {
                connection.answer(headers.stream(), "ok");
            }
        });
    }

    /** @param first where the first connection leads */
    private static Rig rig(UpstreamConfig config, int first) {
        NioSockets sockets = new NioSockets(config.timeouts().connect());
        AtomicBoolean opened = new AtomicBoolean();
        Sockets some = (loop, address) -> sockets.connect(
                loop,
                opened.getAndSet(true) ? address : new InetSocketAddress(InetAddress.getLoopbackAddress(), first));
        return new Rig(new PooledUpstreams(config, InetAddress::getAllByName, some, Instant::now, SslProvider.JDK));
    }

    /** Whose connection gets on, is served; and so is the other, by the same connection. */
    @ParameterizedTest
    @ValueSource(ints = {1, 20})
    void whoWaitsForAnotherCallersConnectionOpensItsOwnAfterAWhile(int greedy) throws Exception {
        try (RawOrigin silent = RawOrigin.plain(RawOrigin.Connection::awaitEnd);
                H2Origin origin = answering();
                Rig rig = rig(config(origin), silent.port())) {
            List<TestExchange> first = new ArrayList<>();
            for (int i = 0; i < greedy; i++) {
                first.add(start(rig, GREEDY, true));
            }
            TestExchange honest = start(rig, HONEST, true);
            honest.acquired.get(3, TimeUnit.SECONDS);
            assertThat(honest.answer().body()).isEqualTo("ok");
            for (TestExchange one : first) {
                assertThat(one.answer().body()).isEqualTo("ok");
            }
        }
    }

    @Test
    void aConnectionThatIsNotOpenedFailsOnlyItsCallerWhereAnotherIsOpened() throws Exception {
        try (RawOrigin silent = RawOrigin.plain(RawOrigin.Connection::awaitEnd);
                H2Origin origin = answering()) {
            UpstreamConfig config = config(origin);
            NioSockets sockets = new NioSockets(config.timeouts().connect());
            // Both lead nowhere: the first for a shorter time.
            try (RawOrigin late = RawOrigin.plain(connection -> {
                        connection.in().readNBytes(1);
                        sleep(600);
                    });
                    Rig rig = new Rig(new PooledUpstreams(
                            config,
                            InetAddress::getAllByName,
                            oneAfterTheOther(sockets, late.port(), silent.port()),
                            Instant::now,
                            SslProvider.JDK))) {
                TestExchange greedy = start(rig, GREEDY, true);
                TestExchange honest = start(rig, HONEST, true);
                assertThat(greedy.failure()).isInstanceOf(Failure.class);
                assertThat(honest.outcome).isNotDone();
            }
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Sockets oneAfterTheOther(Sockets sockets, int first, int second) {
        AtomicBoolean opened = new AtomicBoolean();
        return (loop, address) -> sockets.connect(
                loop, new InetSocketAddress(InetAddress.getLoopbackAddress(), opened.getAndSet(true) ? second : first));
    }

    /** Of thousands that wait, each fails at once when its turn comes: not one within the other. */
    @Test
    void aNameThatIsGoneWhileManyWaitFailsThemAll() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        AtomicBoolean gone = new AtomicBoolean();
        UpstreamLimits all = UpstreamLimits.DEFAULTS;
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(OK))) {
            UpstreamConfig config = UpstreamConfig.DEFAULTS
                    .withAllowPrivate(List.of(Cidr.parse("127.0.0.0/8")))
                    .withLimits(new UpstreamLimits(
                            1,
                            all.http2ConnectionsPerOrigin(),
                            all.streamsPerConnection(),
                            all.streamsInConnectionLife(),
                            10_000,
                            all.idleConnections(),
                            all.streamWindow(),
                            all.grownWindow(),
                            all.connectionWindow(),
                            all.windows(),
                            all.connections(),
                            all.responseHead()))
                    .withTimeouts(UpstreamTimeouts.DEFAULTS.withQueue(Duration.ofSeconds(20)));
            SystemNames.Lookup lookup = host -> {
                if (gone.get()) {
                    throw new UnknownHostException(host);
                }
                return new InetAddress[] {InetAddress.getLoopbackAddress()};
            };
            Origin plain = new Origin(new Authority("api.example", origin.port()), false, Protocol.ANY);
            try (Rig rig = new Rig(new PooledUpstreams(
                    config, lookup, new NioSockets(config.timeouts().connect()), now::get, SslProvider.JDK))) {
                TestExchange first = TestExchange.unfinished(peer -> {});
                rig.acquire(first, plain);
                first.acquired.get(5, TimeUnit.SECONDS);
                List<TestExchange> waiting = new ArrayList<>();
                rig.run(() -> {
                    for (int i = 0; i < 8_000; i++) {
                        TestExchange one = get();
                        waiting.add(one);
                        rig.acquireHere(one, new Claimant(GREEDY, 1), plain);
                    }
                });
                gone.set(true);
                now.set(now.get().plusSeconds(60));
                rig.run(first::abort);
                for (TestExchange one : waiting) {
                    assertThat(one.failure()).isInstanceOf(Failure.UpstreamUnreachable.class);
                }
                rig.await("nobody waits", () -> rig.statistics().waiting() == 0);
            }
        }
    }
}

package egress.upstream;

import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.Upstreams.Origin;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.share.Claimant;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2SettingsFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connections that h2 exchanges share at the same time: how many, for how long, and whether they live. */
class Http2PoolTest extends Http2Fixture {
    private static UpstreamLimits limits(int connections, int streams, int life) {
        UpstreamLimits all = UpstreamLimits.DEFAULTS;
        return new UpstreamLimits(
                all.connectionsPerOrigin(),
                connections,
                streams,
                life,
                all.waiting(),
                all.idleConnections(),
                all.streamWindow(),
                all.grownWindow(),
                all.connectionWindow(),
                all.windows(),
                all.connections(),
                all.responseHead());
    }

    @Test
    void manyAtOnceWaitForOneConnectionAndShareIt() throws Exception {
        try (H2Origin origin = origin(H2Origin::ok);
                Rig rig = new Rig(config(origin))) {
            List<TestExchange> exchanges = new ArrayList<>();
            rig.run(() -> {
                for (int i = 0; i < 50; i++) {
                    TestExchange exchange = get();
                    exchanges.add(exchange);
                    rig.upstreams.acquire(
                            rig.loop,
                            Claimant.SELF,
                            new Origin(new Authority("api.example", 443), true, Protocol.ANY),
                            exchange);
                }
            });
            for (TestExchange exchange : exchanges) {
                assertThat(exchange.answer().body()).isEqualTo("ok");
                assertThat(exchange.acquired.get().isHttp2()).isTrue();
            }
            assertThat(exchanges.getFirst().reused).isFalse();
            assertThat(exchanges.getFirst().acquired.get().timings().tlsNanos()).isPositive();
            assertThat(exchanges.getLast().reused).isTrue();
            assertThat(origin.connections).hasSize(1);
            rig.await("all over", () -> rig.statistics().streams() == 0);
            assertThat(rig.statistics().http2Open()).isEqualTo(1);
            assertThat(rig.statistics().handshakes()).isEqualTo(1);
        }
    }

    @Test
    void opensNoMoreStreamsThanTheOriginAllows() throws Exception {
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Http2FrameStream> held = new CopyOnWriteArrayList<>();
        Http2Settings two = Http2Settings.defaultSettings().maxConcurrentStreams(2);
        try (H2Origin origin = new H2Origin(IDENTITY, two, false, (connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers
                            && headers.stream().id() == FIRST_STREAM) {
                        connection.answer(headers.stream(), "the SETTINGS have come first");
                    } else if (frame instanceof Http2HeadersFrame headers) {
                        most.accumulateAndGet(open.incrementAndGet(), Math::max);
                        held.add(headers.stream());
                    }
                });
                Rig rig = new Rig(config(origin).withLimits(limits(1, 100, 1 << 20)))) {
            rig.tls(get()).answer();
            List<TestExchange> exchanges = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                exchanges.add(rig.tls(get()));
            }
            rig.await(
                    "two open, four waiting",
                    () -> held.size() == 2 && rig.statistics().waiting() == 4);
            for (int i = 0; i < 6; i++) {
                int next = i;
                rig.await("stream " + i, () -> held.size() > next);
                open.decrementAndGet();
                origin.onLoop(0, connection -> connection.answer(held.get(next), "ok"));
            }
            for (TestExchange exchange : exchanges) {
                assertThat(exchange.answer().body()).isEqualTo("ok");
            }
            assertThat(most).hasValue(2);
            assertThat(origin.connections).hasSize(1);
        }
    }

    @Test
    void settingsThatChangeLaterAreHeeded() throws Exception {
        List<Http2FrameStream> held = new CopyOnWriteArrayList<>();
        Http2Settings one = Http2Settings.defaultSettings().maxConcurrentStreams(1);
        try (H2Origin origin = new H2Origin(IDENTITY, one, false, (connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers
                            && headers.stream().id() == FIRST_STREAM) {
                        connection.answer(headers.stream(), "the SETTINGS have come first");
                    } else if (frame instanceof Http2HeadersFrame headers) {
                        held.add(headers.stream());
                    }
                });
                Rig rig = new Rig(config(origin).withLimits(limits(1, 100, 1 << 20)))) {
            rig.tls(get()).answer();
            rig.tls(get()).acquired.get(20, TimeUnit.SECONDS);
            rig.tls(get());
            rig.tls(get());
            assertThat(rig.statistics().waiting()).isEqualTo(2);
            origin.onLoop(
                    0,
                    connection -> connection.write(
                            new DefaultHttp2SettingsFrame(new Http2Settings().maxConcurrentStreams(3))));
            rig.await("all three", () -> held.size() == 3);
        }
    }

    @Test
    void opensAnotherConnectionWhenTheStreamsRunOut() throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {});
                Rig rig = new Rig(config(origin).withLimits(limits(3, 2, 1 << 20)))) {
            for (int i = 0; i < 6; i++) {
                rig.tls(get()).acquired.get(20, TimeUnit.SECONDS);
            }
            rig.tls(get());
            rig.await("three", () -> origin.connections.size() == 3);
            assertThat(rig.statistics().waiting()).isEqualTo(1);
        }
    }

    @Test
    void replacesAConnectionAtTheEndOfItsLife() throws Exception {
        try (H2Origin origin = origin(H2Origin::ok);
                Rig rig = new Rig(config(origin).withLimits(limits(3, 100, 2)))) {
            for (int i = 0; i < 5; i++) {
                assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
            }
            assertThat(origin.connections).hasSize(3);
            rig.await("the old ones closed", () -> rig.statistics().http2Open() == 1);
        }
    }

    @Test
    void anIdleConnectionIsClosedAfterItsTimeWithGoaway() throws Exception {
        UpstreamTimeouts timeouts = UpstreamTimeouts.DEFAULTS.withPoolIdle(Duration.ofMillis(100));
        try (H2Origin origin = origin(H2Origin::ok);
                Rig rig = new Rig(config(origin).withTimeouts(timeouts))) {
            rig.tls(get()).answer();
            rig.await("closed", () -> rig.statistics().http2Open() == 0);
            rig.await("said", () -> origin.heard(Http2GoAwayFrame.class));
        }
    }

    @Test
    void asksASilentOriginByPingAndReplacesTheConnectionThatDoesNotAnswer() throws Exception {
        UpstreamTimeouts timeouts = UpstreamTimeouts.DEFAULTS.withPing(Duration.ofMillis(100), Duration.ofMillis(100));
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        if (connection.number == 1) {
                            connection.deafen();
                        } else {
                            connection.answer(headers.stream(), "ok");
                        }
                    }
                });
                Rig rig = new Rig(config(origin).withTimeouts(timeouts))) {
            Failure failure = rig.tls(get()).failure();
            assertThat(failure).isInstanceOf(Failure.UpstreamClosedEarly.class);
            assertThat(failure.words()).contains("PING");
            assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
            assertThat(origin.connections).hasSize(2);
        }
    }

    @Test
    void anAnsweredPingLetsTheExchangeWaitOn() throws Exception {
        UpstreamTimeouts timeouts = UpstreamTimeouts.DEFAULTS.withPing(Duration.ofMillis(50), Duration.ofMillis(5_000));
        AtomicInteger pings = new AtomicInteger();
        List<Http2FrameStream> held = new CopyOnWriteArrayList<>();
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        held.add(headers.stream());
                    } else if (frame instanceof Http2PingFrame) {
                        pings.incrementAndGet();
                        connection
                                .channel
                                .eventLoop()
                                .schedule(
                                        () -> connection.answer(held.getFirst(), "at last"),
                                        300,
                                        TimeUnit.MILLISECONDS);
                    }
                });
                Rig rig = new Rig(config(origin).withTimeouts(timeouts))) {
            assertThat(rig.tls(get()).answer().body()).isEqualTo("at last");
            // a second one so soon would make a gRPC server end the connection
            assertThat(pings).hasValue(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "true, ANY, true",
        "true, PREFER_HTTP_1_1, false",
        "true, HTTP_1_1, false",
        "false, ANY, true",
        "false, PREFER_HTTP_1_1, true"
    })
    void theVersionIsTheOneWantedWhereTheOriginOffersIt(boolean http1Too, Protocol protocol, boolean http2)
            throws Exception {
        try (H2Origin origin = new H2Origin(IDENTITY, Http2Settings.defaultSettings(), http1Too, H2Origin::ok);
                Rig rig = new Rig(config(origin))) {
            for (int i = 0; i < 3; i++) {
                TestExchange exchange = rig.start(get(), true, protocol);
                assertThat(exchange.answer().body()).isEqualTo("ok");
                assertThat(exchange.acquired.get().isHttp2()).isEqualTo(http2);
            }
        }
    }

    @Test
    void anOriginThatWantsHttp1GetsIt() throws Exception {
        try (H2Origin origin = new H2Origin(IDENTITY, Http2Settings.defaultSettings(), true, (connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        connection.reset(headers.stream(), Http2Error.HTTP_1_1_REQUIRED);
                    }
                });
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamRefused.class);
            TestExchange again = rig.tls(get());
            assertThat(again.answer().body()).isEqualTo("ok");
            assertThat(again.acquired.get().isHttp2()).isFalse();
        }
    }

    @Test
    void anOriginThatSpeaksH2AloneCannotServeAnUpgrade() throws Exception {
        try (H2Origin origin = origin(H2Origin::ok);
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.start(get(), true, Protocol.HTTP_1_1).failure()).isNotNull();
            assertThat(rig.start(get(), true, Protocol.ANY).answer().body()).isEqualTo("ok");
        }
    }

    @Test
    void thePipelineOfAnH2ConnectionHasItsOneShape() throws Exception {
        List<String> names = new ArrayList<>();
        TestExchange exchange = new TestExchange(peer -> {
            names.addAll(((UpstreamStream) peer).channel.pipeline().names());
            TestExchange.send(peer, TestExchange.request(HttpMethod.GET, "api.example"));
        });
        try (H2Origin origin = origin(H2Origin::ok);
                Rig rig = new Rig(config(origin))) {
            rig.tls(exchange).answer();
            assertThat(names)
                    .containsExactly("tls", "limit", "h2", "connection", "DefaultChannelPipeline$TailContext#0");
        }
    }
}

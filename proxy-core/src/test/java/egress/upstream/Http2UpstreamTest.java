package egress.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.UpstreamPeer;
import egress.exchange.Upstreams.Origin;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.DefaultHttp2SettingsFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Frame;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.LeakPresenceDetector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class Http2UpstreamTest {
    private static final TestCa CA = new TestCa("h2 test authority");
    private static final TestCa.Identity IDENTITY = CA.issue("api.example");

    /** The codec leaves 1 to the upgrade from h1. */
    private static final byte FIRST_STREAM = 3;

    @TempDir
    private static Path folder;

    private static Path caPem;

    @BeforeAll
    static void writesTheAuthority() {
        caPem = CA.pemIn(folder);
    }

    @AfterAll
    static void nothingLeaks() {
        LeakPresenceDetector.check();
    }

    private static H2Origin origin(H2Origin.Script script) throws Exception {
        return new H2Origin(IDENTITY, Http2Settings.defaultSettings(), false, script);
    }

    private static UpstreamConfig config(H2Origin origin) {
        return Rig.pinnedTo(origin.port()).withExtraTrust(List.of(caPem));
    }

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
                all.connectionWindow(),
                all.responseHead());
    }

    private static TestExchange get() {
        return TestExchange.get("api.example");
    }

    /** A POST whose body stays open. */
    private static TestExchange upload() {
        return TestExchange.unfinished(peer -> {
            peer.write(TestExchange.request(HttpMethod.POST, "api.example"));
            peer.write(new DefaultHttpContent(Unpooled.copiedBuffer("part", StandardCharsets.US_ASCII)));
            peer.flush();
            peer.read();
        });
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
                            rig.loop, new Origin(new Authority("api.example", 443), true, Protocol.ANY), exchange);
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
    void relaysInterimResponsesBodiesAndTrailers() throws Exception {
        StringBuilder body = new StringBuilder();
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2DataFrame data) {
                        body.append(data.content().toString(StandardCharsets.US_ASCII));
                        if (data.isEndStream()) {
                            connection.head(data.stream(), 103, false, "link", "x");
                            connection.head(data.stream(), 200, false);
                            connection.data(data.stream(), "ok", false);
                            var trailers = new DefaultHttp2Headers().add("x-sum", "1");
                            connection.write(new DefaultHttp2HeadersFrame(trailers, true).stream(data.stream()));
                        }
                    }
                });
                Rig rig = new Rig(config(origin))) {
            TestExchange.Answer answer = rig.tls(new TestExchange(peer ->
                            TestExchange.send(peer, TestExchange.request(HttpMethod.POST, "api.example"), "he", "llo")))
                    .answer();
            assertThat(answer.interims()).containsExactly(103);
            assertThat(answer.body()).isEqualTo("ok");
            assertThat(answer.trailers().get("x-sum")).isEqualTo("1");
            assertThat(body).hasToString("hello");
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
    void aRefusedStreamIsSafeToSendAgain() throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        connection.reset(headers.stream(), Http2Error.REFUSED_STREAM);
                    }
                });
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamRefused.class);
            rig.await("over", () -> rig.statistics().streams() == 0);
        }
    }

    @Test
    void goawayRefusesLaterStreamsAndLetsEarlierOnesFinish() throws Exception {
        List<Http2FrameStream> held = new CopyOnWriteArrayList<>();
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        if (connection.number > 1) {
                            connection.answer(headers.stream(), "new");
                            return;
                        }
                        held.add(headers.stream());
                        if (held.size() == 2) {
                            // the codec computes the last stream it saw; these octets name the first
                            connection.raw(7, 0, 0, new byte[] {0, 0, 0, FIRST_STREAM, 0, 0, 0, 0});
                        }
                    }
                });
                Rig rig = new Rig(config(origin))) {
            TestExchange first = rig.tls(get());
            TestExchange second = rig.tls(get());
            assertThat(second.failure()).isInstanceOf(Failure.UpstreamRefused.class);
            assertThat(first.outcome).isNotDone();

            assertThat(rig.tls(get()).answer().body()).isEqualTo("new");
            origin.onLoop(0, connection -> connection.answer(held.getFirst(), "old"));
            assertThat(first.answer().body()).isEqualTo("old");
            rig.await("the old connection closed", () -> rig.statistics().http2Open() == 1);
            assertThat(origin.connections).hasSize(2);
        }
    }

    @Test
    void aStreamNotYetUsedWhenGoawayComesIsSafeToSendAgain() throws Exception {
        TestExchange idle = new TestExchange(peer -> {});
        try (H2Origin origin = origin(H2Origin::ok);
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
            rig.tls(idle).acquired.get(20, TimeUnit.SECONDS);
            origin.onLoop(0, connection -> connection.write(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR)));
            Channel parent = ((UpstreamStream) idle.acquired.join()).channel.parent();
            rig.await("GOAWAY heard", () -> {
                H2Connection session = (H2Connection) parent.pipeline().get("session");
                return session != null && session.takesNoMore();
            });
            rig.run(() -> TestExchange.send(idle.acquired.join(), TestExchange.request(HttpMethod.GET, "api.example")));
            assertThat(idle.failure()).isInstanceOf(Failure.UpstreamRefused.class);
            rig.await("closed", () -> rig.statistics().http2Open() == 0);
            assertThat(rig.statistics().streams()).isZero();
        }
    }

    @Test
    void anEarlyResponseWithoutErrorIsAnAnswer() throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        connection.head(headers.stream(), 413, false);
                        connection.data(headers.stream(), "too big", true);
                        connection.reset(headers.stream(), Http2Error.NO_ERROR);
                    }
                });
                Rig rig = new Rig(config(origin))) {
            TestExchange exchange = rig.tls(upload());
            assertThat(exchange.answer().status()).isEqualTo(413);
            assertThat(exchange.answer().body()).isEqualTo("too big");
            rig.run(() -> {
                UpstreamPeer peer = exchange.acquired.join();
                peer.write(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[100])));
                peer.flush();
                peer.abort();
            });
            rig.await("over", () -> rig.statistics().streams() == 0);
            assertThat(rig.statistics().http2Open()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Http2Error.class,
            names = {"INTERNAL_ERROR", "CANCEL", "ENHANCE_YOUR_CALM", "PROTOCOL_ERROR", "NO_ERROR"})
    void aResetBeforeTheResponseIsAFailureThatMayHaveBeenProcessed(Http2Error error) throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        connection.reset(headers.stream(), error);
                    }
                });
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).failure())
                    .isNotInstanceOf(Failure.UpstreamRefused.class)
                    .isInstanceOfAny(Failure.UpstreamUnreachable.class, Failure.UpstreamClosedEarly.class);
            assertThat(rig.statistics().http2Open()).isEqualTo(1);
        }
    }

    @Test
    void aResetInTheMiddleOfTheResponseIsAFailureAndNeverAnEnd() throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        connection.head(headers.stream(), 200, false);
                        connection.data(headers.stream(), "half", false);
                        connection.reset(headers.stream(), Http2Error.REFUSED_STREAM);
                    }
                });
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamUnreachable.class);
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

    @ParameterizedTest
    @CsvSource({
        "connection, keep-alive",
        "transfer-encoding, chunked",
        "X-Upper, 1",
        "content-length, 1",
        ":status, 200",
        ":unknown, 1",
        "x-lf, 'a\nb'"
    })
    void aMalformedResponseEndsItsStreamAndNotTheConnection(String name, String value) throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        if (headers.stream().id() == FIRST_STREAM) {
                            connection.head(headers.stream(), 200, false, name, value);
                            connection.data(headers.stream(), "ok", true);
                        } else {
                            connection.answer(headers.stream(), "fine");
                        }
                    }
                });
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).failure()).isInstanceOf(Failure.UpstreamMalformed.class);
            assertThat(rig.tls(get()).answer().body()).isEqualTo("fine");
            assertThat(origin.connections).hasSize(1);
        }
    }

    @Test
    void fieldsBeyondWhatTheOriginAcceptsAreTheCallersFault() throws Exception {
        Http2Settings small = Http2Settings.defaultSettings().maxHeaderListSize(1_000);
        try (H2Origin origin = new H2Origin(IDENTITY, small, false, H2Origin::ok);
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
            TestExchange big = rig.tls(new TestExchange(peer -> {
                HttpRequest head = TestExchange.request(HttpMethod.GET, "api.example");
                head.headers().set("x-big", "x".repeat(2_000));
                TestExchange.send(peer, head);
            }));
            assertThat(big.failure())
                    .isInstanceOfSatisfying(
                            Failure.DownstreamMalformed.class,
                            failure -> assertThat(failure.as())
                                    .isEqualTo(HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE));
            assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
            assertThat(origin.connections).hasSize(1);
        }
    }

    @Test
    void aResponseHeadWithoutEndIsAFailure() throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        connection.head(headers.stream(), 200, true, "x-big", "x".repeat(400_000));
                    }
                });
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).failure()).isNotInstanceOf(Failure.UpstreamRefused.class);
            rig.await("over", () -> rig.statistics().streams() == 0);
        }
    }

    @Test
    void aReaderThatStopsHoldsUpNeitherItsSiblingsNorMoreThanItsWindow() throws Exception {
        AtomicLong sent = new AtomicLong();
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        if (headers.stream().id() > FIRST_STREAM + 6) {
                            connection.answer(headers.stream(), "ok");
                            return;
                        }
                        connection.head(headers.stream(), 200, false);
                        for (int i = 0; i < 64; i++) {
                            connection
                                    .channel
                                    .writeAndFlush(
                                            new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(new byte[65_536]), false)
                                                    .stream(headers.stream()))
                                    .addListener(done -> sent.addAndGet(done.isSuccess() ? 65_536 : 0));
                        }
                    }
                });
                Rig rig = new Rig(config(origin))) {
            List<TestExchange> stalled = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                TestExchange exchange = get();
                exchange.reading = false;
                stalled.add(rig.tls(exchange));
            }
            int window = UpstreamLimits.DEFAULTS.streamWindow();
            rig.await("the windows are full", () -> sent.get() >= 4L * (window - 65_536));
            for (int i = 0; i < 10; i++) {
                assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
            }
            assertThat(sent.get()).isLessThanOrEqualTo(4L * window);
            assertThat(origin.connections).hasSize(1);
            rig.run(() -> stalled.forEach(exchange -> exchange.acquired.join().abort()));
            rig.await("over", () -> rig.statistics().streams() == 0);
        }
    }

    @Test
    void aDownloadOfManyWindowsArrivesWhole() throws Exception {
        int parts = 300;
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        connection.head(headers.stream(), 200, false);
                        for (int i = 0; i < parts; i++) {
                            connection.write(
                                    new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(new byte[65_536]), i == parts - 1)
                                            .stream(headers.stream()));
                        }
                    }
                });
                Rig rig = new Rig(config(origin))) {
            TestExchange exchange = rig.tls(get());
            exchange.answer();
            assertThat(exchange.received).hasValue(parts * 65_536L);
        }
    }

    @Test
    void anAbortIsACancelToTheOriginAndLeavesTheConnection() throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {});
                Rig rig = new Rig(config(origin))) {
            TestExchange exchange = rig.tls(get());
            UpstreamPeer peer = exchange.acquired.get(20, TimeUnit.SECONDS);
            rig.await("the request is there", () -> has(origin, Http2HeadersFrame.class));
            rig.run(peer::abort);
            rig.await("cancelled", () -> has(origin, Http2ResetFrame.class));
            assertThat(exchange.outcome).isNotDone();
            rig.await("over", () -> rig.statistics().streams() == 0);
            assertThat(rig.statistics().http2Open()).isEqualTo(1);
        }
    }

    private static boolean has(H2Origin origin, Class<? extends Http2Frame> type) {
        return origin.connections.stream().flatMap(one -> one.frames.stream()).anyMatch(type::isInstance);
    }

    @Test
    void aConnectionThatBreaksIsSaidToEachOfItsStreams() throws Exception {
        List<Http2FrameStream> held = new CopyOnWriteArrayList<>();
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        held.add(headers.stream());
                        if (held.size() == 2) {
                            connection.head(headers.stream(), 200, false);
                            connection.channel.close();
                        }
                    }
                });
                Rig rig = new Rig(config(origin))) {
            TestExchange first = rig.tls(get());
            TestExchange second = rig.tls(get());
            assertThat(first.failure())
                    .isInstanceOfAny(Failure.UpstreamClosedEarly.class, Failure.UpstreamRefused.class);
            assertThat(second.failure()).isNotNull();
            rig.await("closed", () -> rig.statistics().http2Open() == 0);
            assertThat(rig.statistics().streams()).isZero();
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

    @Test
    void anIdleConnectionIsClosedAfterItsTimeWithGoaway() throws Exception {
        UpstreamTimeouts timeouts = UpstreamTimeouts.DEFAULTS.withPoolIdle(Duration.ofMillis(100));
        try (H2Origin origin = origin(H2Origin::ok);
                Rig rig = new Rig(config(origin).withTimeouts(timeouts))) {
            rig.tls(get()).answer();
            rig.await("closed", () -> rig.statistics().http2Open() == 0);
            rig.await("said", () -> has(origin, Http2GoAwayFrame.class));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ping", "settings", "empty-data", "window", "push", "garbage", "continuation"})
    void aFloodOrAViolationEndsTheConnectionAndNothingElse(String kind) throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers && connection.number == 1) {
                        attack(kind, connection, headers.stream());
                    } else {
                        H2Origin.ok(connection, frame);
                    }
                });
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).failure()).isNotNull();
            rig.await("closed", () -> rig.statistics().http2Open() == 0);
            assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
        }
    }

    /** Floods go on for as long as the connection stands; the reader of acknowledgements is deaf. */
    private static void attack(String kind, H2Origin.Connection connection, Http2FrameStream stream) {
        switch (kind) {
            case "ping" -> {
                connection.deafen();
                flood(connection, () -> connection.channel.write(new DefaultHttp2PingFrame(1)));
            }
            case "settings" -> {
                connection.deafen();
                flood(
                        connection,
                        () -> connection.channel.write(Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0})));
            }
            case "empty-data" -> {
                connection.head(stream, 200, false);
                flood(
                        connection,
                        () -> connection.channel.write(
                                Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, (byte) stream.id()})));
            }
            case "window" -> {
                connection.raw(8, 0, 0, new byte[] {0x7F, -1, -1, -1});
                connection.raw(8, 0, 0, new byte[] {0x7F, -1, -1, -1});
            }
            case "push" -> connection.raw(5, 4, stream.id(), new byte[] {0, 0, 0, 2, (byte) 0x82});
            case "garbage" -> connection.raw(0, 0, 9999, new byte[] {1, 2, 3});
            case "continuation" -> {
                connection.raw(1, 0, stream.id(), new byte[] {(byte) 0x88});
                flood(
                        connection,
                        () -> connection.channel.write(
                                Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 9, 0, 0, 0, 0, (byte) stream.id()})));
            }
            default -> throw new IllegalArgumentException(kind);
        }
    }

    private static void flood(H2Origin.Connection connection, Runnable one) {
        if (connection.channel.isActive()) {
            for (int i = 0; i < 2_000; i++) {
                one.run();
            }
            connection.channel.flush();
            connection.channel.eventLoop().schedule(() -> flood(connection, one), 1, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void altSvcFramesAndUnknownOnesAreIgnored() throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        byte[] altSvc = "\0\0h3=\":443\"".getBytes(StandardCharsets.US_ASCII);
                        connection.raw(0x0A, 0, headers.stream().id(), altSvc);
                        connection.raw(0x0A, 0, 0, altSvc);
                        connection.raw(0xEE, 0, headers.stream().id(), new byte[3]);
                        connection.answer(headers.stream(), "ok");
                    }
                });
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.tls(get()).answer().body()).isEqualTo("ok");
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
    void anOriginThatSpeaksH2AloneCannotServeAnUpgrade() throws Exception {
        try (H2Origin origin = origin(H2Origin::ok);
                Rig rig = new Rig(config(origin))) {
            assertThat(rig.start(get(), true, Protocol.HTTP_1_1).failure()).isNotNull();
            assertThat(rig.start(get(), true, Protocol.ANY).answer().body()).isEqualTo("ok");
        }
    }

    @Test
    void thePipelinesOfAnH2ConnectionAndItsStreamsHaveTheirOneShape() throws Exception {
        List<String> names = new ArrayList<>();
        List<String> parentNames = new ArrayList<>();
        TestExchange exchange = new TestExchange(peer -> {
            Channel stream = ((UpstreamStream) peer).channel;
            names.addAll(stream.pipeline().names());
            parentNames.addAll(stream.parent().pipeline().names());
            TestExchange.send(peer, TestExchange.request(HttpMethod.GET, "api.example"));
        });
        try (H2Origin origin = origin(H2Origin::ok);
                Rig rig = new Rig(config(origin))) {
            rig.tls(exchange).answer();
            assertThat(names.subList(0, names.size() - 1)).containsExactly("codec", "response");
            assertThat(parentNames)
                    .containsExactly(
                            "tls", "limit", "h2", "streams", "session", "DefaultChannelPipeline$TailContext#0");
        }
    }

    @Test
    void anUploadEndsWithItsLastPart() throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2DataFrame data && data.isEndStream()) {
                        connection.answer(data.stream(), "thanks");
                    }
                });
                Rig rig = new Rig(config(origin))) {
            TestExchange exchange = rig.tls(upload());
            exchange.acquired.get(20, TimeUnit.SECONDS);
            rig.run(() -> {
                exchange.acquired.join().write(LastHttpContent.EMPTY_LAST_CONTENT);
                exchange.acquired.join().flush();
            });
            assertThat(exchange.answer().body()).isEqualTo("thanks");
        }
    }
}

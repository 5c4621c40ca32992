package egress.upstream;

import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.UpstreamPeer;
import egress.http.H2Session;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One request and its response on an h2 stream, beside others on its connection. */
class Http2ExchangeTest extends Http2Fixture {
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

    /** Whether it is lost must not hang on when it is read. */
    @ParameterizedTest
    @EnumSource(
            value = Http2Error.class,
            names = {"NO_ERROR", "CANCEL", "INTERNAL_ERROR"})
    void aWholeAnswerThatIsUnreadSurvivesAReset(Http2Error error) throws Exception {
        List<Http2FrameStream> held = new CopyOnWriteArrayList<>();
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        connection.head(headers.stream(), 413, false);
                        held.add(headers.stream());
                    }
                });
                Rig rig = new Rig(config(origin))) {
            TestExchange exchange = upload();
            exchange.reading = false;
            rig.tls(exchange).head.get(20, TimeUnit.SECONDS);
            origin.onLoop(0, connection -> {
                connection.data(held.getFirst(), "too big", true);
                connection.reset(held.getFirst(), error);
            });
            UpstreamPeer peer = exchange.acquired.join();
            rig.await("the reset is read", () -> {
                H2Session session =
                        (H2Session) ((UpstreamStream) peer).channel.pipeline().get("h2");
                return session.connection().numActiveStreams() == 0;
            });
            exchange.reading = true;
            rig.run(peer::read);
            assertThat(exchange.answer().body()).isEqualTo("too big");
            rig.await("over", () -> rig.statistics().streams() == 0);
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
            rig.await("the request is there", () -> origin.heard(Http2HeadersFrame.class));
            rig.run(peer::abort);
            rig.await("cancelled", () -> origin.heard(Http2ResetFrame.class));
            assertThat(exchange.outcome).isNotDone();
            rig.await("over", () -> rig.statistics().streams() == 0);
            assertThat(rig.statistics().http2Open()).isEqualTo(1);
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

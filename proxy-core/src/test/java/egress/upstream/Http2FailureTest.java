package egress.upstream;

import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an h2 origin does instead of answering: the stream or the connection ends, and whether the request may be sent again is said. */
class Http2FailureTest extends Http2Fixture {
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

    /** An origin that says that it has not taken what it has begun to answer. */
    @Test
    void goawayDropsWhatCameOfAStreamThatItRefuses() throws Exception {
        List<Http2FrameStream> held = new CopyOnWriteArrayList<>();
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        connection.head(headers.stream(), 200, false);
                        held.add(headers.stream());
                    }
                });
                Rig rig = new Rig(config(origin))) {
            TestExchange unread = get();
            unread.reading = false;
            rig.tls(unread).head.get(20, TimeUnit.SECONDS);
            origin.onLoop(0, connection -> {
                connection.data(held.getFirst(), "unread", false);
                connection.raw(7, 0, 0, new byte[8]);
            });
            assertThat(unread.failure()).isInstanceOf(Failure.UpstreamRefused.class);
            rig.await("over", () -> rig.statistics().streams() == 0);
        }
        LeakCheck.nothingIsOpen();
    }

    /** No window bounds them. */
    @Test
    void interimResponsesThatNobodyReadsAreBounded() throws Exception {
        try (H2Origin origin = origin((connection, frame) -> {
                    if (frame instanceof Http2HeadersFrame headers) {
                        for (int i = 0; i < 64; i++) {
                            connection.head(headers.stream(), 103, false, "link", "x");
                        }
                    }
                });
                Rig rig = new Rig(config(origin))) {
            TestExchange unread = get();
            unread.reading = false;
            assertThat(rig.tls(unread).failure()).isInstanceOf(Failure.UpstreamMalformed.class);
            rig.await("over", () -> rig.statistics().streams() == 0);
            assertThat(rig.statistics().http2Open()).isEqualTo(1);
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
            Channel parent = ((UpstreamStream) idle.acquired.join()).channel;
            rig.await("GOAWAY heard", () -> {
                H2Connection session = (H2Connection) parent.pipeline().get("connection");
                return session != null && session.takesNoMore();
            });
            rig.run(() -> TestExchange.send(idle.acquired.join(), TestExchange.request(HttpMethod.GET, "api.example")));
            assertThat(idle.failure()).isInstanceOf(Failure.UpstreamRefused.class);
            rig.await("closed", () -> rig.statistics().http2Open() == 0);
            assertThat(rig.statistics().streams()).isZero();
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
}

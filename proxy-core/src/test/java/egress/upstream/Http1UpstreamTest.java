package egress.upstream;

import static egress.upstream.RawOrigin.OK;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.UpstreamPeer;
import egress.exchange.Upstreams.Attempt;
import egress.exchange.Upstreams.Origin;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.http.HeadLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.LeakPresenceDetector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Http1UpstreamTest {
    private static final Origin ORIGIN = new Origin(new Authority("api.example", 80), false, Protocol.ANY);

    @AfterAll
    static void nothingLeaks() {
        LeakPresenceDetector.check();
    }

    private static TestExchange get() {
        return TestExchange.get("api.example");
    }

    private static TestExchange post(String... body) {
        return new TestExchange(
                peer -> TestExchange.send(peer, TestExchange.request(HttpMethod.POST, "api.example"), body));
    }

    @Test
    void keepsAConnectionForTheNextExchange() throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(OK));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            TestExchange first = rig.plain(get());
            assertThat(first.answer().body()).isEqualTo("ok");
            assertThat(first.reused).isFalse();
            assertThat(first.acquired.get().timings().connectNanos()).isPositive();
            assertThat(first.acquired.get().remoteAddress()).isEqualTo("127.0.0.1:" + origin.port());
            for (int i = 0; i < 10; i++) {
                rig.await("idle", () -> rig.statistics().idle() == 1);
                TestExchange next = rig.plain(get());
                assertThat(next.answer().body()).isEqualTo("ok");
                assertThat(next.reused).isTrue();
                assertThat(next.acquired.get().timings()).isEqualTo(UpstreamPeer.Timings.REUSED);
            }
            assertThat(origin.accepted).hasValue(1);
            rig.await("idle", () -> rig.statistics().idle() == 1);
            assertThat(rig.statistics().reused()).isEqualTo(10);
            assertThat(rig.statistics().streams()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, CLOSE\r\n\r\nok",
                "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokx",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nx"
            })
    void neverReusesAConnectionThatIsInDoubt(String response) throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(response));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            for (int i = 1; i <= 3; i++) {
                TestExchange exchange = rig.plain(get());
                assertThat(exchange.answer().body()).isEqualTo("ok");
                assertThat(exchange.reused).isFalse();
                rig.await("closed", () -> rig.statistics().http1Open() == 0);
                assertThat(origin.accepted).hasValue(i);
            }
        }
    }

    @Test
    void readsABodyThatEndsWithTheConnection() throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            assertThat(rig.plain(get()).answer().body()).isEqualTo("until the end");
            rig.await("closed", () -> rig.statistics().http1Open() == 0);
        }
    }

    @Test
    void closesAnIdleConnectionOnWhichSomethingIsSaidUnasked() throws Exception {
        CountDownLatch say = new CountDownLatch(1);
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(OK);
                    awaitLatch(say);
                    connection.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
                    connection.awaitEnd();
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(get()).answer();
            rig.await("idle", () -> rig.statistics().idle() == 1);
            say.countDown();
            rig.await(
                    "closed",
                    () -> rig.statistics().http1Open() == 0 && rig.statistics().idle() == 0);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noticesThatAnIdleConnectionEnds(boolean reset) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(OK);
                    awaitLatch(end);
                    if (reset) {
                        connection.reset();
                    }
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(get()).answer();
            rig.await("idle", () -> rig.statistics().idle() == 1);
            end.countDown();
            rig.await(
                    "closed",
                    () -> rig.statistics().http1Open() == 0 && rig.statistics().idle() == 0);
        }
    }

    @Test
    void saysThatAConnectionClosedBeforeAnyResponse() throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(OK);
                    connection.readHead();
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(get()).answer();
            rig.await("idle", () -> rig.statistics().idle() == 1);
            TestExchange stale = rig.plain(get());

            assertThat(stale.failure())
                    .isInstanceOfSatisfying(
                            Failure.UpstreamClosedEarly.class,
                            early -> assertThat(early.requestWritten()).isTrue());
            assertThat(stale.reused).isTrue();
        }
    }

    @Test
    void saysThatNothingWasWrittenWhenTheConnectionClosedBeforeTheRequest() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        TestExchange silent = new TestExchange(peer -> {});
        try (RawOrigin origin = RawOrigin.plain(connection -> awaitLatch(end));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(silent);
            rig.await("acquired", silent.acquired::isDone);
            end.countDown();

            assertThat(silent.failure())
                    .isInstanceOfSatisfying(
                            Failure.UpstreamClosedEarly.class,
                            early -> assertThat(early.requestWritten()).isFalse());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
                "HTTP/1.1 103 Early Hints\r\n\r\n"
            })
    void aResponseCutShortIsAFailureAndNeverAnEnd(String response) throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(response);
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            assertThat(rig.plain(get()).failure()).isInstanceOf(Failure.UpstreamUnreachable.class);
            rig.await("closed", () -> rig.statistics().http1Open() == 0);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
                "HTTP/1.1 200 OK\nContent-Length: 0\n\n"
            })
    void aMalformedResponseIsAFailure(String response) throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(response);
                    connection.awaitEnd();
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            assertThat(rig.plain(get()).failure()).isInstanceOf(Failure.UpstreamMalformed.class);
            rig.await("closed", () -> rig.statistics().http1Open() == 0);
        }
    }

    @Test
    void relaysInterimResponsesAndThenTheRightOne() throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK);
                    connection.awaitEnd();
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            TestExchange.Answer answer = rig.plain(get()).answer();
            assertThat(answer.interims()).containsExactly(100, 103);
            assertThat(answer.body()).isEqualTo("ok");
            rig.await("idle", () -> rig.statistics().idle() == 1);
        }
    }

    @Test
    void aResponseToHeadHasNoBodyWhateverItsLength() throws Exception {
        try (RawOrigin origin = RawOrigin.plain(
                        connection -> connection.serve("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            for (int i = 0; i < 2; i++) {
                TestExchange head = rig.plain(new TestExchange(
                        peer -> TestExchange.send(peer, TestExchange.request(HttpMethod.HEAD, "api.example"))));
                assertThat(head.answer().body()).isEmpty();
                rig.await("idle", () -> rig.statistics().idle() == 1);
            }
            assertThat(origin.accepted).hasValue(1);
        }
    }

    @Test
    void anEarlyResponseIsReadAlthoughTheUploadBreaks() throws Exception {
        CompletableFuture<Void> answered = new CompletableFuture<>();
        TestExchange upload = TestExchange.unfinished(peer -> {
            HttpRequest head = TestExchange.request(HttpMethod.POST, "api.example");
            head.headers().set("Content-Length", 1L << 40);
            peer.write(head);
            peer.flush();
        });
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
                    connection.reset(); // with data unread, as a close in a hurry does
                    answered.complete(null);
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(upload);
            answered.get(20, TimeUnit.SECONDS);
            UpstreamPeer peer = upload.acquired.get(20, TimeUnit.SECONDS);
            // Writes until the reset is felt, with no read asked for, as a relay under backpressure would.
            rig.await("the write fails or the answer is there", () -> {
                peer.write(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[1024])));
                peer.flush();
                return upload.outcome.isDone();
            });

            assertThat(upload.answer().status()).isEqualTo(413);
            assertThat(upload.answer().body()).isEqualTo("big");
            rig.run(peer::abort);
            rig.await("closed", () -> rig.statistics().http1Open() == 0);
        }
    }

    @Test
    void anUploadThatBreaksIsDrainedSoThatItsCallerGetsToRead() throws Exception {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        TestExchange upload = new TestExchange(peer -> {
            HttpRequest head = TestExchange.request(HttpMethod.POST, "api.example");
            head.headers().set("Content-Length", 1L << 40);
            peer.write(head);
            peer.flush();
        });
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 100\r\nConnection: close\r\n\r\nbig");
                    connection.reset();
                    closed.complete(null);
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            upload.reading = false;
            rig.plain(upload);
            closed.get(20, TimeUnit.SECONDS);
            UpstreamPeer peer = upload.acquired.get(20, TimeUnit.SECONDS);
            rig.await("broken", () -> {
                peer.write(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[100_000])));
                peer.flush();
                return upload.outcome.isDone();
            });
            assertThat(upload.failure()).isInstanceOf(Failure.UpstreamUnreachable.class);
            assertThat(rig.on(peer::isWritable)).isTrue();
        }
    }

    @Test
    void aResponseBeforeTheEndOfTheRequestLeavesTheConnectionDirty() throws Exception {
        TestExchange slow = new TestExchange(peer -> {
            HttpRequest head = TestExchange.request(HttpMethod.POST, "api.example");
            head.headers().set("Content-Length", 4);
            peer.write(head);
            peer.flush();
            peer.read();
        });
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(OK));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(slow);
            assertThat(slow.answer().status()).isEqualTo(200);
            rig.run(() -> {
                UpstreamPeer peer = slow.acquired.join();
                peer.write(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[4])));
                peer.write(LastHttpContent.EMPTY_LAST_CONTENT);
                peer.flush();
            });
            rig.await("closed", () -> rig.statistics().http1Open() == 0);
            assertThat(rig.statistics().idle()).isZero();
        }
    }

    @Test
    void aBodyOtherThanItsLengthEndsTheExchangeAndTheConnection() throws Exception {
        TestExchange lying = new TestExchange(peer -> {
            HttpRequest head = TestExchange.request(HttpMethod.POST, "api.example");
            head.headers().set("Content-Length", 2);
            peer.write(head);
            peer.write(new DefaultHttpContent(Unpooled.copiedBuffer("three", StandardCharsets.US_ASCII)));
            peer.flush();
        });
        try (RawOrigin origin = RawOrigin.plain(RawOrigin.Connection::awaitEnd);
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            assertThat(rig.plain(lying).failure()).isInstanceOf(Failure.DownstreamMalformed.class);
            rig.await("closed", () -> rig.statistics().http1Open() == 0);
        }
    }

    @Test
    void anAbortClosesTheConnectionAndNothingFollows() throws Exception {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.awaitEnd();
                    ended.complete(null);
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            TestExchange exchange = rig.plain(get());
            UpstreamPeer peer = exchange.acquired.get(20, TimeUnit.SECONDS);
            rig.run(peer::abort);
            ended.get(20, TimeUnit.SECONDS);
            rig.await("closed", () -> rig.statistics().http1Open() == 0);
            assertThat(exchange.outcome).isNotDone();
            assertThat(rig.statistics().streams()).isZero();
        }
    }

    @Test
    void aLateAbortDoesNotHarmTheNextExchangeOnTheConnection() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(OK);
                    connection.readHead();
                    awaitLatch(go);
                    connection.write(OK);
                    connection.awaitEnd();
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            TestExchange first = rig.plain(get());
            first.answer();
            rig.await("idle", () -> rig.statistics().idle() == 1);
            TestExchange second = rig.plain(get());
            second.acquired.get(20, TimeUnit.SECONDS);
            rig.run(() -> first.acquired.join().abort());
            go.countDown();

            assertThat(second.answer().body()).isEqualTo("ok");
            assertThat(second.reused).isTrue();
        }
    }

    @Test
    void manyAtOnceDialTheirOwnAndAreKeptWithinTheBounds() throws Exception {
        UpstreamLimits limits = new UpstreamLimits(4, 8, 100, 1 << 20, 6, 2, 1 << 20, 1 << 24, headLimits());
        CountDownLatch go = new CountDownLatch(1);
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    while (!connection.readHead().isEmpty()) {
                        awaitLatch(go);
                        connection.write(OK);
                    }
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()).withLimits(limits))) {
            List<TestExchange> exchanges = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                TestExchange exchange = rig.plain(get());
                exchange.acquired.get(20, TimeUnit.SECONDS);
                exchanges.add(exchange);
            }
            for (int i = 0; i < 6; i++) {
                exchanges.add(rig.plain(get()));
            }
            assertThat(rig.plain(get()).failure()).isInstanceOf(Failure.Overloaded.class);
            assertThat(rig.statistics().http1Open()).isEqualTo(4);
            assertThat(rig.statistics().waiting()).isEqualTo(6);
            go.countDown();
            for (TestExchange exchange : exchanges) {
                assertThat(exchange.answer().body()).isEqualTo("ok");
            }
            assertThat(origin.accepted).hasValue(4);
            rig.await(
                    "all but two closed",
                    () -> rig.statistics().idle() == 2 && rig.statistics().http1Open() == 2);
            assertThat(rig.statistics().waiting()).isZero();
        }
    }

    @Test
    void whoWaitsTooLongForAConnectionFails() throws Exception {
        UpstreamLimits limits = new UpstreamLimits(1, 8, 100, 1 << 20, 6, 2, 1 << 20, 1 << 24, headLimits());
        UpstreamTimeouts timeouts = UpstreamTimeouts.DEFAULTS.withQueue(Duration.ofMillis(50));
        try (RawOrigin origin = RawOrigin.plain(RawOrigin.Connection::awaitEnd);
                Rig rig = new Rig(Rig.pinnedTo(origin.port()).withLimits(limits).withTimeouts(timeouts))) {
            rig.plain(get()).acquired.get(20, TimeUnit.SECONDS);

            assertThat(rig.plain(get()).failure()).isInstanceOf(Failure.Overloaded.class);
        }
    }

    @Test
    void anIdleConnectionIsClosedAfterItsTime() throws Exception {
        UpstreamTimeouts timeouts = UpstreamTimeouts.DEFAULTS.withPoolIdle(Duration.ofMillis(100));
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(OK));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()).withTimeouts(timeouts))) {
            rig.plain(get()).answer();
            rig.await(
                    "closed",
                    () -> rig.statistics().http1Open() == 0 && rig.statistics().idle() == 0);
        }
    }

    @Test
    void anIdleConnectionIsClosedBeforeTheOriginDoes() throws Exception {
        String response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok";
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(response));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(get()).answer();
            rig.await("closed", () -> rig.statistics().http1Open() == 0);
        }
    }

    @Test
    void aCancelledAttemptLeavesNothingBehind() throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(OK));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            TestExchange cancelled = get();
            rig.run(() -> {
                Attempt attempt = rig.acquireHere(cancelled, ORIGIN);
                attempt.cancel();
                attempt.cancel();
            });
            rig.await(
                    "nothing open",
                    () -> rig.statistics().http1Open() == 0 && rig.statistics().waiting() == 0);
            assertThat(cancelled.acquired).isNotDone();
            assertThat(cancelled.outcome).isNotDone();
            assertThat(rig.plain(get()).answer().body()).isEqualTo("ok");
        }
    }

    @Test
    void aConnectionMeantForACancelledAttemptServesWhoWaits() throws Exception {
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(OK));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            TestExchange cancelled = get();
            TestExchange other = get();
            rig.run(() -> {
                Attempt attempt = rig.acquireHere(cancelled, ORIGIN);
                rig.acquireHere(other, ORIGIN);
                attempt.cancel();
            });
            assertThat(other.answer().body()).isEqualTo("ok");
            rig.await("both kept", () -> rig.statistics().idle() == 2);
            assertThat(cancelled.acquired).isNotDone();
        }
    }

    @Test
    void aRefusedConnectionIsSaidInWords() throws Exception {
        int port;
        try (RawOrigin origin = RawOrigin.plain(connection -> {})) {
            port = origin.port();
        }
        try (Rig rig = new Rig(Rig.pinnedTo(port))) {
            Failure failure = rig.plain(get()).failure();
            assertThat(failure).isInstanceOf(Failure.UpstreamUnreachable.class);
            assertThat(failure.words()).contains("refused");
            assertThat(rig.statistics().connectFailures()).isEqualTo(1);
        }
    }

    @Test
    void handsTheBareChannelOverAfterAnUpgradeWithEarlyBytesStillUnread() throws Exception {
        TestExchange upgrade = new TestExchange(peer -> {
            HttpRequest head = TestExchange.request(HttpMethod.GET, "api.example");
            head.headers().set("Connection", "Upgrade").set("Upgrade", "websocket");
            TestExchange.send(peer, head);
        });
        StringBuilder heard = new StringBuilder();
        CompletableFuture<Void> end = new CompletableFuture<>();
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(
                            "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nearly ");
                    connection.write(connection.read(4));
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(upgrade);
            assertThat(upgrade.head.get(20, TimeUnit.SECONDS).status().code()).isEqualTo(101);
            rig.run(() -> {
                Channel channel = upgrade.acquired.join().upgraded();
                assertThat(channel.pipeline().names()).startsWith("unread").hasSize(2);
                channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        ByteBuf bytes = (ByteBuf) message;
                        heard.append(bytes.toString(StandardCharsets.US_ASCII));
                        bytes.release();
                    }

                    @Override
                    public void channelReadComplete(ChannelHandlerContext ctx) {
                        ctx.read();
                    }

                    @Override
                    public void channelInactive(ChannelHandlerContext ctx) {
                        end.complete(null);
                    }
                });
                channel.writeAndFlush(Unpooled.copiedBuffer("late", StandardCharsets.US_ASCII));
                channel.read();
            });
            end.get(20, TimeUnit.SECONDS);
            assertThat(heard).hasToString("early late");
            assertThat(rig.statistics().http1Open()).isZero();
            assertThat(rig.statistics().streams()).isZero();
        }
    }

    @Test
    void closingEndsIdleConnectionsAndLetsTheBusyFinish() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    while (!connection.readHead().isEmpty()) {
                        connection.write(OK);
                        if (connection.number() == 1) {
                            connection.readHead();
                            awaitLatch(go);
                            connection.write(OK);
                        }
                    }
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(get()).answer();
            rig.await("idle", () -> rig.statistics().idle() == 1);
            TestExchange busy = rig.plain(get());
            busy.acquired.get(20, TimeUnit.SECONDS);
            rig.plain(get()).answer();
            rig.await(
                    "one idle, one busy",
                    () -> rig.statistics().idle() == 1 && rig.statistics().http1Open() == 2);

            rig.upstreams.close();
            rig.await("idle one closed", () -> rig.statistics().http1Open() == 1);
            assertThat(rig.plain(get()).failure()).isInstanceOf(Failure.Overloaded.class);
            go.countDown();
            assertThat(busy.answer().body()).isEqualTo("ok");
            rig.await("all closed", () -> rig.statistics().http1Open() == 0);
        }
    }

    @Test
    void thePipelineOfAnH1ConnectionHasItsOneShape() throws Exception {
        List<String> names = new ArrayList<>();
        TestExchange exchange = new TestExchange(peer -> {
            names.addAll(((UpstreamStream) peer).channel.pipeline().names());
            TestExchange.send(peer, TestExchange.request(HttpMethod.GET, "api.example"));
        });
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.serve(OK));
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            rig.plain(exchange).answer();
            assertThat(names).containsExactly("decoder", "encoder", "response", "DefaultChannelPipeline$TailContext#0");
        }
    }

    @Test
    void relaysARequestWithItsBodyAndTrailersAsTheyAre() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    String head = connection.readHead();
                    seen.complete(head + connection.read(5));
                    connection.write(
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n");
                    connection.awaitEnd();
                });
                Rig rig = new Rig(Rig.pinnedTo(origin.port()))) {
            TestExchange.Answer answer = rig.plain(post("he", "llo")).answer();
            assertThat(answer.trailers().get("X-Sum")).isEqualTo("1");
            assertThat(seen.get(20, TimeUnit.SECONDS))
                    .isEqualTo("POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 5\r\n\r\nhello");
        }
    }

    private static HeadLimits headLimits() {
        return UpstreamLimits.DEFAULTS.responseHead();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("nobody let go");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

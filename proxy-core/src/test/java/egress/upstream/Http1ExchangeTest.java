package egress.upstream;

import static egress.upstream.RawOrigin.OK;
import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.UpstreamPeer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One request and its response on an h1 connection, whole, odd or broken. */
class Http1ExchangeTest {
    @AfterAll
    static void nothingLeaks() throws InterruptedException {
        LeakCheck.nothingIsOpen();
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
        try (RawOrigin origin = RawOrigin.plain(connection -> connection.await(end));
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
                "HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\nok",
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
                if (upload.head.isDone()) {
                    peer.read(); // where a write felt the reset first, what had come is read before the end
                }
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
            TestExchange.Answer answer = rig.plain(new TestExchange(peer ->
                            TestExchange.send(peer, TestExchange.request(HttpMethod.POST, "api.example"), "he", "llo")))
                    .answer();
            assertThat(answer.trailers().get("X-Sum")).isEqualTo("1");
            assertThat(seen.get(20, TimeUnit.SECONDS))
                    .isEqualTo("POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 5\r\n\r\nhello");
        }
    }
}

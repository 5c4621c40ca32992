package egress.upstream;

import static egress.upstream.RawOrigin.OK;
import static egress.upstream.TestExchange.get;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.exchange.UpstreamPeer;
import egress.exchange.Upstreams.Attempt;
import egress.exchange.Upstreams.Origin;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.http.HeadLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that h1 exchanges share one after another: kept, bounded, given up in time, and never when in doubt. */
class Http1PoolTest {
    private static final Origin ORIGIN = new Origin(new Authority("api.example", 80), false, Protocol.ANY);

    @AfterAll
    static void nothingLeaks() throws InterruptedException {
        LeakCheck.nothingIsOpen();
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
    void closesAnIdleConnectionOnWhichSomethingIsSaidUnasked() throws Exception {
        CountDownLatch say = new CountDownLatch(1);
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(OK);
                    connection.await(say);
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
                    connection.await(end);
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
    void aLateAbortDoesNotHarmTheNextExchangeOnTheConnection() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    connection.readHead();
                    connection.write(OK);
                    connection.readHead();
                    connection.await(go);
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
        UpstreamLimits limits =
                new UpstreamLimits(4, 8, 100, 1 << 20, 6, 2, 1 << 20, 1 << 20, 1 << 24, 1 << 26, 8_192, headLimits());
        CountDownLatch go = new CountDownLatch(1);
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    while (!connection.readHead().isEmpty()) {
                        connection.await(go);
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
        UpstreamLimits limits =
                new UpstreamLimits(1, 8, 100, 1 << 20, 6, 2, 1 << 20, 1 << 20, 1 << 24, 1 << 26, 8_192, headLimits());
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
    void closingEndsIdleConnectionsAndLetsTheBusyFinish() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (RawOrigin origin = RawOrigin.plain(connection -> {
                    while (!connection.readHead().isEmpty()) {
                        connection.write(OK);
                        if (connection.number() == 1) {
                            connection.readHead();
                            connection.await(go);
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

    private static HeadLimits headLimits() {
        return UpstreamLimits.DEFAULTS.responseHead();
    }
}

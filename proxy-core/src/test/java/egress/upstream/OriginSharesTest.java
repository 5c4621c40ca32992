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
import egress.share.FairBudget;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.Http2Frame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one caller can take of an origin that others use too. */
class OriginSharesTest extends Http2Fixture {
    private static final Caller GREEDY = Caller.ofUser("greedy");
    private static final String SLOW = "slow.example";
    private static final int PART = 16_384;

    private final List<TestExchange> greedy = new CopyOnWriteArrayList<>();

    @AfterAll
    static void nothingStaysOpen() throws InterruptedException {
        LeakCheck.nothingIsOpen();
    }

    /** Answers at once, but leaves what is for the slow host without an answer. */
    private static RawOrigin origin() throws Exception {
        return RawOrigin.plain(connection -> {
            for (String head = connection.readHead(); !head.isEmpty(); head = connection.readHead()) {
                if (head.contains(SLOW)) {
                    connection.awaitEnd();
                    return;
                }
                connection.write(OK);
            }
        });
    }

    private static UpstreamConfig config(RawOrigin origin, int connections, int waiting) {
        UpstreamLimits all = UpstreamLimits.DEFAULTS;
        return Rig.pinnedTo(origin.port())
                .withLimits(new UpstreamLimits(
                        connections,
                        all.http2ConnectionsPerOrigin(),
                        all.streamsPerConnection(),
                        all.streamsInConnectionLife(),
                        waiting,
                        all.idleConnections(),
                        all.streamWindow(),
                        all.grownWindow(),
                        all.connectionWindow(),
                        all.windows(),
                        all.connections(),
                        all.responseHead()))
                .withTimeouts(UpstreamTimeouts.DEFAULTS
                        .withStalled(Duration.ofMillis(300))
                        .withQueue(Duration.ofSeconds(20)));
    }

    private static TestExchange start(Rig rig, Caller caller, long connection, TestExchange exchange, boolean tls)
            throws Exception {
        Origin origin = new Origin(new Authority("api.example", tls ? 443 : 80), tls, Protocol.ANY);
        rig.run(() -> rig.acquireHere(exchange, new Claimant(caller, connection), origin));
        return exchange;
    }

    private void fill(Rig rig, int exchanges, TestExchange.Maker maker, boolean tls) throws Exception {
        for (int i = 0; i < exchanges; i++) {
            greedy.add(start(rig, GREEDY, i % 8, maker.make(), tls));
        }
    }

    private void giveUp(Rig rig) throws Exception {
        rig.run(() -> greedy.forEach(TestExchange::abort));
    }

    @Test
    void longPollsOfOneCallerLeaveConnectionsToOthers() throws Exception {
        try (RawOrigin origin = origin();
                Rig rig = new Rig(config(origin, 32, 64).withTimeouts(UpstreamTimeouts.DEFAULTS))) {
            fill(rig, 80, () -> get(SLOW), false);
            for (int i = 0; i < 100; i++) {
                assertThat(start(rig, Caller.ofUser("honest-" + i % 10), 1, get(), false)
                                .answer()
                                .body())
                        .isEqualTo("ok");
            }
            assertThat(greedy.stream().filter(one -> one.acquired.isDone())).hasSizeGreaterThan(20);
            giveUp(rig);
        }
    }

    @Test
    void whatStandsStillGivesWayOnlyWhereOthersNeedItsPlace() throws Exception {
        try (RawOrigin origin = origin();
                Rig rig = new Rig(config(origin, 16, 64))) {
            fill(rig, 14, () -> get(SLOW), false);
            rig.await("they have their places", () -> rig.statistics().streams() >= 13);
            Thread.sleep(1_500);
            assertThat(greedy).as("alone, none is touched").noneMatch(one -> one.outcome.isDone());
            List<TestExchange> honest = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                honest.add(start(rig, Caller.ofUser("honest"), i, get(SLOW), false));
            }
            for (TestExchange one : honest) {
                one.acquired.get(20, TimeUnit.SECONDS);
            }
            List<TestExchange> ended =
                    greedy.stream().filter(one -> one.outcome.isDone()).toList();
            assertThat(ended).isNotEmpty();
            for (TestExchange one : ended) {
                assertThat(one.failure()).isInstanceOf(Failure.Overloaded.class);
            }
            assertThat(honest).noneMatch(one -> one.outcome.isDone());
            assertThat(budget(rig, "origin_connections").reclaimed()).isEqualTo(ended.size());
            giveUp(rig);
            rig.run(() -> honest.forEach(TestExchange::abort));
        }
    }

    @Test
    void longPollsOfOneCallerLeaveConnectionsThatOthersOpened() throws Exception {
        try (RawOrigin origin = origin();
                Rig rig = new Rig(config(origin, 128, 64).withTimeouts(UpstreamTimeouts.DEFAULTS))) {
            fill(rig, 10, () -> get(SLOW), false);
            for (TestExchange one : greedy) {
                one.acquired.get(20, TimeUnit.SECONDS);
            }
            Caller honest = Caller.ofUser("honest");
            assertThat(start(rig, honest, 1, get(), false).answer().body()).isEqualTo("ok");
            for (int i = 0; i < 10; i++) {
                rig.await("idle", () -> rig.statistics().idle() == 1);
                fill(rig, 1, () -> get(SLOW), false);
                assertThat(greedy.getLast().acquired.get(20, TimeUnit.SECONDS)).isNotNull();
                assertThat(greedy.getLast().reused).isFalse();
                TestExchange next = start(rig, honest, 1, get(), false);
                assertThat(next.answer().body()).isEqualTo("ok");
                assertThat(next.reused).as("its connection was left to it").isTrue();
            }
            rig.await("idle", () -> rig.statistics().idle() == 1);
            TestExchange another = start(rig, Caller.ofUser("another"), 1, get(), false);
            assertThat(another.answer().body()).isEqualTo("ok");
            assertThat(another.reused)
                    .as("a caller with few exchanges shares it")
                    .isTrue();
            giveUp(rig);
        }
    }

    @Test
    void theLineOfThoseThatWaitIsSharedToo() throws Exception {
        try (RawOrigin origin = origin();
                Rig rig = new Rig(config(origin, 4, 16).withTimeouts(UpstreamTimeouts.DEFAULTS))) {
            fill(rig, 40, () -> get(SLOW), false);
            rig.await("four are served", () -> rig.statistics().streams() == 4);
            List<TestExchange> honest = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                honest.add(start(rig, Caller.ofUser("honest"), i, get(), false));
                Thread.sleep(25); // who gives way is looked for that often at least, and the kept part is two places
            }
            assertThat(honest).as("refused").noneMatch(one -> one.outcome.isDone());
            giveUp(rig);
            for (TestExchange one : honest) {
                assertThat(one.answer().body()).isEqualTo("ok");
            }
        }
    }

    @Test
    void whoWaitsIsServedCallerByCaller() throws Exception {
        try (RawOrigin origin = origin();
                Rig rig = new Rig(config(origin, 1, 64).withTimeouts(UpstreamTimeouts.DEFAULTS))) {
            TestExchange first = start(rig, GREEDY, 0, get(SLOW), false);
            first.acquired.get(20, TimeUnit.SECONDS);
            fill(rig, 20, () -> get(SLOW), false);
            TestExchange honest = start(rig, Caller.ofUser("honest"), 1, get(), false);
            rig.run(first::abort);
            rig.await("one of the others is served", () -> greedy.stream().anyMatch(one -> one.acquired.isDone()));
            rig.run(() -> greedy.stream().filter(one -> one.acquired.isDone()).forEach(TestExchange::abort));
            assertThat(honest.answer().body()).isEqualTo("ok");
            giveUp(rig);
        }
    }

    /** Sends as much as the windows let it. */
    private static void endless(H2Origin.Connection connection, Http2Frame frame) {
        if (!(frame instanceof Http2HeadersFrame headers)) {
            return;
        }
        if (!headers.headers().authority().toString().equals(SLOW)) {
            connection.answer(headers.stream(), "ok");
            return;
        }
        connection.head(headers.stream(), 200, false);
        for (int i = 0; i < 128; i++) {
            connection.channel.write(
                    new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(new byte[PART]), false).stream(headers.stream()));
        }
        connection.channel.flush();
    }

    /** Reads so many bytes and then no more. */
    private static TestExchange readsOnly(int bytes) {
        TestExchange exchange = get(SLOW);
        exchange.readsUpTo = bytes;
        return exchange;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 400_000})
    void answersThatNobodyReadsStopNoOtherStreamOfTheConnection(int read) throws Exception {
        try (H2Origin origin = origin(OriginSharesTest::endless);
                Rig rig = new Rig(config(origin))) {
            fill(rig, 40, () -> readsOnly(read), true);
            for (TestExchange one : greedy) {
                one.acquired.get(20, TimeUnit.SECONDS);
                rig.await("read", () -> one.received.get() >= read);
            }
            Thread.sleep(300);
            for (int i = 0; i < 20; i++) {
                assertThat(start(rig, Caller.ofUser("honest"), i, get(), true)
                                .answer()
                                .body())
                        .isEqualTo("ok");
            }
            assertThat(origin.connections).hasSize(1);
            giveUp(rig);
        }
    }

    @Test
    void largerWindowsAreSharedAndWithoutOneADownloadArrivesAllTheSame() throws Exception {
        UpstreamLimits all = UpstreamLimits.DEFAULTS;
        UpstreamLimits few = new UpstreamLimits(
                all.connectionsPerOrigin(),
                all.http2ConnectionsPerOrigin(),
                all.streamsPerConnection(),
                all.streamsInConnectionLife(),
                all.waiting(),
                all.idleConnections(),
                all.streamWindow(),
                all.grownWindow(),
                all.connectionWindow(),
                1,
                all.connections(),
                all.responseHead());
        try (H2Origin origin = origin(OriginSharesTest::endless);
                Rig rig = new Rig(config(origin).withLimits(few))) {
            TestExchange download = start(rig, GREEDY, 1, get(SLOW), true);
            rig.await("all is read", () -> download.received.get() == 128L * PART);
            FairBudget.Statistics windows = budget(rig, "origin_windows");
            assertThat(windows.refused()).isPositive();
            assertThat(windows.used()).isZero();
            greedy.add(download);
            giveUp(rig);
        }
    }

    private static FairBudget.Statistics budget(Rig rig, String name) {
        return Objects.requireNonNull(rig.upstreams.budgets().get(name), name);
    }
}

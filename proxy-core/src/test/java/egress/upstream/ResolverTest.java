package egress.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.exchange.Failure;
import egress.share.Caller;
import egress.share.Claimant;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ResolverTest {
    private final AtomicInteger lookups = new AtomicInteger();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private Instant now = Instant.EPOCH;
    private final InstantSource clock = () -> now;
    private final Resolver.Limits limits = limits(Duration.ofSeconds(10), 4, 128, 1_024);
    private static final EventLoop LOOP = new EmbeddedChannel().eventLoop();
    private static final Caller GREEDY = Caller.ofUser("greedy");
    private static final Caller MODEST = Caller.ofUser("modest");

    private static Resolver.Limits limits(Duration timeout, int kept, int underWay, int waiting) {
        return limits(timeout, kept, underWay, waiting, 1_000);
    }

    private static Resolver.Limits limits(Duration timeout, int kept, int underWay, int waiting, int atOnce) {
        return new Resolver.Limits(
                timeout,
                Duration.ofSeconds(20),
                Duration.ofSeconds(2),
                Duration.ofSeconds(2),
                kept,
                underWay,
                waiting,
                atOnce,
                10);
    }

    private static CompletableFuture<List<InetAddress>> resolve(Resolver resolver, String host) {
        return resolver.resolve(LOOP, Claimant.SELF, host);
    }

    private static CompletableFuture<List<InetAddress>> resolve(Resolver resolver, Caller caller, String host) {
        return resolver.resolve(LOOP, new Claimant(caller, 1), host);
    }

    private Resolver resolver(SystemNames.Lookup lookup) {
        return resolver(lookup, limits);
    }

    private Resolver resolver(SystemNames.Lookup lookup, Resolver.Limits bounds) {
        SystemNames names = new SystemNames(
                host -> {
                    lookups.incrementAndGet();
                    return lookup.lookup(host);
                },
                tasks::add,
                Duration.ofSeconds(20));
        return new Resolver(names, bounds, clock);
    }

    private static InetAddress[] address(int last) throws UnknownHostException {
        return new InetAddress[] {InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, (byte) last})};
    }

    private void runAll() {
        while (!tasks.isEmpty()) {
            tasks.poll().run();
        }
    }

    private static Failure failure(CompletableFuture<?> future) {
        try {
            throw new AssertionError("an answer: " + future.get(5, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof FailureException known) {
                return known.failure();
            }
            throw new AssertionError(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void asksOnceForManyWhoAskAtOnce() throws Exception {
        Resolver resolver = resolver(host -> address(1));
        CompletableFuture<List<InetAddress>> first = resolve(resolver, "a.example");
        CompletableFuture<List<InetAddress>> second = resolve(resolver, "a.example");
        assertThat(tasks).hasSize(1);
        runAll();
        assertThat(first.get(5, TimeUnit.SECONDS)).containsExactly(address(1));
        assertThat(second.get(5, TimeUnit.SECONDS)).containsExactly(address(1));
        assertThat(lookups).hasValue(1);
    }

    @Test
    void keepsAnAnswerForAWhileAndThenAsksAgain() throws Exception {
        Resolver resolver = resolver(host -> address(lookups.get()));
        resolve(resolver, "a.example");
        runAll();
        now = now.plusSeconds(19);
        assertThat(resolve(resolver, "a.example")).isCompletedWithValue(List.of(address(1)));
        now = now.plusSeconds(1);
        CompletableFuture<List<InetAddress>> later = resolve(resolver, "a.example");
        assertThat(later).isNotDone();
        runAll();
        assertThat(later.get(5, TimeUnit.SECONDS)).containsExactly(address(2));
    }

    @Test
    void keepsThatANameIsUnknownForAShorterWhile() {
        Resolver resolver = resolver(host -> {
            throw new UnknownHostException(host);
        });
        CompletableFuture<List<InetAddress>> first = resolve(resolver, "nowhere.example");
        runAll();
        assertThat(failure(first))
                .isEqualTo(new Failure.UpstreamUnreachable("no address is known for nowhere.example"));
        assertThat(failure(resolve(resolver, "nowhere.example"))).isInstanceOf(Failure.UpstreamUnreachable.class);
        assertThat(lookups).hasValue(1);
        now = now.plusSeconds(2);
        CompletableFuture<List<InetAddress>> later = resolve(resolver, "nowhere.example");
        runAll();
        assertThat(failure(later)).isInstanceOf(Failure.UpstreamUnreachable.class);
        assertThat(lookups).hasValue(2);
    }

    @Test
    void aResolverThatThrowsIsAFailureAndNotKept() {
        Resolver resolver = resolver(host -> {
            throw new IllegalStateException("broken");
        });
        for (int i = 1; i <= 2; i++) {
            CompletableFuture<List<InetAddress>> answer = resolve(resolver, "a.example");
            runAll();
            assertThat(failure(answer)).isInstanceOf(Failure.UpstreamUnreachable.class);
            assertThat(lookups).hasValue(i);
        }
    }

    @Test
    void keepsNoMoreNamesThanItMay() {
        Resolver resolver = resolver(host -> address(1));
        for (int i = 0; i < 100; i++) {
            resolve(resolver, "n" + i + ".example");
            runAll();
        }
        int asked = lookups.get();
        for (int i = 0; i < 100; i++) {
            resolve(resolver, "n" + i + ".example");
            runAll();
        }
        assertThat(lookups.get() - asked).isGreaterThanOrEqualTo(96);
    }

    @Test
    void refusesWhenTooManyLookupsWait() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (ThreadPoolExecutor threads = SystemNames.threads(4)) {
            SystemNames names = new SystemNames(
                    host -> {
                        try {
                            go.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        return address(1);
                    },
                    threads,
                    Duration.ofSeconds(20));
            Resolver resolver = new Resolver(names, limits(Duration.ofSeconds(10), 4, 1, 2), clock);
            List<CompletableFuture<List<InetAddress>>> taken = List.of(
                    resolve(resolver, "a.example"), resolve(resolver, "b.example"), resolve(resolver, "c.example"));

            assertThat(failure(resolve(resolver, "d.example"))).isInstanceOf(Failure.Overloaded.class);
            go.countDown();
            for (CompletableFuture<List<InetAddress>> answer : taken) {
                assertThat(answer.get(5, TimeUnit.SECONDS)).hasSize(1);
            }
            assertThat(resolve(resolver, "d.example").get(5, TimeUnit.SECONDS)).hasSize(1);
        }
    }

    @Test
    void whoWaitsTooLongFailsAndTheNextMayAskAgain() {
        Resolver resolver = resolver(host -> address(1), limits(Duration.ofMillis(10), 4, 128, 1_024));
        CompletableFuture<List<InetAddress>> answer = resolve(resolver, "a.example");
        assertThatThrownBy(() -> answer.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(TimeoutException.class);
        now = now.plusSeconds(2);
        resolve(resolver, "a.example");
        assertThat(tasks).hasSize(2);
    }

    @Test
    void deadNamesOfOneCallerHoldUpNoOther() throws Exception {
        Resolver resolver = resolver(host -> address(1), limits(Duration.ofSeconds(10), 64, 16, 64));
        for (int i = 0; i < 100; i++) {
            resolve(resolver, GREEDY, "dead" + i + ".example");
        }
        int dead = tasks.size();
        assertThat(dead).isLessThan(16);
        for (int i = 0; i < 20; i++) {
            CompletableFuture<List<InetAddress>> good = resolve(resolver, MODEST, "good" + i + ".example");
            assertThat(tasks).as("look-up %s begins at once", i).hasSize(dead + 1);
            tasks.pollLast().run();
            assertThat(good.get(5, TimeUnit.SECONDS)).containsExactly(address(1));
        }
        assertThat(resolver.lookups().statistics().used()).isEqualTo(dead);
    }

    @Test
    void whoAsksForANameThatAnotherWaitsToAskForIsNotBehindThatOne() throws Exception {
        Resolver resolver = resolver(host -> address(1), limits(Duration.ofSeconds(10), 64, 16, 64));
        for (int i = 0; i < 20; i++) {
            resolve(resolver, GREEDY, "dead" + i + ".example");
        }
        CompletableFuture<List<InetAddress>> theirs = resolve(resolver, GREEDY, "good.example");
        assertThat(theirs).isNotDone();
        int dead = tasks.size();
        CompletableFuture<List<InetAddress>> mine = resolve(resolver, MODEST, "good.example");
        assertThat(tasks).hasSize(dead + 1);
        tasks.pollLast().run();
        assertThat(mine.get(5, TimeUnit.SECONDS)).containsExactly(address(1));
        runAll();
        assertThat(theirs.get(5, TimeUnit.SECONDS)).containsExactly(address(1));
    }

    @Test
    void aLookupThatHasHungForAWhileIsNotWaitedForByOthers() throws Exception {
        Resolver resolver = resolver(host -> address(lookups.get()));
        CompletableFuture<List<InetAddress>> hangs = resolve(resolver, GREEDY, "a.example");
        Runnable hung = tasks.poll();
        now = now.plusSeconds(3);
        CompletableFuture<List<InetAddress>> later = resolve(resolver, MODEST, "a.example");
        runAll();
        assertThat(later.get(5, TimeUnit.SECONDS)).containsExactly(address(1));
        assertThat(hangs).isNotDone();
        hung.run();
        assertThat(hangs.get(5, TimeUnit.SECONDS)).containsExactly(address(2));
    }

    @Test
    void whoseNamesFillTheCacheLosesItsOwn() {
        Resolver resolver = resolver(host -> address(1));
        resolve(resolver, MODEST, "good.example");
        runAll();
        for (int i = 0; i < 100; i++) {
            resolve(resolver, GREEDY, "n" + i + ".example");
            runAll();
        }
        assertThat(resolve(resolver, MODEST, "good.example")).isCompletedWithValueMatching(found -> found.size() == 1);
    }

    /** They wait, and are begun as time goes on; another caller is not held up. */
    @Test
    void aCallerThatAsksForThousandsOfNamesIsPaced() throws Exception {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        Claimant greedy = new Claimant(GREEDY, 1);
        Resolver resolver = resolver(host -> address(1), limits(Duration.ofMinutes(1), 64, 128, 4_096, 20));
        List<CompletableFuture<List<InetAddress>>> asked = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            asked.add(resolver.resolve(channel.eventLoop(), greedy, "n" + i + ".flood.example"));
            runAll();
        }
        assertThat(lookups).hasValue(20);
        for (int i = 0; i < 20; i++) {
            CompletableFuture<List<InetAddress>> good = resolve(resolver, MODEST, "good" + i + ".example");
            runAll();
            assertThat(good.get(5, TimeUnit.SECONDS)).containsExactly(address(1));
        }
        for (int second = 1; second <= 3; second++) {
            for (int tenth = 0; tenth < 10; tenth++) {
                now = now.plusMillis(100);
                channel.advanceTimeBy(100, TimeUnit.MILLISECONDS);
                channel.runScheduledPendingTasks();
                runAll();
            }
            assertThat(lookups).as("after %s s", second).hasValue(40 + 10 * second);
        }
        assertThat(asked.stream().filter(CompletableFuture::isDone).count()).isEqualTo(50);
        now = now.plusSeconds(600);
        assertThat(resolver.places().statistics().used()).isEqualTo(950);
    }

    /** What was paid for is forgotten, and nobody saves up more than the number at once. */
    @Test
    void thePaceForgetsWhoHasAllOfItsNumberAgain() {
        LookupPace pace = new LookupPace(4, 2);
        for (int i = 0; i < 4; i++) {
            assertThat(pace.wait(GREEDY, now)).isZero();
            pace.begun(GREEDY, now);
        }
        assertThat(pace.wait(GREEDY, now)).isEqualTo(Duration.ofMillis(500));
        assertThat(pace.wait(MODEST, now)).isZero();
        now = now.plusSeconds(3_600);
        for (int i = 0; i < 4; i++) {
            assertThat(pace.wait(GREEDY, now)).isZero();
            pace.begun(GREEDY, now);
        }
        assertThat(pace.wait(GREEDY, now)).isPositive();
        for (int i = 0; i < 10_000; i++) {
            now = now.plusSeconds(1);
            pace.begun(Caller.ofUser("user" + i), now);
        }
        assertThat(pace.remembered()).isLessThan(600);
    }
}

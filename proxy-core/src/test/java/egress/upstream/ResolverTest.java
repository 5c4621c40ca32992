package egress.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.exchange.Failure;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
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
    private final Resolver.Limits limits =
            new Resolver.Limits(Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(2), 4);

    private Resolver resolver(Resolver.Lookup lookup) {
        return new Resolver(
                host -> {
                    lookups.incrementAndGet();
                    return lookup.lookup(host);
                },
                tasks::add,
                limits,
                clock);
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
        CompletableFuture<List<InetAddress>> first = resolver.resolve("a.example");
        CompletableFuture<List<InetAddress>> second = resolver.resolve("a.example");
        assertThat(tasks).hasSize(1);
        runAll();
        assertThat(first.get(5, TimeUnit.SECONDS)).containsExactly(address(1));
        assertThat(second.get(5, TimeUnit.SECONDS)).containsExactly(address(1));
        assertThat(lookups).hasValue(1);
    }

    @Test
    void keepsAnAnswerForAWhileAndThenAsksAgain() throws Exception {
        Resolver resolver = resolver(host -> address(lookups.get()));
        resolver.resolve("a.example");
        runAll();
        now = now.plusSeconds(19);
        assertThat(resolver.resolve("a.example")).isCompletedWithValue(List.of(address(1)));
        now = now.plusSeconds(1);
        CompletableFuture<List<InetAddress>> later = resolver.resolve("a.example");
        assertThat(later).isNotDone();
        runAll();
        assertThat(later.get(5, TimeUnit.SECONDS)).containsExactly(address(2));
    }

    @Test
    void keepsThatANameIsUnknownForAShorterWhile() {
        Resolver resolver = resolver(host -> {
            throw new UnknownHostException(host);
        });
        CompletableFuture<List<InetAddress>> first = resolver.resolve("nowhere.example");
        runAll();
        assertThat(failure(first))
                .isEqualTo(new Failure.UpstreamUnreachable("no address is known for nowhere.example"));
        assertThat(failure(resolver.resolve("nowhere.example"))).isInstanceOf(Failure.UpstreamUnreachable.class);
        assertThat(lookups).hasValue(1);
        now = now.plusSeconds(2);
        CompletableFuture<List<InetAddress>> later = resolver.resolve("nowhere.example");
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
            CompletableFuture<List<InetAddress>> answer = resolver.resolve("a.example");
            runAll();
            assertThat(failure(answer)).isInstanceOf(Failure.UpstreamUnreachable.class);
            assertThat(lookups).hasValue(i);
        }
    }

    @Test
    void keepsNoMoreNamesThanItMay() {
        Resolver resolver = resolver(host -> address(1));
        for (int i = 0; i < 100; i++) {
            resolver.resolve("n" + i + ".example");
            runAll();
        }
        int asked = lookups.get();
        for (int i = 0; i < 100; i++) {
            resolver.resolve("n" + i + ".example");
            runAll();
        }
        assertThat(lookups.get() - asked).isGreaterThanOrEqualTo(96);
    }

    @Test
    void refusesWhenTooManyLookupsWait() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (ThreadPoolExecutor threads = Resolver.lookupThreads(1, 2)) {
            Resolver resolver = new Resolver(
                    host -> {
                        try {
                            go.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        return address(1);
                    },
                    threads,
                    limits,
                    clock);
            List<CompletableFuture<List<InetAddress>>> taken = List.of(
                    resolver.resolve("a.example"), resolver.resolve("b.example"), resolver.resolve("c.example"));

            assertThat(failure(resolver.resolve("d.example"))).isInstanceOf(Failure.Overloaded.class);
            go.countDown();
            for (CompletableFuture<List<InetAddress>> answer : taken) {
                assertThat(answer.get(5, TimeUnit.SECONDS)).hasSize(1);
            }
            assertThat(resolver.resolve("d.example").get(5, TimeUnit.SECONDS)).hasSize(1);
        }
    }

    @Test
    void whoWaitsTooLongFailsAndTheNextMayAskAgain() {
        Resolver resolver = new Resolver(
                host -> address(1),
                tasks::add,
                new Resolver.Limits(Duration.ofMillis(10), Duration.ofSeconds(1), Duration.ofSeconds(1), 4),
                clock);
        CompletableFuture<List<InetAddress>> answer = resolver.resolve("a.example");
        assertThatThrownBy(() -> answer.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(TimeoutException.class);
        resolver.resolve("a.example");
        assertThat(tasks).hasSize(2);
    }
}

package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.ca.MintException.Reason;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import org.junit.jupiter.api.Test;

class LeafCacheTest {
    private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

    private final TestClock clock = new TestClock(START);
    private final Issuer issuer = Issuer.mint(clock, new SecureRandom());
    private final HeldExecutor executor = new HeldExecutor(8);
    private final LeafCache cache = new LeafCache(issuer, executor, clock, 3);

    /** Runs what it was given only when told to, and takes no more than its bound. */
    private static final class HeldExecutor implements Executor {
        private final Queue<Runnable> held = new ArrayDeque<>();
        private int bound;

        HeldExecutor(int bound) {
            this.bound = bound;
        }

        @Override
        public void execute(Runnable task) {
            if (held.size() >= bound) {
                throw new RejectedExecutionException("full");
            }
            held.add(task);
        }

        void runAll() {
            for (Runnable task = held.poll(); task != null; task = held.poll()) {
                task.run();
            }
        }
    }

    private static CompletableFuture<LeafCertificate> ask(LeafCache cache, String name) {
        return cache.get(name).toCompletableFuture();
    }

    private LeafCertificate mint(String name) {
        CompletableFuture<LeafCertificate> asked = ask(cache, name);
        executor.runAll();
        return asked.join();
    }

    @Test
    void mintsOnceForAllWhoAskAtTheSameTime() {
        List<CompletableFuture<LeafCertificate>> asked = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            asked.add(ask(cache, i % 2 == 0 ? "A.example" : "a.example."));
        }
        assertThat(executor.held).hasSize(1);
        assertThat(asked).noneMatch(CompletableFuture::isDone);
        executor.runAll();
        assertThat(asked).allMatch(stage -> stage.join() == asked.getFirst().join());
        assertThat(cache.statistics()).isEqualTo(new LeafCache.Statistics(0, 100, 1, 0, 0, 0, 0, 1));
    }

    @Test
    void servesFromTheCacheAfterwards() {
        LeafCertificate leaf = mint("a.example");
        assertThat(ask(cache, "a.example")).isCompletedWithValue(leaf);
        assertThat(cache.statistics().hits()).isEqualTo(1);
    }

    @Test
    void dropsTheLeastRecentlyUsed() {
        LeafCertificate a = mint("a.example");
        LeafCertificate b = mint("b.example");
        LeafCertificate c = mint("c.example");
        assertThat(mint("a.example")).isSameAs(a);
        mint("d.example");
        assertThat(cache.statistics().evictions()).isEqualTo(1);
        assertThat(cache.statistics().size()).isEqualTo(3);
        assertThat(mint("a.example")).isSameAs(a);
        assertThat(mint("c.example")).isSameAs(c);
        assertThat(mint("b.example").id()).isNotEqualTo(b.id());
    }

    @Test
    void renewsInTheBackgroundWhileTheOldLeafIsStillServed() {
        LeafCertificate first = mint("a.example");
        clock.set(first.renewAfter().minusSeconds(1));
        assertThat(ask(cache, "a.example")).isCompletedWithValue(first);
        assertThat(executor.held).isEmpty();

        clock.set(first.renewAfter());
        assertThat(ask(cache, "a.example")).isCompletedWithValue(first);
        assertThat(ask(cache, "a.example")).isCompletedWithValue(first);
        assertThat(executor.held).hasSize(1);
        executor.runAll();

        LeafCertificate second = ask(cache, "a.example").join();
        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(second.notAfter()).isAfter(first.notAfter());
        assertThat(cache.statistics().renewals()).isEqualTo(1);
    }

    @Test
    void waitsForANewLeafWhenTheOldOneHasEnded() {
        LeafCertificate first = mint("a.example");
        clock.set(first.notAfter());
        CompletableFuture<LeafCertificate> asked = ask(cache, "a.example");
        assertThat(asked).isNotDone();
        executor.runAll();
        assertThat(asked.join().notAfter()).isAfter(first.notAfter());
        assertThat(cache.statistics().renewals()).isZero();
    }

    @Test
    void mintsAnewWhenTheClockWasSetBack() {
        clock.advance(Duration.ofDays(400));
        LeafCertificate future = mint("a.example");
        clock.set(START);
        assertThat(mint("a.example").notBefore()).isBefore(future.notBefore());
    }

    @Test
    void doesNotRenewWhatCannotEndLaterAndFailsOnceTheAuthorityEnds() {
        Instant end = issuer.certificate().getNotAfter().toInstant();
        clock.set(end.minus(Duration.ofDays(2)));
        LeafCertificate last = mint("a.example");
        assertThat(last.notAfter()).isEqualTo(end);
        clock.set(end.minus(Duration.ofHours(1)));
        assertThat(ask(cache, "a.example")).isCompletedWithValue(last);
        assertThat(executor.held).isEmpty();

        clock.set(end.minusSeconds(5));
        CompletableFuture<LeafCertificate> asked = ask(cache, "a.example");
        executor.runAll();
        assertThat(reason(asked)).isEqualTo(Reason.CA_NOT_VALID);
        assertThat(cache.statistics().failures()).isEqualTo(1);
    }

    @Test
    void refusesMoreThanTheExecutorTakesAndRecovers() {
        List<CompletableFuture<LeafCertificate>> asked = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            asked.add(ask(cache, "n" + i + ".example"));
        }
        assertThat(asked.stream().filter(CompletableFuture::isDone)).hasSize(12);
        assertThat(reason(asked.getLast())).isEqualTo(Reason.OVERLOADED);
        assertThat(cache.statistics().refusals()).isEqualTo(12);
        executor.runAll();
        assertThat(mint("n19.example").name()).isEqualTo("n19.example");
    }

    @Test
    void mintsInTheTurnThatComesFirst() {
        HeldExecutor late = new HeldExecutor(8);
        HeldExecutor early = new HeldExecutor(8);
        CompletableFuture<LeafCertificate> first =
                cache.get("a.example", "one", late).toCompletableFuture();
        CompletableFuture<LeafCertificate> again =
                cache.get("a.example", "one", late).toCompletableFuture();
        CompletableFuture<LeafCertificate> second =
                cache.get("a.example", "two", early).toCompletableFuture();
        assertThat(late.held).hasSize(1);
        early.runAll();
        assertThat(List.of(first, again, second)).allMatch(CompletableFuture::isDone);
        late.runAll();
        assertThat(cache.statistics().mints()).isEqualTo(1);
    }

    @Test
    void whoHasTooManyWaitingFailsAloneWhereAnotherWaitsForTheSame() {
        CompletableFuture<LeafCertificate> first =
                cache.get("a.example", "one", executor).toCompletableFuture();
        CompletableFuture<LeafCertificate> refused =
                cache.get("a.example", "two", new HeldExecutor(0)).toCompletableFuture();
        assertThat(reason(refused)).isEqualTo(Reason.OVERLOADED);
        assertThat(first).isNotDone();
        executor.runAll();
        assertThat(first.join().name()).isEqualTo("a.example");
    }

    @Test
    void keepsServingAValidLeafWhenItsRenewalIsRefused() {
        LeafCertificate leaf = mint("a.example");
        clock.set(leaf.renewAfter());
        executor.bound = 0;
        assertThat(ask(cache, "a.example")).isCompletedWithValue(leaf);
        executor.bound = 8;
        assertThat(ask(cache, "a.example")).isCompletedWithValue(leaf);
        assertThat(executor.held).hasSize(1);
    }

    @Test
    void refusesBadNamesWithoutMinting() {
        assertThat(reason(ask(cache, "*.example"))).isEqualTo(Reason.BAD_NAME);
        assertThat(executor.held).isEmpty();
    }

    @Test
    void failsWhoeverWaitsWhenItIsClosed() {
        CompletableFuture<LeafCertificate> asked = ask(cache, "a.example");
        cache.close();
        assertThat(reason(asked)).isEqualTo(Reason.CLOSED);
        assertThat(reason(ask(cache, "b.example"))).isEqualTo(Reason.CLOSED);
        executor.runAll();
        assertThat(cache.statistics().size()).isZero();
    }

    @Test
    void doesNotLetOneCallerEndTheMintOfAnother() {
        CompletableFuture<LeafCertificate> impatient = ask(cache, "a.example");
        CompletableFuture<LeafCertificate> patient = ask(cache, "a.example");
        impatient.cancel(true);
        executor.runAll();
        assertThat(patient.join().name()).isEqualTo("a.example");
    }

    @Test
    void staysBoundedUnderManyNamesFromManyThreads() throws Exception {
        try (ThreadPoolExecutor mints = LeafCache.boundedExecutor(2, 64)) {
            LeafCache bounded = new LeafCache(issuer, mints, clock, 50);
            CountDownLatch go = new CountDownLatch(1);
            List<CompletionStage<LeafCertificate>> asked = new ArrayList<>();
            List<Thread> callers = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                callers.add(Thread.ofPlatform().start(() -> {
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    for (int i = 0; i < 500; i++) {
                        CompletionStage<LeafCertificate> stage = bounded.get("n" + i + ".example");
                        synchronized (asked) {
                            asked.add(stage);
                        }
                    }
                }));
            }
            go.countDown();
            for (Thread caller : callers) {
                caller.join();
            }
            long served = 0;
            for (CompletionStage<LeafCertificate> stage : asked) {
                try {
                    stage.toCompletableFuture().join();
                    served++;
                } catch (CompletionException e) {
                    assertThat(e.getCause())
                            .isInstanceOfSatisfying(
                                    MintException.class,
                                    cause -> assertThat(cause.reason()).isEqualTo(Reason.OVERLOADED));
                }
            }
            LeafCache.Statistics statistics = bounded.statistics();
            assertThat(asked).hasSize(2000);
            assertThat(served).isPositive();
            assertThat(statistics.size()).isLessThanOrEqualTo(50);
            assertThat(statistics.hits() + statistics.misses()).isEqualTo(2000);
            assertThat(statistics.mints()).isEqualTo(statistics.evictions() + statistics.size());
            assertThat(mints.getLargestPoolSize()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void refusesACapacityThatHoldsNothing() {
        assertThatThrownBy(() -> new LeafCache(issuer, executor, clock, 0)).hasMessageContaining("expected: 1 or more");
    }

    private static Reason reason(CompletableFuture<LeafCertificate> stage) {
        assertThat(stage).isCompletedExceptionally();
        Throwable cause = stage.exceptionNow();
        assertThat(cause).isInstanceOf(MintException.class);
        return ((MintException) cause).reason();
    }
}

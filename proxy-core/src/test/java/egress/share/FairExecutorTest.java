package egress.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FairExecutorTest {
    private static final Caller A = Caller.ofUser("a");
    private static final Caller B = Caller.ofUser("b");

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    private static Claimant of(Caller caller, int connection) {
        return new Claimant(caller, connection);
    }

    /** Holds every place until it is let go, so that what follows waits. */
    private static CountDownLatch occupy(FairExecutor executor, Claimant who, int places) {
        CountDownLatch go = new CountDownLatch(1);
        for (int i = 0; i < places; i++) {
            executor.execute(who, turn -> await(go));
        }
        return go;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void servesWhoHadTheLeastTimeFirst() throws InterruptedException {
        AtomicLong now = new AtomicLong();
        FairExecutor executor = FairExecutor.computing(1, 1000, threads, now::get);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch go = occupy(executor, Claimant.SELF, 1);
        CountDownLatch done = new CountDownLatch(40);
        for (int i = 0; i < 30; i++) {
            executor.execute(of(A, i), turn -> {
                order.add("a");
                now.addAndGet(1_000);
                done.countDown();
            });
        }
        for (int i = 0; i < 10; i++) {
            executor.execute(of(B, i), turn -> {
                order.add("b");
                now.addAndGet(1_000);
                done.countDown();
            });
        }
        go.countDown();
        await(done);
        assertThat(order.subList(0, 20)).filteredOn("b"::equals).hasSizeBetween(9, 10);
    }

    @Test
    void sharesACallersTimeAmongItsConnections() {
        AtomicLong now = new AtomicLong();
        FairExecutor executor = FairExecutor.computing(1, 1000, threads, now::get);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch go = occupy(executor, Claimant.SELF, 1);
        CountDownLatch done = new CountDownLatch(22);
        for (int i = 0; i < 22; i++) {
            int connection = i < 20 ? 1 : 2;
            executor.execute(of(A, connection), turn -> {
                order.add("" + connection);
                now.addAndGet(1_000);
                done.countDown();
            });
        }
        go.countDown();
        await(done);
        assertThat(order.subList(0, 4)).containsExactly("1", "2", "1", "2");
    }

    @Test
    void refusesWhoHasItsShareOfTheWaitingAndLetsOthersWait() {
        FairExecutor executor = FairExecutor.computing(1, 80, threads);
        CountDownLatch go = occupy(executor, Claimant.SELF, 1);
        AtomicInteger accepted = new AtomicInteger();
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 80; i++) {
                        executor.execute(of(A, i), turn -> {});
                        accepted.incrementAndGet();
                    }
                })
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessageContaining("user:a");
        assertThat(accepted.get()).isBetween(60, 70);
        for (int i = 0; i < 8; i++) {
            executor.execute(of(B, i), turn -> {});
        }
        assertThat(executor.statistics().refused()).isEqualTo(1);
        go.countDown();
    }

    @Test
    void pausesWhatRunsLongWhileOthersAreDue() throws InterruptedException {
        FairExecutor executor = FairExecutor.computing(1, 100, threads);
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        executor.execute(of(A, 1), turn -> {
            while (!stop.get()) {
                turn.pause();
            }
            ended.countDown();
        });
        for (int i = 0; i < 50; i++) {
            CountDownLatch done = new CountDownLatch(1);
            executor.execute(of(B, i), turn -> done.countDown());
            assertThat(done.await(5, TimeUnit.SECONDS))
                    .as("another caller's work %s", i)
                    .isTrue();
        }
        CountDownLatch sibling = new CountDownLatch(1);
        executor.execute(of(A, 2), turn -> sibling.countDown());
        assertThat(sibling.await(5, TimeUnit.SECONDS))
                .as("another connection's work")
                .isTrue();
        stop.set(true);
        await(ended);
        awaitIdle(executor);
    }

    @Test
    void givesTenThatNeverEndTheSameTime() throws InterruptedException {
        FairExecutor executor = FairExecutor.computing(2, 100, threads);
        AtomicBoolean stop = new AtomicBoolean();
        long[] spun = new long[10];
        CountDownLatch ended = new CountDownLatch(20);
        for (int i = 0; i < 20; i++) {
            int caller = i % 10;
            executor.execute(of(Caller.ofUser("c" + caller), i), turn -> {
                while (!stop.get()) {
                    long before = System.nanoTime();
                    turn.pause();
                    synchronized (spun) {
                        spun[caller] += System.nanoTime() - before < 500_000 ? 1 : 0;
                    }
                }
                ended.countDown();
            });
        }
        for (int i = 0; i < 2000 && hasZero(spun); i++) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        CountDownLatch small = new CountDownLatch(1);
        executor.execute(of(B, 0), turn -> small.countDown());
        assertThat(small.await(2, TimeUnit.SECONDS))
                .as("a small work beside them")
                .isTrue();
        stop.set(true);
        await(ended);
        assertThat(hasZero(spun)).as("a caller that got no time").isFalse();
        awaitIdle(executor);
    }

    @Test
    void endsWhatIsPausedWhenNobodyWantsIt() throws InterruptedException {
        FairExecutor executor = FairExecutor.computing(1, 100, threads);
        AtomicBoolean dismissed = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        FairExecutor.Turn turn = executor.execute(of(A, 1), own -> {
            while (!dismissed.get()) {
                own.pause();
            }
            ended.countDown();
        });
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch runs = new CountDownLatch(1);
        executor.execute(of(B, 1), own -> {
            runs.countDown();
            await(go);
        });
        await(runs);
        FairExecutor.Turn never = executor.execute(of(B, 2), own -> dismissed.set(false));
        dismissed.set(true);
        assertThat(turn.cancel()).isFalse();
        assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(never.cancel()).isTrue();
        assertThat(never.cancel()).isFalse();
        go.countDown();
        awaitIdle(executor);
        assertThat(dismissed).isTrue();
    }

    @Test
    void keepsPlacesForWhoHasNoneWhereNothingCanBePaused() {
        FairExecutor executor = FairExecutor.awaiting(16, 100, Runnable::run);
        List<FairExecutor.Turn> begun = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            executor.begin(of(A, i), begun::add);
        }
        assertThat(begun).hasSize(14);
        executor.begin(of(B, 1), begun::add);
        executor.begin(of(B, 2), begun::add);
        assertThat(begun).hasSize(16);
        executor.begin(of(B, 3), begun::add);
        begun.get(0).end();
        begun.get(1).end();
        begun.get(1).end();
        assertThat(executor.running())
                .as("the one above its share leaves the reserve alone")
                .isEqualTo(15);
        List.copyOf(begun).forEach(FairExecutor.Turn::end);
        List.copyOf(begun).forEach(FairExecutor.Turn::end);
        assertThat(begun).hasSize(23);
        assertThat(executor.running()).isZero();
    }

    @Test
    void whatNoThreadIsFoundForHoldsNothingAndIsKnownNotToHaveBegun() {
        FairExecutor executor = FairExecutor.awaiting(2, 10, work -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        FairExecutor.Turn turn = executor.execute(of(A, 1), own -> {});
        assertThat(executor.running()).isZero();
        assertThat(executor.statistics().used()).isZero();
        assertThat(turn.cancel()).as("never begun").isTrue();
        assertThat(turn.cancel()).as("said once").isFalse();
    }

    private static boolean hasZero(long[] counts) {
        synchronized (counts) {
            return Arrays.stream(counts).anyMatch(count -> count == 0);
        }
    }

    private static void awaitIdle(FairExecutor executor) throws InterruptedException {
        for (int i = 0;
                i < 1000 && (executor.running() > 0 || executor.statistics().used() > 0);
                i++) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(executor.running()).isZero();
        assertThat(executor.statistics().used()).isZero();
    }
}

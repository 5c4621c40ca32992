package egress.server.routes;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Policy;
import egress.policy.Route;
import egress.server.ProxyUnderTest;
import egress.testkit.scorecard.Row;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReloaderTest {
    private final FakeSource source = new FakeSource();
    private final Heard heard = new Heard();
    private final List<Reloader> started = new ArrayList<>();

    /** Counts loads; each waits for a permit. */
    private static final class FakeSource implements Reloader.Source {
        final AtomicInteger loads = new AtomicInteger();
        final Semaphore begun = new Semaphore(0);
        final Semaphore permits = new Semaphore(0);
        volatile String content = "one";
        volatile boolean bad;

        @Override
        public RoutesFile.Result load() {
            loads.incrementAndGet();
            begun.release();
            permits.acquireUninterruptibly();
            if (bad) {
                return new RoutesFile.Result.Invalid(List.of("routes.yaml:1: broken"));
            }
            Policy policy = Policy.of(List.of(Route.named("a.example").build()));
            return new RoutesFile.Result.Valid(RoutesFile.Loaded.of(policy, 0));
        }

        @Override
        public String fingerprint() {
            return content;
        }
    }

    private static final class Heard implements Reloader.Listener {
        final List<String> events = new ArrayList<>();
        final Semaphore count = new Semaphore(0);

        @Override
        public synchronized void loaded(RoutesFile.Loaded routes, long generation) {
            events.add("loaded " + generation);
            count.release();
        }

        @Override
        public synchronized void failed(List<String> errors) {
            events.add("failed " + String.join("; ", errors));
            count.release();
        }

        void await(int events) throws InterruptedException {
            assertThat(count.tryAcquire(events, 10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private Reloader start(Optional<Duration> interval, long generation) {
        Reloader reloader = new Reloader(source, heard, interval, InstantSource.system(), generation, "one");
        reloader.start();
        started.add(reloader);
        return reloader;
    }

    @AfterEach
    void stop() {
        source.permits.release(1_000);
        started.forEach(Reloader::close);
    }

    @Test
    void aHundredRequestsDuringALoadMakeOneMore() throws InterruptedException {
        Reloader reloader = start(Optional.empty(), 1);
        reloader.request();
        assertThat(source.begun.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 100; i++) {
            reloader.request();
        }
        source.permits.release(200);
        heard.await(2);
        ProxyUnderTest.await("the counts", () -> reloader.successes() == 2);
        assertThat(source.loads).hasValue(2);
        assertThat(heard.events).containsExactly("loaded 2", "loaded 3");
        assertThat(reloader.generation()).isEqualTo(3);
    }

    @Test
    void aBadFileIsSaidAndCountedAndTheNextGoodOneHolds() throws InterruptedException {
        source.permits.release(100);
        Reloader reloader = start(Optional.empty(), 1);
        source.bad = true;
        reloader.request();
        heard.await(1);
        ProxyUnderTest.await("the count", () -> reloader.failures() == 1);
        assertThat(reloader.generation()).isEqualTo(1);
        source.bad = false;
        reloader.request();
        heard.await(1);
        assertThat(heard.events).containsExactly("failed routes.yaml:1: broken", "loaded 2");
    }

    @Test
    void looksWhetherTheContentChangedAndLoadsOnlyThen() throws InterruptedException {
        source.permits.release(100);
        start(Optional.of(Duration.ofMillis(5)), 0);
        assertThat(heard.count.tryAcquire(100, TimeUnit.MILLISECONDS)).isFalse();
        source.content = "two";
        heard.await(1);
        assertThat(heard.count.tryAcquire(100, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(heard.events).containsExactly("loaded 1");
    }

    @Test
    void aSignalLoadsWithoutAChangeBecauseATokenMayHaveOne() throws InterruptedException {
        source.permits.release(100);
        Reloader reloader = start(Optional.of(Duration.ofHours(1)), 1);
        reloader.request();
        heard.await(1);
        assertThat(heard.events).containsExactly("loaded 2");
    }

    @Test
    @Row("39.xf")
    void anErrorOfTheProgramItselfDoesNotEndReloading() throws InterruptedException {
        source.permits.release(100);
        Reloader.Source failing = new Reloader.Source() {
            private boolean first = true;

            @Override
            public RoutesFile.Result load() {
                if (first) {
                    first = false;
                    throw new IllegalStateException("a bug");
                }
                return source.load();
            }

            @Override
            public String fingerprint() {
                return "same";
            }
        };
        Reloader reloader = new Reloader(failing, heard, Optional.empty(), InstantSource.system(), 1, "same");
        started.add(reloader);
        reloader.start();
        reloader.request();
        heard.await(1);
        reloader.request();
        heard.await(1);
        assertThat(heard.events)
                .containsExactly("failed reloading failed: java.lang.IllegalStateException: a bug", "loaded 2");
    }

    @ParameterizedTest
    @CsvSource({"0,off", "1,blocks", "2,full"})
    void theLoadedLineNamesRoutesAndLevel(int level, String word) {
        Policy policy = Policy.of(List.of(
                Route.named("api.example").build(),
                Route.named("git.example:8443").build()));
        assertThat(RoutesFile.Loaded.of(policy, level).line())
                .isEqualTo("loaded 2 route(s): api.example, git.example:8443 [log=" + word + "]");
    }

    @Test
    void noRoutesAreCountedToo() {
        assertThat(RoutesFile.Loaded.of(Policy.of(List.of()), 0).line()).isEqualTo("loaded 0 route(s): [log=off]");
    }
}

package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Credential;
import egress.policy.Match;
import egress.policy.Policy;
import egress.policy.Route;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything that callers and origins do, mixed, for 40 seconds or for {@code -Degress.soak.seconds}: nothing goes wrong but what was
 * made to, every exchange is told of exactly once, and memory stays what it was.
 */
@Tag("alone")
class SoakTest {
    static final String PASSED = "passed.example";

    private static final Duration DURATION = Duration.ofSeconds(Long.getLong("egress.soak.seconds", 40));
    private static final long SEED = Long.getLong("egress.soak.seed", System.nanoTime());
    /** Of each pair of versions. */
    private static final int CALLERS = 2;
    /** Between two pieces of work of one caller: leaves half of two cores to others. */
    private static final long PAUSE_NANOS = 25_000_000;
    /** The first of them tells of a cold start and is not looked at. */
    private static final int SAMPLES = 13;

    private static final long MIB = 1 << 20;
    private static final String LEFT = "downstream_gone";

    @TempDir
    Path directory;

    private final SoakTally tally = new SoakTally();
    /** Read by whoever works, written by whoever measures: then nothing is under way. */
    private final ReentrantReadWriteLock pause = new ReentrantReadWriteLock(true);

    /**
     * @param heap used after a collection, bytes
     * @param direct memory outside of the heap, of buffers, bytes
     * @param resident of the whole process, bytes
     */
    private record Sample(long second, long asked, long heap, long direct, long resident, int callers, long upstream) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "soak: %5d s, %7d pieces of work, heap %.1f MiB, direct %.1f MiB, resident %d MiB,"
                            + " %d connections of callers, %d of origins",
                    second,
                    asked,
                    (double) heap / MIB,
                    (double) direct / MIB,
                    resident / MIB,
                    callers,
                    upstream);
        }
    }

    private static Route bumped(String host) {
        return Route.named(host)
                .credential(Credential.authorization("Bearer", "injected"))
                .match(new Match(List.of(), List.of("GET", "POST"), List.of()))
                .build();
    }

    private static Policy policy(String more) {
        Route passed = Route.named(PASSED).passthrough(true).build();
        Route other = Route.named(more).build();
        return Policy.of(List.of(bumped(TwoOrigins.H1), bumped(TwoOrigins.H2), passed, other));
    }

    private static Origin behave(Origin origin) {
        return origin.withoutRecords()
                .on("/endless", SoakTest::endless)
                .on("/swallow", exchange -> {
                    exchange.head(200);
                    exchange.write("x");
                    exchange.drain();
                })
                .on("/reset", exchange -> {
                    exchange.drain();
                    exchange.reset();
                });
    }

    private static void endless(OriginExchange exchange) throws IOException {
        exchange.head(200);
        byte[] piece = new byte[16_384];
        for (long sent = 0; sent < 1L << 40; sent += piece.length) {
            exchange.write(piece); // until the caller leaves
        }
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.DAYS) // every wait below is bounded by itself
    void mixedTrafficFailsNothingAndKeepsMemoryFlat() throws Exception {
        System.out.println("soak: " + DURATION.toSeconds() + " s, seed " + SEED);
        TestCa ca = TestCa.create("origins");
        List<Sample> samples;
        try (Origin h1 = behave(Origin.tls(ca.leaf(TwoOrigins.H1, PASSED), Alpn.H1));
                Origin h2 = behave(Origin.tls(ca.leaf(TwoOrigins.H2), Alpn.H2_AND_H1));
                Gate gate = Gate.builder()
                        .policy(policy("other.example"))
                        .trust(ca.writePem(directory.resolve("origins.pem")))
                        .pin(TwoOrigins.H1, 443, h1.port())
                        .pin(TwoOrigins.H2, 443, h2.port())
                        .pin(PASSED, 443, h1.port())
                        .observer(tally)
                        .start()) {
            samples = run(gate, ca);
            gate.awaitQuiet();
        }
        System.out.println("soak: " + tally.askedByWork() + ", ended " + tally.ended());
        assertThat(tally.faults()).as("seed " + SEED).isEmpty();
        assertEnded();
        assertThat(tally.tunnels())
                .isEqualTo(tally.askedByWork().getOrDefault(SoakWork.WEB_SOCKET.name(), 0L)
                        + tally.askedByWork().getOrDefault(SoakWork.PASSTHROUGH.name(), 0L));
        assertFlat(samples, "heap after a collection", Sample::heap, 3 * MIB);
        assertFlat(samples, "direct memory", Sample::direct, 4 * MIB);
    }

    /**
     * Each exchange once, and as it was. But a caller that has all bytes of an answer may leave before its origin has said that it is
     * over: then the gate tells of a caller that left, now and then.
     */
    private void assertEnded() {
        Map<String, Long> ended = tally.ended();
        Map<String, Long> expected = tally.expected();
        long left = ended.getOrDefault(LEFT, 0L) - expected.getOrDefault(LEFT, 0L);
        assertThat(left).as("callers that left early, as the gate saw it").isBetween(0L, 2 + tally.asked() / 1_000);
        expected.merge(LEFT, left, Long::sum);
        expected.merge("ok", -left, Long::sum);
        assertThat(ended).as("what the gate says of its exchanges").isEqualTo(expected);
    }

    private List<Sample> run(Gate gate, TestCa ca) throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4 * CALLERS; i++) {
            String version = i % 2 == 0 ? "h1" : "h2";
            String host = i / 2 % 2 == 0 ? TwoOrigins.H1 : TwoOrigins.H2;
            SoakCaller caller = new SoakCaller(gate, version, host, ca, SEED + i, tally);
            threads.add(Thread.ofVirtual().name("soak-caller-" + i).start(() -> call(caller, over)));
        }
        List<Sample> samples = new ArrayList<>();
        long begun = System.nanoTime();
        for (int i = 1; i <= SAMPLES; i++) {
            long until = begun + DURATION.toNanos() * i / SAMPLES;
            for (int reload = 0; System.nanoTime() < until; reload++) {
                LockSupport.parkNanos(Math.min(until - System.nanoTime(), 500_000_000));
                gate.reload(policy(reload % 2 == 0 ? "third.example" : "other.example"));
            }
            Sample sample = measure(gate, begun);
            System.out.println(sample);
            samples.add(sample);
        }
        over.set(true);
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(30)))
                    .as(thread.getName() + " ends")
                    .isTrue();
        }
        return samples;
    }

    private void call(SoakCaller caller, AtomicBoolean over) {
        try (caller) {
            while (!over.get()) {
                pause.readLock().lock();
                try {
                    caller.work();
                } finally {
                    pause.readLock().unlock();
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (IOException e) {
            tally.fault("at the end: " + e);
        }
    }

    /** While nothing is under way: open are the callers' connections, and of the pool. */
    private Sample measure(Gate gate, long begun) {
        pause.writeLock().lock();
        try {
            long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (gate.upstreams().statistics().streams() > 0 || gate.server().openConnections() > 4 * CALLERS) {
                if (System.nanoTime() > patience) {
                    throw new AssertionError("left open when nothing is under way: "
                            + gate.server().openConnections() + " connections of callers (expected: at most "
                            + 4 * CALLERS + "), " + gate.upstreams().statistics() + " (expected: no streams)");
                }
                LockSupport.parkNanos(1_000_000); // the counts have no event to wait for
            }
            System.gc();
            return new Sample(
                    TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun),
                    tally.asked(),
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                    PlatformDependent.usedDirectMemory(),
                    resident(),
                    gate.server().openConnections(),
                    gate.upstreams().statistics().http1Open()
                            + gate.upstreams().statistics().http2Open());
        } finally {
            pause.writeLock().unlock();
        }
    }

    /** 0 where there is no proc file system. */
    private static long resident() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }

    /** A leak of 1 KiB an exchange is found in 40 seconds. The least of each half, since what is open at the moment comes and goes. */
    private static void assertFlat(List<Sample> samples, String what, ToLongFunction<Sample> value, long tolerance) {
        int half = 1 + (samples.size() - 1) / 2;
        long first = samples.subList(1, half).stream().mapToLong(value).min().orElseThrow();
        long second = samples.subList(half, samples.size()).stream()
                .mapToLong(value)
                .min()
                .orElseThrow();
        assertThat(second).as(what + " in the second half, bytes; " + samples).isLessThan(first + tolerance);
    }
}

package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Denied;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import egress.dlp.pipelock.Bench.Kind;
import egress.testkit.origin.Origin;
import egress.testkit.pipelock.NeedsRealPipelock;
import egress.testkit.pipelock.PipelockFault;
import egress.testkit.pipelock.PipelockServer.Listener;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever pipelock does instead of answering, nothing leaves, and it recovers by itself. */
final class FaultsTest {
    private static final Duration SHORT = Duration.ofMillis(400);
    private static final ScanRequest GOOD = Bench.post("text/plain", "hello");
    private static final ScanRequest BAD = Bench.post("text/plain", "here " + Bench.TOKEN);

    @TempDir
    Path directory;

    static Stream<Arguments> faults() {
        List<Arguments> all = new ArrayList<>();
        for (PipelockMode way : PipelockMode.values()) {
            add(all, way, PipelockFault.SILENT, "no answer within 400 ms");
            add(all, way, PipelockFault.CLOSES, "closes the connection without an answer");
            add(all, way, PipelockFault.GARBAGE, "an answer that is not HTTP");
            add(all, way, PipelockFault.RATE_LIMITED, "is asked too often (429");
            add(all, way, PipelockFault.SUSPENDED, "is suspended or overloaded (503");
            add(all, way, PipelockFault.RESETS, "broke the connection off");
        }
        for (PipelockMode way : List.of(PipelockMode.SINK, PipelockMode.SCAN)) {
            add(all, way, PipelockFault.CUTS, "closes the connection without an answer");
            add(all, way, PipelockFault.CONFUSED, "gives an unexpected answer (200");
            add(all, way, PipelockFault.FLOODS, "an answer of more than 65536 bytes");
        }
        add(all, PipelockMode.SINK, PipelockFault.FORGES, "gives an unexpected answer (204)");
        add(all, PipelockMode.SINK, PipelockFault.REPLAYS, "gives an unexpected answer (204)");
        add(all, PipelockMode.SINK, PipelockFault.DOUBLES, "gives an unexpected answer (204)");
        add(all, PipelockMode.SINK, PipelockFault.REWRITES, "changes what it lets through");
        return all.stream();
    }

    private static void add(List<Arguments> all, PipelockMode way, PipelockFault fault, String words) {
        all.add(Arguments.of(way, fault, words));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void refusesWithItsOwnReasonAndRecovers(PipelockMode way, PipelockFault fault, String words) throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory);
                PipelockScanner scanner = bench.scanner(way, settings -> settings.withTimeout(SHORT))) {
            assertThat(Bench.ask(scanner, GOOD)).isInstanceOf(Clean.class);
            bench.recorded().fault(fault);
            for (ScanRequest request : List.of(GOOD, BAD)) {
                assertThat(Bench.ask(scanner, request)).isInstanceOfSatisfying(Refused.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE);
                    assertThat(refused.detail()).contains(words);
                });
            }
            bench.recorded().fault(PipelockFault.NONE);
            assertThat(Bench.ask(scanner, GOOD)).isInstanceOf(Clean.class);
            assertThat(Bench.ask(scanner, BAD)).isInstanceOf(Denied.class);
        }
    }

    @Test
    void refusesWhenPipelockDoesNotReachTheSink() throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory);
                PipelockScanner elsewhere = bench.scanner(
                        PipelockMode.SINK,
                        s -> s.withSink(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))) {
            assertThat(Bench.ask(elsewhere, GOOD))
                    .isInstanceOfSatisfying(
                            Refused.class,
                            refused -> assertThat(refused.detail()).startsWith("pipelock: cannot reach the sink at "));
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusesWhileItIsDownAndRecoversWithinTwoSeconds(PipelockMode way) throws Exception {
        downAndUp(Kind.RECORDED, way);
    }

    @ParameterizedTest
    @EnumSource
    @NeedsRealPipelock
    void refusesWhileTheRealOneIsDownAndRecoversWithinTwoSeconds(PipelockMode way) throws Exception {
        downAndUp(Kind.REAL, way);
    }

    private void downAndUp(Kind kind, PipelockMode way) throws Exception {
        try (Origin origin = Origin.plain();
                Bench bench = Bench.of(kind, directory);
                PipelockScanner scanner = bench.scanner(way)) {
            ScanRequest good = at(GOOD, way, origin);
            ScanRequest bad = at(BAD, way, origin);
            assertThat(Bench.ask(scanner, good)).isInstanceOf(Clean.class);
            bench.pipelock().stop();
            for (ScanRequest request : List.of(good, bad)) {
                assertThat(Bench.ask(scanner, request))
                        .isInstanceOfSatisfying(
                                Refused.class,
                                refused -> assertThat(refused.detail())
                                        .containsAnyOf(
                                                "cannot be reached", "broke the connection off", "without an answer"));
            }
            bench.pipelock().restart();
            long up = System.nanoTime();
            assertThat(Bench.ask(scanner, good)).isInstanceOf(Clean.class);
            assertThat(System.nanoTime() - up).isLessThan(Duration.ofSeconds(2).toNanos());
            assertThat(Bench.ask(scanner, bad)).isInstanceOf(Denied.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void outlivesARestartBetweenTwoQuestions(PipelockMode way) throws Exception {
        restarted(Kind.RECORDED, way);
    }

    @ParameterizedTest
    @EnumSource
    @NeedsRealPipelock
    void outlivesARestartOfTheRealOneBetweenTwoQuestions(PipelockMode way) throws Exception {
        restarted(Kind.REAL, way);
    }

    private void restarted(Kind kind, PipelockMode way) throws Exception {
        try (Origin origin = Origin.plain();
                Bench bench = Bench.of(kind, directory);
                PipelockScanner scanner = bench.scanner(way)) {
            ScanRequest good = at(Bench.get("/"), way, origin);
            assertThat(Bench.ask(scanner, good)).isInstanceOf(Clean.class);
            bench.pipelock().stop();
            bench.pipelock().restart();
            assertThat(Bench.ask(scanner, good)).isInstanceOf(Clean.class);
        }
    }

    @Test
    void leaksNothingWhenKilledUnderLoad() throws Exception {
        killedUnderLoad(Kind.RECORDED);
    }

    @Test
    @NeedsRealPipelock
    void leaksNothingWhenTheRealOneIsKilledUnderLoad() throws Exception {
        killedUnderLoad(Kind.REAL);
    }

    private void killedUnderLoad(Kind kind) throws Exception {
        AtomicInteger leaked = new AtomicInteger();
        AtomicInteger wrong = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        AtomicBoolean over = new AtomicBoolean();
        try (Bench bench = Bench.of(kind, directory);
                PipelockScanner scanner = bench.scanner(PipelockMode.SINK)) {
            List<CompletableFuture<Void>> callers = new ArrayList<>();
            CompletableFuture<Void> busy = new CompletableFuture<>();
            CompletableFuture<Void> noticed = new CompletableFuture<>();
            for (int i = 0; i < 16; i++) {
                boolean bad = i % 2 == 0;
                callers.add(CompletableFuture.runAsync(
                        () -> {
                            while (!over.get()) {
                                ScanVerdict verdict = Bench.ask(scanner, bad ? BAD : GOOD);
                                busy.complete(null);
                                if (verdict instanceof Clean && bad) {
                                    leaked.incrementAndGet();
                                } else if (verdict instanceof Denied && !bad) {
                                    wrong.incrementAndGet();
                                } else if (verdict instanceof Refused && refused.incrementAndGet() > 50) {
                                    noticed.complete(null);
                                }
                            }
                        },
                        task -> Thread.ofVirtual().start(task)));
            }
            busy.join();
            bench.pipelock().stop();
            noticed.join();
            bench.pipelock().restart();
            long up = System.nanoTime();
            assertThat(Bench.ask(scanner, GOOD)).isInstanceOf(Clean.class);
            assertThat(System.nanoTime() - up).isLessThan(Duration.ofSeconds(2).toNanos());
            over.set(true);
            CompletableFuture.allOf(callers.toArray(CompletableFuture[]::new)).join();
        }
        assertThat(leaked).hasValue(0);
        assertThat(wrong).hasValue(0);
    }

    @Test
    void asksNoMoreAtATimeThanItMay() throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory);
                PipelockScanner scanner = bench.scanner(PipelockMode.SINK, settings -> settings.withConnections(3))) {
            List<CompletableFuture<ScanVerdict>> asked = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                asked.add(scanner.scan(GOOD).toCompletableFuture());
            }
            assertThat(asked).allSatisfy(verdict -> assertThat(verdict.join()).isInstanceOf(Clean.class));
            assertThat(bench.recorded().connections()).isBetween(1, 3);
        }
    }

    @Test
    void endsItsQuestionWhenTheCallerNoLongerWaits() throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory);
                PipelockScanner scanner = bench.scanner(
                        PipelockMode.SINK,
                        settings -> settings.withConnections(1).withTimeout(Duration.ofSeconds(60)))) {
            bench.recorded().fault(PipelockFault.SILENT);
            CompletableFuture<ScanVerdict> first = scanner.scan(GOOD).toCompletableFuture();
            first.cancel(true);
            bench.recorded().fault(PipelockFault.NONE);
            assertThat(Bench.ask(scanner, GOOD)).isInstanceOf(Clean.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void takesABodyWithoutItsHeadUnlessItWantsWholeRequests(PipelockMode way) throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory);
                PipelockScanner scanner = bench.scanner(way)) {
            assertThat(Bench.ask(scanner, GOOD.withoutHead()))
                    .isInstanceOf(scanner.wantsWholeRequests() ? Refused.class : Clean.class);
            assertThat(Bench.ask(scanner, BAD.withoutHead())).isNotInstanceOf(Clean.class);
        }
    }

    @Test
    void refusesOnceItIsClosed() throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory)) {
            PipelockScanner scanner = bench.scanner(PipelockMode.SINK);
            scanner.close();
            assertThat(Bench.ask(scanner, GOOD)).isInstanceOf(Refused.class);
        }
    }

    @Test
    void refusesWhatIsBeingAskedWhenItCloses() throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory)) {
            PipelockScanner scanner =
                    bench.scanner(PipelockMode.SINK, settings -> settings.withTimeout(Duration.ofSeconds(60)));
            bench.recorded().fault(PipelockFault.SILENT);
            CompletableFuture<ScanVerdict> asked = scanner.scan(GOOD).toCompletableFuture();
            while (bench.recorded().asked(Listener.REVERSE) == 0) {
                Thread.onSpinWait();
            }
            scanner.close();
            assertThat(asked.get(10, TimeUnit.SECONDS)).isInstanceOf(Refused.class);
        }
    }

    private static ScanRequest at(ScanRequest request, PipelockMode way, Origin origin) {
        String host = way == PipelockMode.FORWARD ? "127.0.0.1:" + origin.port() : request.host();
        return new ScanRequest(
                host,
                request.method(),
                request.target(),
                request.fields(),
                request.body(),
                request.trailers(),
                request.options());
    }
}

package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.pipelock.Bench.Kind;
import egress.testkit.pipelock.NeedsRealPipelock;
import egress.testkit.pipelock.PipelockFault;
import egress.testkit.pipelock.PipelockServer.Listener;
import egress.testkit.pipelock.RealPipelock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Ready only while a known-bad question is denied and a known-good one allowed. */
final class ProbeTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource
    void isReadyWhenBothQuestionsAreAnsweredRightly(PipelockMode way) throws Exception {
        readyEitherWay(Kind.RECORDED, way);
    }

    @ParameterizedTest
    @EnumSource
    @NeedsRealPipelock
    void isReadyWhenTheRealOneAnswersBothRightly(PipelockMode way) throws Exception {
        readyEitherWay(Kind.REAL, way);
    }

    private void readyEitherWay(Kind kind, PipelockMode way) throws Exception {
        try (Bench bench = Bench.of(kind, directory)) {
            assertThat(probe(bench, way, settings -> settings))
                    .isEqualTo(new Readiness(true, "pipelock answers by the " + way.label() + " way"));
            if (way == PipelockMode.SINK) {
                assertThat(probe(bench, way, bench.withScan()))
                        .isEqualTo(new Readiness(true, "pipelock and its scan API answer"));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "WARNS_ONLY, does not block a known-bad token",
        "BLOCKS_ALL, does not allow a known-good request",
        "SUSPENDED, 503",
        "GARBAGE, not HTTP",
        "SILENT, no answer within"
    })
    void isNotReadyOtherwiseAndSaysWhy(PipelockFault fault, String words) throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory)) {
            bench.recorded().fault(fault);
            for (PipelockMode way : PipelockMode.values()) {
                Readiness readiness = probe(bench, way, settings -> settings.withTimeout(Duration.ofMillis(500)));
                assertThat(readiness.ready()).isFalse();
                assertThat(readiness.words()).contains(words);
            }
        }
    }

    @Test
    void isNotReadyWhenTheScanApiDoesNotTakeTheToken() throws Exception {
        try (Bench bench = Bench.of(Kind.RECORDED, directory);
                PipelockScanner scanner = PipelockScanner.start(
                        PipelockSettings.of(PipelockMode.SCAN, bench.pipelock().uri(Listener.SCAN), "another"),
                        new SecureRandom())) {
            Readiness readiness = scanner.probe().toCompletableFuture().join();
            assertThat(readiness.ready()).isFalse();
            assertThat(readiness.words()).contains("does not take our credentials (401: unauthorized)");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "action: block | action: warn | in the body",
                "header_mode: all | header_mode: sensitive | in a field",
                "enforce: true | enforce: false | in the body",
                "request_body_scanning:~  enabled: true | request_body_scanning:~  enabled: false | in the body"
            })
    @NeedsRealPipelock
    void isNotReadyWhenTheRealOneIsSetToWarn(String from, String to, String where) throws Exception {
        String settings = new String(
                RealPipelock.class.getResourceAsStream("pipelock-test.yaml").readAllBytes(), StandardCharsets.UTF_8);
        String changed = settings.replace(from.replace('~', '\n'), to.replace('~', '\n'));
        assertThat(changed).isNotEqualTo(settings);
        Path own = Files.createDirectory(directory.resolve("own"));
        try (Bench bench = Bench.real(own, changed)) {
            Readiness readiness = probe(bench, PipelockMode.SINK, s -> s);
            assertThat(readiness.ready()).isFalse();
            assertThat(readiness.words()).contains("does not block a known-bad token " + where);
        }
    }

    private static Readiness probe(Bench bench, PipelockMode way, UnaryOperator<PipelockSettings> with)
            throws Exception {
        try (PipelockScanner scanner = bench.scanner(way, with)) {
            return scanner.probe().toCompletableFuture().join();
        }
    }
}

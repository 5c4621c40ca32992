package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Denied;
import egress.dlp.pipelock.Bench.Kind;
import egress.testkit.origin.Origin;
import egress.testkit.pipelock.NeedsRealPipelock;
import egress.testkit.pipelock.PipelockRow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RecordingsTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource
    void judgesEveryRecordedQuestionAsPipelockDid(PipelockMode way) throws Exception {
        everyRow(Kind.RECORDED, way);
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(400)
    @NeedsRealPipelock
    void judgesEveryRecordedQuestionAsTheRealOneDoes(PipelockMode way) throws Exception {
        everyRow(Kind.REAL, way);
    }

    @Test
    void addsTheUrlToTheSinkWay() throws Exception {
        urlBesideTheSink(Kind.RECORDED);
    }

    @Test
    @NeedsRealPipelock
    void addsTheUrlToTheSinkWayOfTheRealOne() throws Exception {
        urlBesideTheSink(Kind.REAL);
    }

    private void everyRow(Kind kind, PipelockMode way) throws Exception {
        List<Throwable> wrong = new ArrayList<>();
        try (Origin origin = Origin.plain();
                Bench bench = Bench.of(kind, directory);
                PipelockScanner scanner =
                        bench.scanner(way, settings -> settings.withTimeout(Duration.ofSeconds(90)))) {
            String host = way == PipelockMode.FORWARD ? "127.0.0.1:" + origin.port() : "localhost";
            for (PipelockRow row : PipelockRow.all()) {
                ScanVerdict verdict = Bench.ask(scanner, Bench.request(row, host));
                try {
                    Rows.check(row, way, verdict);
                } catch (AssertionError e) {
                    wrong.add(new AssertionError(row + " by " + way + ": " + e.getMessage(), e));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private void urlBesideTheSink(Kind kind) throws Exception {
        try (Bench bench = Bench.of(kind, directory);
                PipelockScanner scanner = bench.scanner(PipelockMode.SINK, bench.withScan())) {
            for (String clean : List.of("clean get", "clean json")) {
                ScanVerdict verdict = Bench.ask(scanner, Bench.request(PipelockRow.named(clean), "localhost"));
                assertThat(verdict).isInstanceOf(Clean.class);
            }
            ScanVerdict long8193 = Bench.ask(scanner, Bench.request(PipelockRow.named("url of 8193"), "localhost"));
            assertThat(long8193)
                    .isInstanceOfSatisfying(
                            Denied.class, denied -> assertThat(denied.reason()).startsWith("URL length 8"));
        }
    }
}

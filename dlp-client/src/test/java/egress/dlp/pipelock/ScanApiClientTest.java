package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Denied;
import egress.dlp.pipelock.Bench.Kind;
import egress.testkit.pipelock.NeedsRealPipelock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A body goes to the scan API in parts that overlap: nothing is lost at their edges, whatever is cut there. */
final class ScanApiClientTest {
    private static final int PART = 160 * 1024;

    @TempDir
    Path directory;

    @Test
    void findsWhatLiesAcrossTwoParts() throws Exception {
        acrossParts(Kind.RECORDED);
    }

    @Test
    @NeedsRealPipelock
    void findsWhatLiesAcrossTwoPartsWithTheRealOne() throws Exception {
        acrossParts(Kind.REAL);
    }

    private void acrossParts(Kind kind) throws Exception {
        try (Bench bench = Bench.of(kind, directory);
                PipelockScanner scanner =
                        bench.scanner(PipelockMode.SCAN, s -> s.withTimeout(Duration.ofSeconds(60)))) {
            for (int at : new int[] {PART - 41, PART - 20, PART - 1, PART, PART + 1}) {
                assertThat(Bench.ask(scanner, bodyWithTokenAt(at))).isInstanceOf(Denied.class);
            }
            String accented = "äß€ 😀 ".repeat(30_000);
            for (int i : new int[] {0, 1, 2, 3}) {
                assertThat(Bench.ask(scanner, Bench.post("text/plain", "x".repeat(i) + accented)))
                        .isInstanceOf(Clean.class);
            }
            byte[] binary = new byte[400_000];
            IntStream.range(0, binary.length).forEach(i -> binary[i] = (byte) (i * 31 + i / 251));
            assertThat(Bench.ask(scanner, Bench.post("application/octet-stream", binary)))
                    .isInstanceOf(Clean.class);
        }
    }

    private static ScanRequest bodyWithTokenAt(int at) {
        byte[] body = new byte[PART + 1000];
        Arrays.fill(body, (byte) ' ');
        byte[] token = Bench.TOKEN.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(token, 0, body, at, token.length);
        return Bench.post("text/plain", body);
    }
}

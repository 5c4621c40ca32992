package egress.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each benchmark runs, for as short as can be, and the comparison of results tells worse from equal. */
final class BenchmarksIT {
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    @TempDir
    private Path directory;

    private record Ran(int exit, String out) {}

    private static Ran run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(JAVA, "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return new Ran(process.exitValue(), out);
    }

    private static String jar() {
        return String.valueOf(System.getProperty("egress.benchmarks"));
    }

    @Test
    @Timeout(300)
    void eachRunsAndIsCompared() throws Exception {
        Path result = directory.resolve("result.json");
        Ran ran = run(
                "-jar",
                jar(),
                "RelayBenchmark|PolicyBenchmark.prefixAllowed|LeafBenchmark.knownHost|ScannerBenchmark",
                "-p",
                "size=1024",
                "-p",
                "gate=all",
                "-p",
                "body=records",
                "-p",
                "groups=none",
                "-f",
                "1",
                "-wi",
                "0",
                "-i",
                "1",
                "-r",
                "200ms",
                "-prof",
                "gc",
                "-foe",
                "true",
                "-rf",
                "json",
                "-rff",
                result.toString());
        assertThat(ran.exit()).as(ran.out()).isZero();
        for (String relay : List.of("direct-h1", "direct-h2", "h1-h1", "h1-h2", "h2-h1", "h2-h2")) {
            assertThat(Files.readString(result)).contains("\"relay\" : \"" + relay + "\"");
        }
        Ran equal = run("-cp", jar(), "egress.bench.Compare", result.toString(), result.toString());
        assertThat(equal.exit()).as(equal.out()).isZero();
        assertThat(equal.out()).contains("ok       RelayBenchmark.exchanges gate=all relay=h2-h2 size=1024: ");

        Path better = Files.writeString(directory.resolve("better.json"), halved(Files.readString(result)));
        Ran worse = run("-cp", jar(), "egress.bench.Compare", better.toString(), result.toString());
        assertThat(worse.exit()).isEqualTo(1);
        assertThat(worse.out()).contains("WORSE    RelayBenchmark.exchanges gate=all relay=h2-h2 size=1024: ");
        assertThat(run("-cp", jar(), "egress.bench.Compare", result.toString(), better.toString())
                        .exit())
                .isZero();
    }

    /** The same result with half the bytes of each allocation rate for an operation. */
    private static String halved(String json) {
        Matcher norms = Pattern.compile("(\"gc\\.alloc\\.rate\\.norm\" : \\{\\s*\"score\" : )([0-9.E]+)")
                .matcher(json);
        return norms.replaceAll(found -> found.group(1) + Double.parseDouble(found.group(2)) / 2);
    }
}

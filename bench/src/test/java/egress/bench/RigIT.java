package egress.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The rig ({@code python3 bench/rig}) takes each of its rows for a moment, and fails where one gives no figure. */
final class RigIT {
    /** What gives figures in one place, and in its own rows. */
    private static final List<String> COLD = List.of("cold-h1", "cold-h2");

    @TempDir
    private Path directory;

    private record Ran(int exit, String out) {}

    private Ran rig(String... arguments) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        List<String> command =
                new ArrayList<>(List.of("python3", root().resolve("bench/rig").toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(170, TimeUnit.SECONDS)).as("ends").isTrue();
        } finally {
            process.destroy();
        }
        return new Ran(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }

    private static Path root() {
        return Path.of(String.valueOf(System.getProperty("egress.root")));
    }

    @Test
    @Timeout(180)
    void everyRowGivesAFigure() throws Exception {
        List<String> rows = new ArrayList<>(
                rig("--list").out().lines().map(line -> line.split(" ", 2)[0]).toList());
        assertThat(rows.remove("cold")).isTrue();
        rows.addAll(COLD);

        Ran ran = rig("--quick", directory.toString());

        assertThat(ran.exit()).as(ran.out()).isZero();
        JsonNode medians = new ObjectMapper()
                .readTree(directory.resolve("results.json").toFile())
                .path("medians");
        for (String row : rows) {
            String gate = row.equals("verdict") ? "gate, builtin" : "gate";
            assertThat(medians.path(row).path(gate)).as(row).isNotEmpty();
        }
        assertThat(Files.readString(directory.resolve("results.md"))).contains("| gate | ");
        for (String chart : List.of("cpu.svg", "cold-h1.svg", "cold-h2.svg")) {
            assertThat(directory.resolve(chart)).content().startsWith("<svg ").endsWith("</svg>\n");
        }
    }

    /** A gate that lets nothing through: no figure of it may look like one. */
    @Test
    @Timeout(180)
    void aGateThatRefusesIsAFailure() throws Exception {
        Path refuses = Files.writeString(directory.resolve("refuses.py"), """
                import socket, sys
                if '--listen' in sys.argv:
                    host, port = sys.argv[sys.argv.index('--listen') + 1].split(':')
                    listener = socket.create_server((host, int(port)))
                    for _ in range(1000):
                        with listener.accept()[0] as connection:
                            try:
                                connection.recv(4096)
                                connection.sendall(b'HTTP/1.1 403 Forbidden\\r\\nContent-Length: 0\\r\\n\\r\\n')
                            except OSError:
                                pass
                """);

        Ran ran = rig("--quick", "--rows", "h1x1,start", "--gate", "refuses=python3 " + refuses, directory.toString());

        assertThat(ran.exit()).as(ran.out()).isEqualTo(1);
        assertThat(ran.out()).contains("no figure: warm refuses: ").contains("no figure: start refuses: ");
    }
}

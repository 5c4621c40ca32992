package egress.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.Child;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tracing costs a program that does not trace: no class. */
final class TracesOffTest {
    /** This package's code, the SDK, its sender, and what only a recording needs. */
    private static final List<String> OF_TRACING =
            List.of("io.opentelemetry.", "egress.server.trace.", "java.net.http.", "jdk.internal.net.http.");

    @TempDir
    private Path directory;

    private Child start(Map<String, String> environment, String... jvm) throws IOException {
        Tool java = Tool.of(Child.java());
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            java = java.with(variable.getKey(), variable.getValue());
        }
        List<String> arguments = new ArrayList<>(List.of(
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xlog:class+load:file=" + classes()));
        arguments.addAll(List.of(jvm));
        arguments.addAll(List.of("-cp", System.getProperty("java.class.path"), "egress.server.Main"));
        arguments.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--ca-ephemeral"));
        return Child.of(java, arguments.toArray(String[]::new));
    }

    private Path classes() {
        return directory.resolve("classes.log");
    }

    private List<String> loaded(List<String> prefixes) throws IOException {
        try (Stream<String> lines = Files.lines(classes())) {
            return lines.map(line -> line.replaceFirst("^(\\[[^]]*])*\\s*", ""))
                    .filter(line -> prefixes.stream().anyMatch(line::startsWith))
                    .toList();
        }
    }

    /** Longer than another test would wait: what it loads is logged, and it may be one of many processes. */
    private static void awaitListening(Child gate) throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            try {
                gate.port();
                return;
            } catch (AssertionError slow) {
                if (!gate.isAlive()) {
                    throw slow;
                }
            }
        }
    }

    private static void exchange(Child gate) throws Exception {
        awaitListening(gate);
        try (Origin origin = Origin.plain();
                RawClient client = RawClient.connect(gate.port())) {
            String host = "127.0.0.1:" + origin.port();
            assertThat(client.get("http://" + host + "/status/200", host).status())
                    .isEqualTo(200);
        }
    }

    private static void stop(Child gate) throws Exception {
        gate.signal("TERM");
        assertThat(gate.awaitExit()).isZero();
    }

    @Test
    void withoutAnEndpointNoClassOfItIsLoaded() throws Exception {
        try (Child gate = start(Map.of("OTEL_SERVICE_NAME", "a", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"))) {
            exchange(gate);
            stop(gate);
        }
        assertThat(loaded(List.of("egress.server.Main"))).isNotEmpty(); // the log has what it should
        assertThat(loaded(OF_TRACING)).isEmpty();
    }

    @Test
    void withOneTheyAreAndTheExchangeIsSentBeforeTheEnd() throws Exception {
        try (OtlpReceiver receiver = OtlpReceiver.start()) {
            try (Child gate = start(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url()))) {
                awaitListening(gate);
                assertThat(gate.awaitErr("traces of ")).contains(receiver.url() + "/v1/traces");
                exchange(gate);
                stop(gate);
                assertThat(gate.err()).noneMatch(line -> line.contains("Exception"));
            }
            assertThat(receiver.roots()).hasSize(1);
        }
        assertThat(loaded(OF_TRACING)).isNotEmpty();
    }

    @Test
    void grpcIsRefusedInOneLine() throws Exception {
        try (Child gate = start(Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"))) {
            assertThat(gate.awaitExit()).isEqualTo(2);
            assertThat(gate.err())
                    .containsExactly("egress: OTEL_EXPORTER_OTLP_PROTOCOL: \"grpc\" (expected: http/protobuf, which"
                            + " collectors take on port 4318; there is no other here)");
        }
        assertThat(loaded(OF_TRACING)).isEmpty();
    }
}

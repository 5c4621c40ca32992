package egress.dlp.pipelock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class PipelockSettingsTest {
    private static final PipelockSettings SINK =
            PipelockSettings.of(PipelockMode.SINK, URI.create("http://127.0.0.1:8890"), null);

    static Stream<Arguments> wrong() {
        return Stream.of(
                bad(
                        "pipelock: https://p:1 (expected: http://host:port)",
                        () -> of(PipelockMode.SINK, "https://p:1", null)),
                bad("pipelock: p:1 (expected: http://host:port)", () -> of(PipelockMode.SINK, "p:1", null)),
                bad(
                        "pipelock: http://u@p:1 (expected: http://host:port)",
                        () -> of(PipelockMode.SINK, "http://u@p:1", null)),
                bad(
                        "pipelock: http://p:1/?q (expected: http://host:port)",
                        () -> of(PipelockMode.SINK, "http://p:1/?q", null)),
                bad(
                        "pipelock: http://p:1/x (expected: http://host:port, without a path)",
                        () -> of(PipelockMode.SINK, "http://p:1/x", null)),
                bad("pipelock scan: ftp://p (expected: http://host:port)", () -> SINK.withScan(URI.create("ftp://p"))),
                bad(
                        "pipelock token: none (expected: the scan API's bearer token)",
                        () -> of(PipelockMode.SCAN, "http://p", null)),
                bad(
                        "pipelock token: none (expected: the scan API's bearer token)",
                        () -> SINK.withScan(URI.create("http://p:9090"))),
                bad(
                        "pipelock token: expected visible ASCII characters",
                        () -> of(PipelockMode.SCAN, "http://p", "a\r\nb")),
                bad("timeout: PT0S (expected: at least 1 ms)", () -> SINK.withTimeout(Duration.ZERO)),
                bad("connections: 0 (expected: at least 1)", () -> SINK.withConnections(0)),
                bad("maxBody: 0 (expected: at least 1)", () -> SINK.withMaxBody(0)));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void saysWhatIsWrongAndWhatIsExpected(String message, ThrowingCallable made) {
        assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void keepsTheTokenOutOfItsText() {
        assertThat(of(PipelockMode.SCAN, "http://p:9090", "a-secret-token").toString())
                .doesNotContain("a-secret-token");
    }

    @Test
    void warnsOfWhatTheForwardWayDoes() throws Exception {
        try (PipelockScanner forward = PipelockScanner.start(
                        of(PipelockMode.FORWARD, "http://127.0.0.1:8888", null), new SecureRandom());
                PipelockScanner sink = PipelockScanner.start(SINK, new SecureRandom())) {
            assertThat(forward.warning().orElseThrow()).contains("clear-text", "runs twice");
            assertThat(sink.warning()).isEmpty();
            assertThat(sink.sinkAddress().orElseThrow().getPort()).isPositive();
        }
    }

    private static PipelockSettings of(PipelockMode way, String base, @Nullable String token) {
        return PipelockSettings.of(way, URI.create(base), token);
    }

    private static Arguments bad(String message, ThrowingCallable made) {
        return Arguments.of(message, made);
    }
}

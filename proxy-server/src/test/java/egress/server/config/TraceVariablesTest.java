package egress.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenTelemetry's variables, as its specification has them. */
final class TraceVariablesTest {
    private static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static TraceConfig read(String... namesAndValues) {
        return TraceVariables.read(environment(namesAndValues)).orElseThrow();
    }

    private static Map<String, String> environment(String... namesAndValues) {
        Map<String, String> environment = new HashMap<>(Map.of(ENDPOINT, "http://collector.example:4318"));
        for (int i = 0; i < namesAndValues.length; i += 2) {
            environment.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return environment;
    }

    @Test
    void withoutAnEndpointNothingIsTraced() {
        assertThat(TraceVariables.read(Map.of())).isEmpty();
        assertThat(TraceVariables.read(Map.of(ENDPOINT, "", "OTEL_SERVICE_NAME", "a")))
                .isEmpty();
        // Without an endpoint no other variable is looked at: they may be for programs beside this one.
        assertThat(TraceVariables.read(Map.of("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")))
                .isEmpty();
    }

    @Test
    void canBeTurnedOff() {
        assertThat(TraceVariables.read(environment("OTEL_SDK_DISABLED", "TRUE")))
                .isEmpty();
        assertThat(TraceVariables.read(environment("OTEL_TRACES_EXPORTER", "none")))
                .isEmpty();
        assertThat(TraceVariables.read(environment("OTEL_SDK_DISABLED", "yes"))).isPresent();
    }

    @Test
    void hasTheDefaultsOfTheSpecification() {
        TraceConfig config = read();

        assertThat(config.endpoint()).hasToString("http://collector.example:4318/v1/traces");
        assertThat(config.timeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.gzip()).isFalse();
        assertThat(config.headers()).isEmpty();
        assertThat(config.resource()).isEqualTo(Map.of("service.name", "egress-proxy"));
        assertThat(config.sampling()).isEqualTo(new TraceConfig.Sampling(true, 1));
        assertThat(config.batches()).isEqualTo(new TraceConfig.Batches(2_048, 512, Duration.ofSeconds(5)));
    }

    @ParameterizedTest
    @CsvSource({
        "http://a.example:4318, http://a.example:4318/v1/traces",
        "http://a.example:4318/, http://a.example:4318/v1/traces",
        "https://a.example/otlp, https://a.example/otlp/v1/traces",
        "HTTPS://a.example/otlp/, https://a.example/otlp/v1/traces",
        "http://[::1]:4318, http://[::1]:4318/v1/traces"
    })
    void theEndpointOfAllSignalsIsABase(String endpoint, String whole) {
        assertThat(read(ENDPOINT, endpoint).endpoint()).hasToString(whole);
    }

    @ParameterizedTest
    @CsvSource({"http://t.example:9/own, http://t.example:9/own", "http://t.example, http://t.example/"})
    void theEndpointOfTracesIsTakenAsItIs(String endpoint, String whole) {
        assertThat(read("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint).endpoint())
                .hasToString(whole);
    }

    @Test
    void whatIsForTracesAloneGoesFirst() {
        TraceConfig config = read(
                "OTEL_EXPORTER_OTLP_HEADERS", "a=1",
                "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Bearer%20s3cret%2Bx, x-team = blue",
                "OTEL_EXPORTER_OTLP_TIMEOUT", "1",
                "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "250",
                "OTEL_EXPORTER_OTLP_COMPRESSION", "gzip",
                "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none");

        assertThat(config.headers()).isEqualTo(Map.of("authorization", "Bearer s3cret+x", "x-team", "blue"));
        assertThat(config.timeout()).isEqualTo(Duration.ofMillis(250));
        assertThat(config.gzip()).isFalse();
    }

    @Test
    void theHeadersAreSecretsAndNowhereShown() {
        TraceConfig config =
                read("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer abcdefgh", ENDPOINT, "http://a.example/?k=9");

        assertThat(config.secrets()).contains("Bearer abcdefgh", "abcdefgh");
        assertThat(config.toString()).doesNotContain("abcdefgh");
        assertThat(config.receiver()).isEqualTo("http://a.example/v1/traces");
        assertThat(TraceVariables.SECRETS).contains("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS");
    }

    @Test
    void theServiceNameGoesBeforeTheResourceAttributes() {
        assertThat(read("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,k8s.pod.name=p%201")
                        .resource())
                .isEqualTo(Map.of("service.name", "a", "k8s.pod.name", "p 1"));
        assertThat(read("OTEL_RESOURCE_ATTRIBUTES", "service.name=a", "OTEL_SERVICE_NAME", "b")
                        .resource())
                .isEqualTo(Map.of("service.name", "b"));
    }

    @ParameterizedTest
    @CsvSource({
        "always_on, 0.5, false, 1",
        "always_off, 0.5, false, 0",
        "traceidratio, 0.5, false, 0.5",
        "parentbased_always_on, 0.5, true, 1",
        "parentbased_always_off, 0.5, true, 0",
        "PARENTBASED_TRACEIDRATIO, 0.01, true, 0.01"
    })
    void takesEachSamplerOfTheSpecification(String sampler, String argument, boolean byParent, double ratio) {
        assertThat(read("OTEL_TRACES_SAMPLER", sampler, "OTEL_TRACES_SAMPLER_ARG", argument)
                        .sampling())
                .isEqualTo(new TraceConfig.Sampling(byParent, ratio));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OTEL_EXPORTER_OTLP_PROTOCOL | grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL | http/json",
                "OTEL_TRACES_EXPORTER | zipkin",
                "OTEL_TRACES_SAMPLER | jaeger_remote",
                "OTEL_EXPORTER_OTLP_COMPRESSION | zstd",
                "OTEL_EXPORTER_OTLP_TIMEOUT | 10s",
                "OTEL_BSP_MAX_QUEUE_SIZE | 0",
                "OTEL_EXPORTER_OTLP_CLIENT_KEY | /key.pem"
            })
    void whatItCannotDoIsASentence(String name, String value) {
        assertThatThrownBy(() -> read(name, value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(name + ": ")
                .hasMessageContaining("(expected: ");
    }

    @Test
    void grpcIsRefusedWithTheWayOut() {
        assertThatThrownBy(() -> read("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"))
                .hasMessage(
                        "OTEL_EXPORTER_OTLP_PROTOCOL: \"grpc\" (expected: http/protobuf, which collectors take on port"
                                + " 4318; there is no other here)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-0.1", "1.1", "NaN", "half"})
    void aRatioIsBetweenZeroAndOne(String argument) {
        assertThatThrownBy(() -> read("OTEL_TRACES_SAMPLER", "traceidratio", "OTEL_TRACES_SAMPLER_ARG", argument))
                .hasMessageStartingWith("OTEL_TRACES_SAMPLER_ARG: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "collector:4318",
                "ftp://a.example",
                "http://user:hunter2pass@a.example",
                "http://a.example/#x",
                "http://",
                "http://hunter2pass a"
            })
    void anEndpointIsAUrlWithoutCredentials(String endpoint) {
        assertThatThrownBy(() -> read(ENDPOINT, endpoint))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(ENDPOINT + ": not such a URL")
                .hasMessageNotContaining("hunter2pass");
    }

    @Test
    void aWrongHeaderIsSpokenOfWithoutItsValue() {
        for (String headers :
                List.of("hunter2pass", "a=1,b c=hunter2pass", "a=hunter2pass%0d%0ab", "a=hunter2pass%zz")) {
            assertThatThrownBy(() -> read("OTEL_EXPORTER_OTLP_HEADERS", headers))
                    .as(headers)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("OTEL_EXPORTER_OTLP_HEADERS: ")
                    .hasMessageNotContaining("hunter2pass");
        }
    }
}

package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.server.config.Settings;
import egress.server.log.Notices;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When there is a page. */
final class InspectOptionsTest {
    private final ProxyUnderTest.Captured err = new ProxyUnderTest.Captured();
    private final AtomicReference<@Nullable Settings> settings = new AtomicReference<>();

    private int run(Map<String, String> environment, String... arguments) {
        return CommandLineFactory.of(
                        environment,
                        (parsed, ca) -> {
                            settings.set(parsed);
                            return 0;
                        },
                        new Notices(err))
                .execute(arguments);
    }

    private Settings parse(Map<String, String> environment, String arguments) {
        assertThat(run(environment, arguments.isEmpty() ? new String[0] : arguments.split(" ")))
                .describedAs(err.text())
                .isZero();
        return Objects.requireNonNull(settings.get());
    }

    @ParameterizedTest
    @CsvSource({
        "'', true",
        "--no-inspect, false",
        "--inspect, true",
        "--routes r.yaml, false",
        "--routes r.yaml --inspect, true",
        "--admin off, false",
        "--admin 0.0.0.0:9901, false",
        "--admin localhost:9901, true",
    })
    void isOnWithoutRoutesAndWhereItIsAskedFor(String flags, boolean on) {
        assertThat(parse(Map.of(), flags).inspect().on()).isEqualTo(on);
    }

    @Test
    void isRuledByItsVariableToo() {
        assertThat(parse(Map.of("EGRESS_INSPECT", "false"), "").inspect().on()).isFalse();
        assertThat(parse(Map.of("EGRESS_INSPECT", "true"), "--routes r.yaml")
                        .inspect()
                        .on())
                .isTrue();
    }

    @Test
    void isNeverOnByItselfInTheImage() {
        assertThat(parse(Map.of("EGRESS_IMAGE", "1"), "").inspect().on()).isFalse();
    }

    @Test
    void isBounded() {
        assertThat(parse(Map.of(), "").inspect().most()).isEqualTo(64 << 20);
        assertThat(parse(Map.of(), "--inspect-max 8m").inspect().most()).isEqualTo(8 << 20);
        assertThat(run(Map.of(), "--inspect-max", "1k")).isEqualTo(2);
        assertThat(err.text()).contains("--inspect-max: 1024 (expected: at least 1m)");
    }

    @ParameterizedTest
    @CsvSource({"off, off", "0.0.0.0:9901, 0.0.0.0:9901"})
    void saysThatItNeedsAnAdminOnLoopback(String admin, String shown) {
        assertThat(run(Map.of(), "--inspect", "--admin", admin)).isEqualTo(2);
        assertThat(err.text())
                .contains("--inspect: --admin is " + shown + " (expected: an --admin on a loopback address");
    }
}

package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import egress.server.config.Endpoint;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the values of flags are written: times, sizes, endpoints, users. */
final class OptionTypesTest {
    @ParameterizedTest
    @CsvSource({"250ms,PT0.25S", "10s,PT10S", "5m,PT5M", "1h,PT1H"})
    void readsTimes(String text, Duration duration) {
        assertThat(OptionTypes.duration(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "64k,65536", "64K,65536", "1m,1048576", "1024m,1073741824"})
    void readsSizes(String text, int bytes) {
        assertThat(OptionTypes.bytes(text).count()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "1kb", "1025m", "1 k", "99999999999", "٣"})
    void refusesOtherSizes(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OptionTypes.bytes(text))
                .withMessageContaining("expected");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:9099,127.0.0.1,9099",
        "[::1]:0,::1,0",
        "localhost:65535,localhost,65535",
        "':80','',80",
    })
    void readsEndpointsAndWritesThemAgain(String text, String host, int port) {
        Endpoint endpoint = Endpoint.parse(text);
        assertThat(endpoint).isEqualTo(new Endpoint(host, port));
        assertThat(endpoint).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":", "127.0.0.1", "::1:80", "[::1]80", "[::1", "[zz]:80", "a b:80", "a:80:90", "a:+80"})
    void refusesOtherEndpoints(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Endpoint.parse(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a:b            | {a=b}
            a:b,c:d:e f:g  | {a=b, c=d:e, f=g}
            ' a:b\t'       | {a=b}
            a:b a:b        | {a=b}
            """)
    void readsProxyUsers(String value, String users) {
        assertThat(ProxyUsers.of("U", Map.of("U", value))).hasToString(users);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "hunter2", ":hunter2", "hunter2:", "a:hunter2 a:other"})
    void refusesOtherProxyUsersWithoutRepeatingThem(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyUsers.of("U", Map.of("U", value)))
                .withMessageStartingWith("--proxy-auth-env: the variable U holds ")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hunter2"));
    }
}

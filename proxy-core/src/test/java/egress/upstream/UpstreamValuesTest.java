package egress.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.http.Authority;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamValuesTest {
    @ParameterizedTest
    @CsvSource({
        "api.example:443:127.0.0.1:8443, api.example, 443, 127.0.0.1:8443",
        "API.Example:443:127.0.0.1:8443, api.example, 443, 127.0.0.1:8443",
        "::127.0.0.1:8443, api.example, 443, 127.0.0.1:8443",
        ":443:127.0.0.1:8443, other.example, 443, 127.0.0.1:8443",
        "api.example::127.0.0.1:, api.example, 8080, 127.0.0.1:8080",
        "api.example:443::8443, api.example, 443, api.example:8443",
        "api.example:443:[::1]:8443, api.example, 443, [::1]:8443",
        "[::1]:443:127.0.0.1:1, ::1, 443, 127.0.0.1:1",
        "api.example:443:other.example:, api.example, 443, other.example:443",
        "api.example:443:127.0.0.1:8443, api.example, 444, -",
        "api.example:443:127.0.0.1:8443, sub.api.example, 443, -"
    })
    void aRuleLeadsElsewhereAsCurlsDoes(String rule, String host, int port, String target) {
        var result = ConnectTo.firstOf(List.of(ConnectTo.parse(rule)), new Authority(host, port));

        assertThat(result.map(Authority::toString).orElse("-")).isEqualTo(target);
    }

    @Test
    void theFirstRuleThatMatchesHolds() {
        List<ConnectTo> rules = List.of(ConnectTo.parse("a.example:443:127.0.0.1:1"), ConnectTo.parse("::127.0.0.1:2"));

        assertThat(ConnectTo.firstOf(rules, new Authority("a.example", 443)).orElseThrow())
                .hasToString("127.0.0.1:1");
        assertThat(ConnectTo.firstOf(rules, new Authority("b.example", 443)).orElseThrow())
                .hasToString("127.0.0.1:2");
    }

    @ParameterizedTest
    @CsvSource({
        "api.example:443, four parts",
        "api.example, four parts",
        "'', four parts",
        "a:1:b:2:3, four parts",
        "a:0:b:2, a port of 1-65535",
        "a:65536:b:2, a port of 1-65535",
        "a:x:b:2, a port in digits",
        "a:+1:b:2, a port in digits",
        "[::1:1:b:2, four parts",
        "[zz]:1:b:2, brackets",
        "a b:1:c:2, host"
    })
    void aMalformedRuleSaysWhatWasExpected(String rule, String expected) {
        assertThatThrownBy(() -> ConnectTo.parse(rule))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("connect-to")
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "http://proxy.example:8888, http://proxy.example:8888, -",
        "http://proxy.example, http://proxy.example:80, -",
        "https://Proxy.Example/, https://proxy.example:443, -",
        "http://[::1]:3128, http://[::1]:3128, -",
        "http://egress_proxy:3128, http://egress_proxy:3128, -",
        "https://user:pass@my_proxy.internal, https://my_proxy.internal:443, Basic dXNlcjpwYXNz",
        "http://user:pass@proxy.example:1, http://proxy.example:1, Basic dXNlcjpwYXNz",
        "http://us%40er:p%3Aa+s@proxy.example:1, http://proxy.example:1, Basic dXNAZXI6cDphK3M="
    })
    void aProxyIsReadFromItsUrl(String url, String printed, String credentials) {
        UpstreamProxy proxy = UpstreamProxy.parse(url);

        assertThat(proxy).hasToString(printed);
        assertThat(proxy.credentials().orElse("-")).isEqualTo(credentials);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proxy.example:8888",
                "socks5://proxy.example:1080",
                "http://",
                "http://proxy.example/path",
                "http://proxy.example?x",
                "http://proxy.example:x",
                "http://proxy.example:70000",
                "http://proxy_.example:",
                "http://s3cret@proxy.example",
                "http://user:s3cret%0d%0a@proxy.example",
                "http://user:s3cret%zz@proxy.example"
            })
    void aMalformedProxyIsRefusedAndItsCredentialsAreNotSaid(String url) {
        assertThatThrownBy(() -> UpstreamProxy.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected")
                .hasMessageNotContaining("s3cret");
    }

    @ParameterizedTest
    @CsvSource({
        "timeout=5, 5",
        "'timeout=5, max=100', 5",
        "'max=100, Timeout=30', 30",
        "max=100, -1",
        "timeout=, -1",
        "timeout=abc, -1",
        "timeout=99999999999999999999, -1",
        "'', -1"
    })
    void keepAliveTellsItsTimeout(String value, long seconds) {
        assertThat(KeepAlive.timeoutNanos(value))
                .isEqualTo(seconds < 0 ? Long.MAX_VALUE : TimeUnit.SECONDS.toNanos(seconds));
    }
}

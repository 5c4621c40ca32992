package egress.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import egress.http.RequestTarget;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The absolute form of a target (RFC 9112 §3.2.2), and what policy then makes of its path. */
class RequestedTargetTest {
    @ParameterizedTest
    @CsvSource({
        "http://a.example/b?c, false, a.example:80, /b?c",
        "HTTP://A.Example:8080, false, a.example:8080, /",
        "http://a.example?c, false, a.example:80, /?c",
        "https://[::1]/, true, [::1]:443, /",
        "hTTps://a.example:8443//x, true, a.example:8443, //x",
        "http://_egress.local/allowlist, false, _egress.local:80, /allowlist",
    })
    void takesAbsoluteFormApart(String raw, boolean tls, String authority, String target) {
        RequestedTarget absolute = RequestedTarget.absolute(raw);
        assertThat(absolute.tls()).isEqualTo(tls);
        assertThat(absolute.authority()).hasToString(authority);
        assertThat(absolute.target()).isEqualTo(target);
        assertThat(RequestTarget.parse(absolute.target()).raw()).isEqualTo(target);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://a.example/",
                "ws://a.example/",
                "http:/a.example/",
                "http:a",
                "//a.example/",
                "/",
                "http://",
                "http:///a",
                "http://u@a.example/",
                "http://u:p@a.example/",
                "http://a.example#f",
                "http://a.example/#f",
                "http://a.example:/",
                "http://a.example:0/",
                "http://a.example\\@b.example/",
                "http://a b/",
                "http://a.example/a b",
                " http://a.example/",
                "http://2130706433/",
                "javascript:alert(1)"
            })
    void refusesOtherAbsoluteForms(String raw) {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> RequestTarget.parse(RequestedTarget.absolute(raw).target()));
    }
}

package egress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestTargetTest {
    @ParameterizedTest
    @CsvSource({
        "/, /, ''",
        "/a?b=c, /a, b=c",
        "/a?, /a, ''",
        "/a?b?c, /a, b?c",
        "/?/../x, /, /../x",
        "//a//b, //a//b, ''",
        "/@scope%2fname, /@scope%2fname, ''",
        "/100%25, /100%25, ''",
        "/caf%C3%A9, /caf%C3%A9, ''",
        "'/a?q=%00%ff', /a, 'q=%00%ff'",
        "'/a|b{c}\"<>^`', '/a|b{c}\"<>^`', ''",
        "/a\\b, /a\\b, ''",
        "*, *, ''",
    })
    void splitsPathAndQuery(String raw, String path, String query) {
        RequestTarget target = RequestTarget.parse(raw);
        assertThat(target.raw()).isSameAs(raw);
        assertThat(target.path()).isEqualTo(path);
        assertThat(target.query()).isEqualTo(query);
        assertThat(target.hasQuery()).isEqualTo(raw.contains("?"));
        assertThat(target.isAsterisk()).isEqualTo(raw.equals("*"));
    }

    @Test
    void keepsAPathWithoutQueryAsItIs() {
        String raw = new String("/v1/messages");
        assertThat(RequestTarget.parse(raw).path()).isSameAs(raw);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "?a",
                "api.github.com:443",
                "http://a.example/",
                "**",
                "*?a",
                "/a b",
                "/a\tb",
                "/a\r\nX: y",
                "/a\u0000",
                "/a\u007f",
                "/caf\u00e9",
                "/a?caf\u00e9",
                "/a#b",
                "/a?b#c",
                "/%",
                "/a%2",
                "/%zz",
                "/%2g",
                "/%u002e",
                "/a?%",
                "/a?%zz",
                "/%00",
                "/%0a",
                "/%0D",
                "/%1f",
                "/%7f",
                "/%c2%85",
                "/%2500",
                "/%250a",
                "/%25%30%30",
                "/%c0%af",
                "/%c0%ae%c0%ae/",
                "/%e0%80%af",
                "/%f0%80%80%af",
                "/%ff",
                "/%fe",
                "/%80",
                "/%c3",
                "/%c3a",
                "/%c3%28",
                "/%ed%a0%80",
                "/%f4%90%80%80",
                "/%25c0%25af",
                "/%25ff",
                "/caf%e9",
            })
    void refusesWhatIsNoTarget(String raw) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RequestTarget.parse(raw))
                .withMessageContaining("expected: ")
                .satisfies(e -> assertThat(e.getMessage()).matches("[\\x20-\\x7e]*"));
    }

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
        RequestTarget.Absolute absolute = RequestTarget.parseAbsolute(raw);
        assertThat(absolute.tls()).isEqualTo(tls);
        assertThat(absolute.authority()).hasToString(authority);
        assertThat(absolute.target()).isEqualTo(RequestTarget.parse(target));
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
        assertThatIllegalArgumentException().isThrownBy(() -> RequestTarget.parseAbsolute(raw));
    }
}

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
}

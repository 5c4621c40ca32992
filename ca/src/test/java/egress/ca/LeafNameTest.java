package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeafNameTest {
    @ParameterizedTest
    @CsvSource({
        "api.github.com, api.github.com",
        "API.GitHub.COM, api.github.com",
        "api.github.com., api.github.com",
        "localhost, localhost",
        "my_bucket.s3.example, my_bucket.s3.example",
        "xn--bcher-kva.example, xn--bcher-kva.example",
        "r3---sn-a5m.cdn.example, r3---sn-a5m.cdn.example",
        "1.2.3.4.example, 1.2.3.4.example",
        "0x.example, 0x.example",
    })
    void normalisesDnsNames(String host, String expected) {
        assertThat(LeafName.parse(host)).isEqualTo(new LeafName.Dns(expected));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1",
        "255.255.255.255, 255.255.255.255",
        "::1, 0:0:0:0:0:0:0:1",
        "[::1], 0:0:0:0:0:0:0:1",
        "2001:DB8::A, 2001:db8:0:0:0:0:0:a",
    })
    void normalisesIpLiterals(String host, String expected) {
        assertThat(LeafName.parse(host)).isEqualTo(new LeafName.Ip(expected));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "a..b",
                ".a",
                "*.example",
                "*",
                "a b",
                "a/b",
                "a:443",
                "user@a",
                "a\u0000b",
                "a\r\nb",
                "b\u00fccher.example",
                "-a.example",
                "a-.example",
                "256.1.1.1",
                "1.2.3",
                "127.1",
                "2130706433",
                "0x7f.1",
                "0177.0.0.1",
                "0x7f000001",
                "1.2.3.4.",
                "[127.0.0.1]",
                "[::1",
                "::1]",
                "fe80::1%eth0",
                "::ffff:127.0.0.1",
                ":::",
                "1:2:3",
                "[]"
            })
    void refusesWhatIsNoName(String host) {
        assertThatThrownBy(() -> LeafName.parse(host))
                .isInstanceOfSatisfying(
                        MintException.class, e -> assertThat(e.reason()).isEqualTo(MintException.Reason.BAD_NAME))
                .hasMessageContaining("expected:")
                .hasMessageMatching("[ -~]*");
    }

    @Test
    void takesLabelsAndNamesUpToTheirLimits() {
        String label = "a".repeat(63);
        String longest = String.join(".", label, label, label, "a".repeat(61));
        assertThat(longest).hasSize(253);
        assertThat(LeafName.parse(longest).text()).isEqualTo(longest);
        assertThat(LeafName.parse(longest + ".").text()).isEqualTo(longest);
        assertThatThrownBy(() -> LeafName.parse(longest + "a")).isInstanceOf(MintException.class);
        assertThatThrownBy(() -> LeafName.parse("a".repeat(64) + ".example")).isInstanceOf(MintException.class);
        assertThatThrownBy(() -> LeafName.parse("a".repeat(1 << 20))).hasMessageContaining("at most 253");
    }
}

package egress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AuthorityTest {
    @ParameterizedTest
    @CsvSource({
        "api.github.com:443, api.github.com, 443",
        "API.GitHub.COM:443, api.github.com, 443",
        "api.github.com.:443, api.github.com, 443",
        "API.GITHUB.COM.:8443, api.github.com, 8443",
        "localhost:1, localhost, 1",
        "_dmarc.a_b.example:65535, _dmarc.a_b.example, 65535",
        "foo-.github.example:443, foo-.github.example, 443",
        "r3---sn-abc.example:443, r3---sn-abc.example, 443",
        "xn--bcher-kva.example:443, xn--bcher-kva.example, 443",
        "1and1.example:443, 1and1.example, 443",
        "1.2.3.4.example:443, 1.2.3.4.example, 443",
        "0x7f.example:443, 0x7f.example, 443",
        "a.0xg:443, a.0xg, 443",
        "127.0.0.1:443, 127.0.0.1, 443",
        "255.255.255.255:80, 255.255.255.255, 80",
        "[::1]:443, ::1, 443",
        "[2001:DB8:0:0:0:0:0:1]:443, 2001:db8::1, 443",
        "[2001:db8:0:1:1:1:1:1]:443, 2001:db8:0:1:1:1:1:1, 443",
        "[2001:0:0:1:0:0:0:1]:443, 2001:0:0:1::1, 443",
        "[2001:db8:0:0:1:0:0:1]:443, 2001:db8::1:0:0:1, 443",
        "[0:0:0:0:0:0:0:0]:443, ::, 443",
        "[1::]:443, 1::, 443",
        "[::ffff:127.0.0.1]:443, ::ffff:127.0.0.1, 443",
        "[::FFFF:7f00:1]:443, ::ffff:127.0.0.1, 443",
        "[64:ff9b::192.0.2.1]:443, 64:ff9b::c000:201, 443",
        "[1:2:3:4:5:6:7::]:443, 1:2:3:4:5:6:7:0, 443",
    })
    void readsOneNormalSpelling(String raw, String host, int port) {
        assertThat(Authority.parse(raw, 0)).isEqualTo(new Authority(host, port));
        assertThat(Authority.parse(raw, 0).host()).isEqualTo(host);
        assertThat(Authority.parse(Authority.parse(raw, 0).toString(), 0)).isEqualTo(Authority.parse(raw, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":443",
                ".:443",
                "..:443",
                "a..b:443",
                ".a:443",
                "a...:443",
                "[api.github.com]:443",
                "[]:443",
                "[::1:443",
                "::1:443",
                "[::1]443",
                "[::1].:443",
                "a]:443",
                "a[:443",
                "[::1%25eth0]:443",
                "[::1%eth0]:443",
                "[fe80::1%1]:443",
                "[1::2::3]:443",
                "[1:2:3:4:5:6:7:8:9]:443",
                "[1:2:3:4:5:6:7]:443",
                "[12345::]:443",
                "[:1::2]:443",
                "[1:]:443",
                "[::127.1]:443",
                "[::1.2.3.4:5]:443",
                "[1:2:3:4:5:6:7::8]:443",
                "[::256.0.0.1]:443",
                "[::g]:443",
                "[v1.a]:443",
                "allowed.example@evil.example:443",
                "user:pass@a.example:443",
                "a b:443",
                "a\tb:443",
                "a\r\nb:443",
                " a:443",
                "a :443",
                "a#b:443",
                "a?b:443",
                "a%62:443",
                "a/b:443",
                "//a:443",
                "a\\b:443",
                "a*b:443",
                "*.a:443",
                "a,b:443",
                "a;b:443",
                "a\u0000:443",
                "a\u007f:443",
                "b\u00fccher.example:443",
                "a\u3002example:443",
                "\uff41.example:443",
                "a\uff0eb:443",
                "\u0430pi.example:443",
                "api.g\u0130thub.example:443",
                "\u212aelvin.example:443",
                "xn--:443",
                "a.xn--.b:443",
                "xn--a-.example:443",
                "a:0",
                "a:65536",
                "a:99999",
                "a:100000",
                "a:0443",
                "a:+443",
                "a:-1",
                "a:",
                "a: 443",
                "a:443 ",
                "a:4\u0664",
                "a:443:443",
                "a:0x1bb",
                "a",
                "2130706433:443",
                "0x7f.1:443",
                "0177.0.0.1:443",
                "127.1:443",
                "127.0.0.01:443",
                "127.0.0.1.:443",
                "127.0.0.256:443",
                "1.2.3.4.5:443",
                "0x7f000001:443",
                "a.1:443",
                "a.0x:443",
                "a.0x1f:443",
                "0:443",
                "a.09:443",
            })
    void refusesWhatIsNoAuthority(String raw) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Authority.parse(raw, 0))
                .withMessageContaining("expected: ")
                .satisfies(e -> assertThat(e.getMessage()).matches("[\\x20-\\x7e]*"));
    }

    @Test
    void boundsLabelsAndNames() {
        String label = "a".repeat(63);
        assertThat(Authority.host(label + ".example")).startsWith(label);
        assertThatIllegalArgumentException().isThrownBy(() -> Authority.host(label + "a.example"));
        String longest = (label + ".").repeat(3) + "a".repeat(61);
        assertThat(longest).hasSize(253);
        assertThat(Authority.host(longest + ".")).isEqualTo(longest);
        assertThatIllegalArgumentException().isThrownBy(() -> Authority.host(longest + "a"));
        assertThatIllegalArgumentException().isThrownBy(() -> new Authority("A@b", 443));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Authority("a", 0))
                .withMessage("port: 0 (expected: 1-65535)");
    }

    @Test
    void tellsThePunycodeOfANameInOtherLetters() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Authority.host("b\u00fccher.example"))
                .withMessageContaining("punycode, here \"xn--bcher-kva.example\"");
    }

    @Test
    void takesTheDefaultPortWhereItMay() {
        assertThat(Authority.parse("A.example", 443)).isEqualTo(new Authority("a.example", 443));
        assertThat(Authority.parse("[::1]", 80)).isEqualTo(new Authority("::1", 80));
        assertThat(Authority.parse("[::1]:81", 80)).isEqualTo(new Authority("::1", 81));
    }

    @Test
    void keepsAPlainHostAsItIs() {
        String host = new String("api.github.com");
        assertThat(Authority.host(host)).isSameAs(host);
    }

    @ParameterizedTest
    @CsvSource({
        "a.example, true", "a.example:443, true", "A.Example, true", "a.example., true", "a.example:80, false",
        "b.example, false", "a.example:, false", "'', false", "a.example@b, false", "'a.example, a.example', false"
    })
    void knowsWhetherAHostFieldNamesIt(String raw, boolean named) {
        assertThat(new Authority("a.example", 443).isNamedBy(raw, 443)).isEqualTo(named);
    }

    @Test
    void knowsAddressesInHostFieldsOnlyInBrackets() {
        Authority loopback = new Authority("::1", 443);
        assertThat(loopback.isNamedBy("[::1]", 443)).isTrue();
        assertThat(loopback.isNamedBy("[0::1]:443", 443)).isTrue();
        assertThat(loopback.isNamedBy("::1", 443)).isFalse();
        assertThat(loopback.toHostField(true)).isEqualTo("[::1]");
        assertThat(loopback.toHostField(false)).isEqualTo("[::1]:443");
        assertThat(loopback.isIpLiteral()).isTrue();
        assertThat(new Authority("10.0.0.1", 443).isIpLiteral()).isTrue();
        assertThat(new Authority("10.0.0.example", 443).isIpLiteral()).isFalse();
    }

    @Test
    void foldsCaseTheSameInEveryLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr"));
            assertThat(Authority.host("API.GITHUB.COM")).isEqualTo("api.github.com");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void agreesWithThePlatformOnRandomAddresses() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            byte[] address = new byte[16];
            random.nextBytes(address);
            for (int group = 0; group < 8; group++) {
                if (random.nextInt(3) > 0) {
                    address[2 * group] = 0;
                    address[2 * group + 1] = (byte) random.nextInt(2);
                }
            }
            String long_ = InetAddress.getByAddress(address).getHostAddress();
            if (long_.indexOf(':') < 0) {
                continue;
            }
            String canonical = Authority.host("[" + long_ + "]");
            assertThat(InetAddress.getByName("[" + canonical + "]").getAddress())
                    .as("seed %d: %s", seed, long_)
                    .isEqualTo(address);
            assertThat(canonical.length()).as("seed %d: %s", seed, long_).isLessThanOrEqualTo(long_.length());
        }
    }

    @Test
    void neverTakesRandomTextForMoreThanOneHost() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String alphabet = "aAzZ09.-_:[]@%/\\x\u00e9\t ";
        int taken = 0;
        for (int i = 0; i < 200_000; i++) {
            StringBuilder raw = new StringBuilder();
            for (int k = random.nextInt(9); k >= 0; k--) {
                raw.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            Authority authority;
            try {
                authority = Authority.parse(raw.toString(), random.nextBoolean() ? 443 : 0);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).as("seed %d", seed).matches("[\\x20-\\x7e]*");
                continue;
            }
            taken++;
            assertThat(authority.host()).as("seed %d: %s", seed, raw).matches("[a-z0-9._-]+|[0-9a-f:.]+");
            assertThat(Authority.parse(authority.toString(), 0))
                    .as("seed %d: %s", seed, raw)
                    .isEqualTo(authority);
        }
        assertThat(taken).as("seed %d", seed).isGreaterThan(1_000);
    }
}

package egress.dlp.builtin.strength;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.builtin.Fixture;
import egress.dlp.builtin.Templates;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class SecretBitsTest {
    private static final String DRAWN = "v7Qpx2kLmZ0xR9tWc4Hd";

    static Stream<Arguments> publicParts() {
        String claims = "{\"iss\":\"https://issuer.example\",\"sub\":\"agent-7\",\"aud\":\"api\",\"iat\":1767225600}";
        return Stream.of(
                Arguments.of("user of a pair", "deploy-bot:", DRAWN),
                Arguments.of("random user of a pair", "AC0123f6789abc7e55aa9173bdcf20e8d1:", DRAWN),
                Arguments.of(
                        "JWT", url("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + "." + url(claims) + ".", DRAWN + DRAWN),
                Arguments.of("scheme and host", "https://hooks.chat.example/services/T02AB34CD/B05EF67GH/", DRAWN),
                Arguments.of("user in a URL", "postgres://service-account@", ""),
                Arguments.of("authentication scheme", "Bearer ", DRAWN),
                Arguments.of(
                        "fields before it",
                        "Endpoint=sb://bus.example/;SharedAccessKeyName=Manage;SharedAccessKey=",
                        DRAWN),
                Arguments.of("vendor's prefix", "ghp_", DRAWN),
                Arguments.of("format's name", "sk-ant-api03-", DRAWN),
                Arguments.of("account in a key", "sk_live_51H8ab3CdEfGhIj7K", DRAWN),
                Arguments.of("words", "correct horse battery staple ", "correct-horse"),
                Arguments.of("counts", "0123456789abcdefghijklmnop9876543210", ""),
                Arguments.of("date and port", "2026-11-29T21:47:10-5432-8080-", ""),
                Arguments.of("keyboard", "qwertyuiop-asdfghjkl-", ""),
                Arguments.of("one character", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""),
                Arguments.of("few characters", "0110100110010110100101100110100110010110", ""));
    }

    private static String url(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Fixture.latin(text));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("publicParts")
    void whatIsPublicByFormEarnsNothing(String name, String known, String rest) {
        double[] bits = SecretBits.of(Fixture.latin(known + rest)).bits();
        double sum = Arrays.stream(bits, 0, known.length()).sum();
        assertThat(sum).as(name).isLessThan(8);
    }

    @Test
    void ownRepeatsEarnNothing() {
        double[] bits = SecretBits.of(Fixture.latin(DRAWN + DRAWN)).bits();
        assertThat(Arrays.stream(bits, DRAWN.length(), bits.length).sum()).isZero();
    }

    static Stream<Arguments> drawn() {
        return Stream.of(
                Arguments.of("<24:A-Za-z0-9>", 5.7),
                Arguments.of("ghp_<36:A-Za-z0-9>", 5.7),
                Arguments.of("<40:A-Za-z0-9_->", 5.2),
                Arguments.of("<32:a-f0-9>", 4.0),
                Arguments.of("<64:a-f0-9>", 4.0),
                Arguments.of("<32:a-z0-9>", 4.8),
                Arguments.of("build:<32:A-Za-z0-9>", 5.7),
                Arguments.of("https://build:<32:A-Za-z0-9>@git.example/x", 5.7),
                Arguments.of("{\"client_secret\":\"<32:A-Za-z0-9>\"}", 5.7));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("drawn")
    void halvesOfWhatIsDrawnByChanceEarnEnough(String template, double each) {
        Random random = new Random(7);
        Templates templates = new Templates(random);
        int count = Integer.parseInt(template.replaceAll(".*<([0-9]+):.*", "$1"));
        int start = template.indexOf('<');
        int poor = 0;
        for (int i = 0; i < 500; i++) {
            double[] bits =
                    SecretBits.of(Fixture.latin(templates.expand(template))).bits();
            double first = Arrays.stream(bits, start, start + count / 2).sum();
            double second =
                    Arrays.stream(bits, start + count / 2, start + count).sum();
            poor += Math.min(first, second) < Math.min(UnguessableBits.ENOUGH, each * count / 2) ? 1 : 0;
        }
        assertThat(poor).as(template).isLessThan(500 / 16);
    }
}

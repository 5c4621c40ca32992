package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.Finding;
import egress.dlp.ScanVerdict;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class KnownSecretsTest {
    private final Fixture fixture = new Fixture();

    static Stream<Arguments> dressed() {
        Random random = new Random(5);
        return Dress.all().stream()
                .filter(d -> !d.name().equals("rot13"))
                .map(d -> Arguments.of(d.name(), d.apply(Fixture.KNOWN, random)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("dressed")
    void standsInEveryDress(String dress, String value) {
        ScanVerdict verdict = fixture.scanner.scanNow(Where.post("text/plain", "take this: " + value + " (end)"));
        assertThat(Fixture.names(verdict)).as(dress).contains("known_secret");
    }

    static Stream<String> forms() {
        String s = Fixture.KNOWN;
        return Stream.of(
                s.toUpperCase(Locale.ROOT),
                s.toLowerCase(Locale.ROOT),
                s.substring(0, 12),
                s.substring(7),
                "x" + s + "y",
                Dress.base64("a" + s).replace("=", ""),
                Dress.base64("ab" + s).replace("=", ""),
                "prefix" + Dress.base64("abc" + s),
                s.substring(0, 10) + "\", \"" + s.substring(10));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void standsInOtherCasesPartsAndAlignments(String value) {
        assertThat(Fixture.names(fixture.body("{\"v\":\"" + value + "\"}"))).contains("known_secret");
    }

    static Stream<String> strangers() {
        String s = Fixture.KNOWN;
        return Stream.of(
                s.substring(0, 9), s.substring(14), "v7Qp-2kLm is only the beginning", "short", "correct ho", "");
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void isNotSeenInALittleOfItOrInWhatIsTooShortToGuard(String value) {
        assertThat(fixture.body("{\"v\":\"" + value + "\"}")).isInstanceOf(ScanVerdict.Clean.class);
    }

    /** The upper case of U+00DF is two letters, that of U+00FF and U+00B5 lies beyond Latin-1. */
    @Test
    void mayHoldBytesWhoseOtherCaseIsLonger() {
        byte[] secret = new byte[] {
            (byte) 0xdf, 'k', '7', 'Q', 'w', '2', 'z', 'R', (byte) 0xff, 'p', (byte) 0xb5, 'M', 'x', '9', (byte) 0xdf
        };
        BuiltInScanner scanner = new BuiltInScanner(List.of(secret), new byte[32], Runnable::run);
        assertThat(scanner.scanNow(Fixture.request(secret))).isInstanceOf(ScanVerdict.Found.class);
    }

    @Test
    void hasOneFingerprintInEveryDress() {
        String expected = fixture.scanner.fingerprint(Fixture.latin(Fixture.KNOWN));
        for (String value : List.of(Fixture.KNOWN, Dress.base64(Fixture.KNOWN), Fixture.KNOWN.substring(3))) {
            List<Finding> findings = Fixture.findings(fixture.body(value));
            assertThat(findings)
                    .isNotEmpty()
                    .allSatisfy(f -> assertThat(f.fingerprint()).isEqualTo(expected));
        }
    }

    @Test
    void mayHoldSpaces() {
        assertThat(Fixture.names(fixture.body("say " + Fixture.KNOWN_WORDS + " please")))
                .contains("known_secret");
    }
}

package egress.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.builtin.Masker;
import egress.policy.Credential;
import egress.policy.Route;
import egress.testkit.scorecard.Row;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SecretMaskerTest {
    private static Route route(String host, Credential credential) {
        return Route.named(host).credential(credential).build();
    }

    private final SecretMasker masker = SecretMasker.of(
            List.of(
                    route("a.example", Credential.authorization("Bearer", "s3cr3t-v/lue")),
                    route("b.example", Credential.basic("user:pass word")),
                    route("c.example", Credential.of("X-Own-Field", "plain-value-77"))),
            List.of("proxy-password"),
            Masker::of);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3cr3t-v/lue",
                "s3cr3t-v%2Flue",
                "s3cr3t-v%2flue",
                "pass word",
                "pass+word",
                "pass%20word",
                "user:pass word",
                "dXNlcjpwYXNzIHdvcmQ=",
                "plain-value-77",
                "proxy-password"
            })
    @Row("31.xe")
    void masksWhatTheGateHoldsWhereverItOccurs(String secret) {
        assertThat(masker.text("/path/" + secret + "/more")).isEqualTo("/path/********/more");
        assertThat(masker.text(secret)).isEqualTo("********");
        assertThat(masker.text(secret + secret)).isEqualTo("****************");
        assertThat(masker.field("X-Any", "is " + secret)).isEqualTo("is ********");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization",
                "AUTHORIZATION",
                "proxy-authorization",
                "Cookie",
                "Set-Cookie",
                "x-own-field",
                "X-Vault-Token",
                "x-access-token",
                "dd-api-key",
                "DD-APPLICATION-SECRET",
                "Ocp-Apim-Subscription-Key",
                "X-Functions-Key",
                "apikey",
                "x-user-password"
            })
    void masksWholeFieldsThatCarryCredentials(String name) {
        assertThat(masker.field(name, "anything at all")).isEqualTo("********");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "anthropic-ratelimit-tokens-remaining",
                "x-amz-content-sha256",
                "sec-websocket-key",
                "idempotency-key",
                "www-authenticate",
                "tokenizer"
            })
    void leavesFieldsAloneThatOnlySoundAlike(String name) {
        assertThat(masker.field(name, "anything")).isEqualTo("anything");
    }

    @ParameterizedTest
    @CsvSource({
        "https://a.example/cb#access_token=abc&state=1,https://a.example/cb#access_token=********&state=1",
        "/p?x=1#id_token=abc,/p?x=1#id_token=********",
        "https://user:hunter2@git.example/x,https://user:********@git.example/x",
        "see ftp://u:p:w@h and http://u@h/a:b@c,see ftp://u:********@h and http://u@h/a:b@c",
        "/p?access_token=abc&x=1,/p?access_token=********&x=1",
        "/p?x=1&API_KEY=abc#f,/p?x=1&API_KEY=********#f",
        "/p?x=1;password=abc;y=2,/p?x=1;password=********;y=2",
        "/p?X-Amz-Signature=abc,/p?X-Amz-Signature=********",
        "https://a.example/p?sig=abc text,https://a.example/p?sig=******** text",
        "/p?code=,/p?code=",
        "/p?page=2&sort=up,/p?page=2&sort=up",
        "/p?token,/p?token",
        "/token=abc,/token=abc",
        "/p?a=b=c&token=d=e,/p?a=b=c&token=********",
    })
    void masksQueryValuesWhoseNamesSaySo(String text, String masked) {
        assertThat(masker.text(text)).isEqualTo(masked);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ghp_0123456789abcdefABCD",
                "sk-ant-api03-abcdefghijklmnop",
                "xoxb-1234567890-abcdef",
                "AKIAIOSFODNN7EXAMPLE",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"
            })
    void masksWellKnownKindsOfTokens(String token) {
        assertThat(masker.text("/bot/" + token)).isEqualTo("/bot/********");
        assertThat(masker.text("see (" + token + ")")).isEqualTo("see (********)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "sk-", "xoxa-", "xoxb-", "xoxe-",
                "xoxo-", "xoxp-", "xoxr-", "xoxs-", "AKIA", "ASIA", "AIza", "ya29.", "npm_", "pypi-", "eyJ"
            })
    void masksATokenThatWasCutShortByItsBeginning(String beginning) {
        assertThat(masker.text("/a/" + beginning + "b-C.d~e+f/gh_1")).isEqualTo("/a/********");
        assertThat(masker.text("/a/" + beginning + "bcdefghijkl")).isEqualTo("/a/" + beginning + "bcdefghijkl");
    }

    @Test
    void masksWhatTheScannerOfRequestsFinds() {
        String digits = "0123456789abcdef0123456789abcdef0123456789abcdef".replace('0', '7');
        assertThat(masker.text("/hook/dapi" + digits.substring(0, 32))).isEqualTo("/hook/********");
        assertThat(masker.text("to postgres://app:h7Kq2mZx9w@db.example/x")).doesNotContain("h7Kq2mZx9w");
    }

    @Test
    void masksAKnownSecretThatIsEncoded() {
        String encoded =
                Base64.getEncoder().encodeToString("see s3cr3t-v/lue here".getBytes(StandardCharsets.US_ASCII));
        assertThat(masker.text("/d/" + encoded)).doesNotContain(encoded.substring(8, 20));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/repos/octo/hello/git/commits/7638417db6d59f3c431d3e1f261cc637155684cd",
                "550e8400-e29b-41d4-a716-446655440000",
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0",
                "max-age=31536000; includeSubdomains; preload",
                "caf\u00e9 \u2026 \ud83d\ude00 and/some/longer/words/of/a/path-with-many-words"
            })
    void leavesWhatOnlyLooksLikeASecretAlone(String text) {
        assertThat(masker.text(text)).isSameAs(text);
    }

    @Test
    void leavesOrdinaryTextAlone() {
        String text = "/repos/octo/hello/issues?page=2&per_page=100 s3cr3 pass wor";
        assertThat(masker.text(text)).isEqualTo(text);
    }

    @Test
    void ofTwoSecretsTheLongerOneIsMaskedWhole() {
        SecretMasker two = SecretMasker.of(List.of(), List.of("abcd", "abcdefgh"), Masker::of);
        assertThat(two.text("x abcdefgh y abcd z")).isEqualTo("x ******** y ******** z");
    }

    @Test
    void aSecretOfThreeCharactersDoesNotTurnTextIntoAsterisks() {
        assertThat(SecretMasker.of(List.of(), List.of("the"), Masker::of).text("the end of the line"))
                .isEqualTo("the end of the line");
    }

    @Test
    void twoMaskersTogetherMaskWhatEitherDoes() {
        SecretMasker both = masker.and(SecretMasker.of(List.of(), List.of("older-secret"), Masker::of));
        assertThat(both.text("older-secret proxy-password")).isEqualTo("******** ********");
        assertThat(both.field("x-own-field", "v")).isEqualTo("********");
    }

    @Test
    void anUnavailableCredentialIsNoSecret() {
        SecretMasker none = SecretMasker.of(
                List.of(route("a.example", Credential.unavailable("Authorization", "EGRESS_TOKEN_0 is unset"))),
                List.of(),
                Masker::of);
        assertThat(none.text("EGRESS_TOKEN_0 is unset")).isEqualTo("EGRESS_TOKEN_0 is unset");
    }

    @Test
    void aLongHostileQueryTakesNoLongerThanItsLength() {
        String hostile = "/p?" + "token&".repeat(20_000) + "?".repeat(20_000) + "a;b".repeat(20_000);
        List<String> secrets = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            secrets.add("secret-number-" + i);
        }
        SecretMasker many = SecretMasker.of(List.of(), secrets, Masker::of);
        many.prepare();
        long least = Long.MAX_VALUE; // of three, since what else the machine does is not the masker's doing
        for (int i = 0; i < 3; i++) {
            long begin = System.nanoTime();
            assertThat(many.text(hostile)).isNotEmpty();
            least = Math.min(least, System.nanoTime() - begin);
        }
        assertThat(Duration.ofNanos(least)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    @Row("31.xd")
    void neverShowsASecretItself() {
        assertThat(masker).hasToString("Masker[" + masker.toString().replaceAll("\\D", "") + " secret(s)]");
    }

    /** By the processor's time, which other work on the machine does not lengthen. */
    private static long nanos(Runnable work) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadCpuTime();
        work.run();
        return threads.getCurrentThreadCpuTime() - before;
    }

    @Test
    void doesNotScanAgainWhatWasClean() {
        byte[] known = body(0);
        for (int i = 1; i < 200; i++) {
            masker.body(body(i)); // until the scanner is compiled
        }
        long others = nanos(() -> {
            for (int i = 200; i < 400; i++) {
                masker.body(body(i));
            }
        });
        masker.body(known);
        long same = nanos(() -> {
            for (int i = 200; i < 400; i++) {
                assertThat(masker.body(body(0))).isEqualTo(known);
            }
        });
        assertThat(same).isLessThan(others / 2);

        byte[] secret = new String(known, StandardCharsets.ISO_8859_1)
                .replace("word-0", "s3cr3t-v/lue")
                .getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < 2; i++) {
            assertThat(new String(masker.body(secret), StandardCharsets.ISO_8859_1))
                    .contains("********")
                    .doesNotContain("s3cr3t");
        }
    }

    private static byte[] body(int number) {
        return ("{\"text\": \"" + ("word-" + number + " and others ").repeat(200) + "\"}")
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}

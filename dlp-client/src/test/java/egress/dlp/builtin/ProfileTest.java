package egress.dlp.builtin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.Finding.Severity;
import egress.dlp.HeaderField;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator tries first, by profile: a vendor's exact form blocks, an example warns, a placeholder passes. */
class ProfileTest {
    private static final String A = "A".repeat(200);
    private static final String TEST_VALUE = "egress-test-value-Zq7Xw2Lm9Kd4Tn8Rv5Hb3Yc6Jp1Gs0Ft";

    private final BuiltInScanner scanner = new BuiltInScanner(List.of(), new byte[32], Runnable::run);

    private List<Finding> found(String text, ScanOptions options) {
        String body = "{\"note\": \"use " + text + " for it\"}";
        ScanRequest request = new ScanRequest(
                "api.example",
                "POST",
                "/",
                List.of(new HeaderField("content-type", "application/json")),
                BodySource.of(body.getBytes(StandardCharsets.UTF_8)),
                List.of(),
                options);
        ScanVerdict verdict = scanner.scan(request).toCompletableFuture().join();
        return switch (verdict) {
            case ScanVerdict.Clean clean -> clean.warnings();
            case ScanVerdict.Found found -> found.findings();
            default -> throw new AssertionError(verdict);
        };
    }

    /** {@code blocks}, {@code warns} or {@code passes}. */
    private String outcome(String text, Profile profile) {
        List<Finding> found = found(text, ScanOptions.defaults().withProfile(profile));
        if (found.stream().anyMatch(each -> each.severity() == Severity.BLOCKS)) {
            return "blocks";
        }
        return found.isEmpty() ? "passes" : "warns";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ghp_<36>",
                "gho_<36>",
                "github_pat_<22>_<59>",
                "AKIA<16>",
                "sk-ant-api03-<93>",
                "sk-proj-<48>",
                "sk-<48>",
                "glpat-<20>",
                "npm_<36>",
                "hf_<34>",
                "xoxb-<30>",
                "sk_live_<24>",
                "AIza<35>",
                "dop_v1_<64>",
                "SG.<22>.<43>",
                "shpat_<32>",
                "gsk_<52>",
            })
    void aVendorsExactFormBlocksHoweverMadeUpItLooks(String form) {
        String text = form;
        for (int at; (at = text.indexOf('<')) >= 0; ) {
            int to = text.indexOf('>', at);
            text = text.substring(0, at)
                    + (form.startsWith("dop") || form.startsWith("shpat") ? A.replace('A', 'a') : A)
                            .substring(0, Integer.parseInt(text.substring(at + 1, to)))
                    + text.substring(to + 1);
        }
        assertThat(outcome(text, Profile.BALANCED)).as(text).isEqualTo("blocks");
        assertThat(outcome(text, Profile.STRICT)).as(text).isEqualTo("blocks");
        assertThat(outcome(text, Profile.QUIET)).as(text).isEqualTo("warns");
    }

    @ParameterizedTest
    @CsvSource({
        "sk_live_FAKE_TEST_KEY_1234567890, blocks",
        "SG.FAKE_TEST_KEY_12345.abcdefghijklmnopqrstuvwxyz, blocks",
        "sk-test-4eC39HqLyjWDarjtT1zdp7dc, blocks",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789, blocks",
        "ghp_abcdefghijklmnopqrstuvwxyz01234567, blocks", // short by two
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789ABC, blocks", // long by three
        "ghp_q7Lw3Zx9Kd2Tn8Rv5Hb4Y, blocks", // cut short
        "AKIAQ7LW3ZX9KD2TN8RVHB, blocks", // long by two
        "AKIAIOSFODNN7EXAMPLE, warns",
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc, warns",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, passes",
        "ghp_000000000000000000000000000000000000, passes",
        "ghp_yourTokenGoesHereAndNothingElseThanIt, passes",
        "sk-ant-api03-your-key-goes-here-please-replace-it, passes",
        "sk-ant-xxxxxxxxxxxxxxxxxxxxxxxxxxxx, passes",
        "ghp_..., passes",
        "ghp_<token>, passes",
        "glft-mesh-renderer-pipeline-v, passes",
        "npm_config_registry_of_the_project, passes",
        "-----BEGIN RSA PRIVATE KEY-----, warns",
        "-----BEGIN PRIVATE KEY----- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA -----END PRIVATE KEY-----, blocks",
        "-----BEGIN RSA PRIVATE KEY----- MIIEpAIBAAKCAQEA... -----END RSA PRIVATE KEY-----, warns",
    })
    void whatOnlyLooksLikeOne(String text, String expected) {
        assertThat(outcome(text, Profile.BALANCED)).isEqualTo(expected);
        if (expected.equals("warns")) {
            assertThat(outcome(text, Profile.STRICT)).as("strict").isEqualTo("blocks");
        }
    }

    @Test
    void aPlaceholdersWordExcusesNoTokenBesideIt() {
        String token = "sk-ant-api03-q7Lw3Zx9Kd2Tn8Rv5Hb4Yc6Jp1Gs0FtMw8Qe2Xa7";
        for (String text :
                List.of(token + "-example", token + "-your-key", token + "xxxxxxxxxxxxxxxx", token + "_dummy")) {
            assertThat(outcome(text, Profile.BALANCED)).as(text).isEqualTo("blocks");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "xoxb-<12#>-<13#>-<24>",
                "xoxp-<12#>-<12#>-<12#>-<32a>",
                "sk_live_<24>",
                "sk-<48>",
                "sk-ant-api03-<93>",
                "gsk_<52>",
                "hf_<34>",
                "glpat-<20>",
                "github_pat_<22>_<59>",
            })
    void noWordExcusesARealTokenThatItIsHungOn(String form) {
        Random random = new Random(4);
        List<String> passed = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String token = drawn(form, random);
            for (String word : List.of("example", "your-key", "INSERT", "_dummy_", "-changeme", "redacted")) {
                if (!outcome(token + word, Profile.BALANCED).equals("blocks")) {
                    passed.add(token + word);
                }
            }
        }
        assertThat(passed).isEmpty();
    }

    /** {@code <12#>}: digits, {@code <32a>}: hexadecimal, {@code <24>}: letters and digits. */
    private static String drawn(String form, Random random) {
        return Pattern.compile("<(\\d+)([#a]?)>").matcher(form).replaceAll(match -> {
            String alphabet = switch (match.group(2)) {
                case "#" -> "0123456789";
                case "a" -> "0123456789abcdef";
                default -> "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
            };
            return random.ints(Integer.parseInt(match.group(1)), 0, alphabet.length())
                    .mapToObj(at -> alphabet.substring(at, at + 1))
                    .collect(Collectors.joining());
        });
    }

    @Test
    void dotsExcuseNoKeyBehindItsArmour() {
        String key = "MC4CAQAwBQYDK2VwBCIEIJ7qLw3Zx9Kd2Tn8Rv5Hb4Yc6Jp1Gs0FtMw8Qe2Xa7B";
        for (String body : List.of(
                key.substring(0, 60) + "." + key.substring(60),
                key.substring(0, 60) + "..." + key.substring(60),
                key.substring(0, 30) + "..." + key.substring(30),
                key.substring(0, 60) + "...",
                key.substring(0, 30) + ".\\n" + key.substring(30))) {
            String text = "-----BEGIN PRIVATE KEY-----\\n" + body + "\\n-----END PRIVATE KEY-----";
            assertThat(outcome(text, Profile.BALANCED)).as(text).isEqualTo("blocks");
        }
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void theTestValueBlocksInEveryProfileWhateverARouteLists(Profile profile) {
        assertThat(outcome(TEST_VALUE, profile)).isEqualTo("blocks");
        List<Finding> found = found(TEST_VALUE, ScanOptions.listed(List.of()).withProfile(profile));
        assertThat(found).hasSize(1);
        assertThat(found.getFirst().detector()).isEqualTo("egress_test_value");
        assertThat(found.getFirst().blocks()).isTrue();
    }
}

package egress.dlp.builtin.rule;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.Finding.Severity;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.BuiltInScanner;
import egress.dlp.builtin.Templates;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of token by profile: one that looks drawn by chance, one that is made up in the vendor's exact form, and a placeholder. */
final class CatalogueTest {
    private static final long SEED = 20_261_130L;
    private static final int DRAWS = 10;
    private static final Pattern PART = Pattern.compile("<(\\d+):([^>]+)>");

    private final BuiltInScanner scanner = new BuiltInScanner(List.of(), new byte[32], Runnable::run);

    static Stream<String> rules() {
        return DetectorFile.read().stream()
                .filter(rule -> rule.detector() == Detector.TOKEN_PATTERNS)
                .map(TokenRule::name);
    }

    /** Those whose form alone is a hit, and of whose examples a class of characters stands for the secret. */
    static Stream<String> forms() {
        return DetectorFile.read().stream().filter(CatalogueTest::isForm).map(TokenRule::name);
    }

    private static boolean isForm(TokenRule rule) {
        return rule.detector() == Detector.TOKEN_PATTERNS
                && rule.examples().stream()
                        .anyMatch(example -> PART.matcher(example).find())
                && rule.literals().stream()
                        .anyMatch(literal -> rule.isForm(literal.getBytes(StandardCharsets.ISO_8859_1), 0));
    }

    private static TokenRule rule(String name) {
        return DetectorFile.read().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** {@code blocks}, {@code warns} or {@code passes}. */
    private String outcome(String text, Profile profile) {
        ScanRequest request = new ScanRequest(
                "api.example",
                "POST",
                "/",
                List.of(),
                BodySource.of(("note: " + text + " end").getBytes(StandardCharsets.UTF_8)),
                List.of(),
                ScanOptions.defaults().withProfile(profile));
        List<Finding> found = switch (scanner.scanNow(request)) {
            case ScanVerdict.Clean clean -> clean.warnings();
            case ScanVerdict.Found hits -> hits.findings();
            case ScanVerdict.Refused refused -> throw new AssertionError(refused.toString());
            case ScanVerdict.Denied denied -> throw new AssertionError(denied.toString());
        };
        if (found.stream().anyMatch(each -> each.severity() == Severity.BLOCKS)) {
            return "blocks";
        }
        return found.isEmpty() ? "passes" : "warns";
    }

    private static String filled(String example, BiFunction<Integer, char[], String> value) {
        return PART.matcher(example)
                .replaceAll(
                        part -> value.apply(Integer.parseInt(part.group(1)), TokenRule.charactersOf(part.group(2))));
    }

    private static String repeated(int n, char[] alphabet) {
        char one = new String(alphabet).indexOf('A') >= 0 ? 'A' : alphabet[0] == '0' ? '1' : alphabet[0];
        return String.valueOf(one).repeat(n);
    }

    private static String inOrder(int n, char[] alphabet) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append(alphabet[i % alphabet.length]);
        }
        return out.toString();
    }

    private static String blank(int n, char[] alphabet) {
        String all = new String(alphabet);
        return (all.indexOf('x') >= 0 ? "x" : all.indexOf('X') >= 0 ? "X" : "0").repeat(n);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void oneThatLooksDrawnBlocksInEachProfile(String name) {
        Templates templates = new Templates(new Random(SEED + name.hashCode()));
        // What begins with a weak prefix must look drawn, which a few that are drawn do not.
        boolean weak = rule(name).check() == TokenRule.Check.STRICT;
        for (String example : rule(name).examples()) {
            List<String> missed = new ArrayList<>();
            for (int i = 0; i < DRAWS; i++) {
                String text = templates.expand(example);
                for (Profile profile : Profile.values()) {
                    if (!outcome(text, profile).equals("blocks")) {
                        missed.add(text + " in " + profile);
                    }
                }
            }
            assertThat(missed).as("seed %d", SEED).hasSizeLessThanOrEqualTo(weak ? Profile.values().length : 0);
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    void oneThatIsMadeUpInTheExactFormBlocksUnlessTheProfileIsQuiet(String name) {
        for (String example : rule(name).examples()) {
            for (String text :
                    List.of(filled(example, CatalogueTest::repeated), filled(example, CatalogueTest::inOrder))) {
                assertThat(outcome(text, Profile.BALANCED)).as("%s", text).isEqualTo("blocks");
                assertThat(outcome(text, Profile.STRICT))
                        .as("%s in strict", text)
                        .isEqualTo("blocks");
                assertThat(outcome(text, Profile.QUIET)).as("%s in quiet", text).isIn("warns", "blocks");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    void aPlaceholderPassesUnlessTheProfileIsStrict(String name) {
        for (String example : rule(name).examples()) {
            String text = filled(example, CatalogueTest::blank);
            assertThat(outcome(text, Profile.BALANCED)).as("%s", text).isEqualTo("passes");
            assertThat(outcome(text, Profile.QUIET)).as("%s in quiet", text).isEqualTo("passes");
            assertThat(outcome(text, Profile.STRICT)).as("%s in strict", text).isEqualTo("blocks");
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void theFirstCharactersAloneAndAPlaceInATemplatePass(String name) {
        TokenRule rule = rule(name);
        Set<String> texts = new TreeSet<>();
        for (String keyword : rule.literals()) {
            if (keyword.length() > 2 && !keyword.startsWith("-")) {
                texts.addAll(List.of(
                        keyword + "...", keyword + "<token>", keyword + "{{token}}", keyword + "$TOKEN", keyword));
            }
        }
        List<String> stopped = new ArrayList<>();
        for (String text : texts) {
            if (!outcome(text, Profile.BALANCED).equals("passes")) {
                stopped.add(text);
            }
        }
        assertThat(stopped).isEmpty();
    }

    @Test
    void mostKindsAreHitsByTheirFormAlone() {
        long all = rules().count();
        long byForm = forms().count();
        System.out.printf("| kinds of tokens | %d | by their form alone | %d |%n", all, byForm);
        assertThat(byForm).isGreaterThan(4 * all / 5);
    }
}

package egress.dlp.builtin.rule;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.BodySource;
import egress.dlp.Finding;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.BuiltInScanner;
import egress.dlp.builtin.Templates;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every row of the detector file against its own examples. */
final class DetectorFileTest {
    private static final int DRAWS = 20;
    private static final long SEED = 20260101;

    private final BuiltInScanner scanner = new BuiltInScanner(List.of(), new byte[32], Runnable::run);

    static Stream<String> rules() {
        return DetectorFile.read().stream().map(TokenRule::name);
    }

    private static TokenRule rule(String name) {
        return DetectorFile.read().stream()
                .filter(r -> r.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void findsEveryExampleUnderItsOwnName(String name) {
        TokenRule rule = rule(name);
        Templates templates = new Templates(new Random(SEED + name.hashCode()));
        for (String example : rule.examples()) {
            for (int i = 0; i < DRAWS; i++) {
                String text = "note: " + templates.expand(example) + " end";
                assertThat(found(text, rule))
                        .as("seed %d, %s as %s", SEED, name, text)
                        .contains(name);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void letsEveryCleanExamplePass(String name) {
        TokenRule rule = rule(name);
        Templates templates = new Templates(new Random(SEED + name.hashCode()));
        for (String example : rule.clean()) {
            for (int i = 0; i < DRAWS; i++) {
                String text = "note: " + templates.expand(example) + " end";
                assertThat(found(text, rule))
                        .as("seed %d, %s as %s", SEED, name, text)
                        .isEmpty();
            }
        }
    }

    @Test
    void namesEachRuleOnce() {
        Set<String> names = new HashSet<>();
        assertThat(DetectorFile.read()).allSatisfy(r -> {
            assertThat(names.add(r.name())).as(r.name()).isTrue();
            assertThat(r.examples()).isNotEmpty();
            assertThat(r.clean()).isNotEmpty();
        });
        assertThat(names).hasSizeGreaterThan(100);
    }

    private Set<String> found(String text, TokenRule rule) {
        ScanOptions options = ScanOptions.listed(List.of(rule.detector()));
        ScanRequest request = new ScanRequest(
                "api.example",
                "POST",
                "/",
                List.of(),
                BodySource.of(text.getBytes(StandardCharsets.UTF_8)),
                List.of(),
                options);
        Set<String> names = new HashSet<>();
        ScanVerdict verdict = scanner.scanNow(request);
        if (verdict instanceof ScanVerdict.Found found) {
            found.findings().stream().map(Finding::detector).forEach(names::add);
        } else {
            assertThat(verdict).isInstanceOf(ScanVerdict.Clean.class);
        }
        return names;
    }
}

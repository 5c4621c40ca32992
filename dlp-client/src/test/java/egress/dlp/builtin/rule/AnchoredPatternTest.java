package egress.dlp.builtin.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import egress.dlp.builtin.Fixture;
import egress.dlp.builtin.Templates;
import egress.dlp.builtin.match.AnchoredPattern;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AnchoredPatternTest {
    private static final long SEED = 77;

    /** A random pattern of the subset, over few letters so that texts do match. */
    private static String pattern(Random random, int depth) {
        StringBuilder out = new StringBuilder();
        int atoms = 1 + random.nextInt(3);
        for (int i = 0; i < atoms; i++) {
            switch (depth > 0 ? random.nextInt(6) : random.nextInt(4)) {
                case 0 -> out.append((char) ('a' + random.nextInt(3)));
                case 1 -> out.append("[ab]");
                case 2 -> out.append("[^a]");
                case 3 -> out.append("\\.");
                default ->
                    out.append("(?:")
                            .append(pattern(random, depth - 1))
                            .append('|')
                            .append(pattern(random, depth - 1))
                            .append(')');
            }
            out.append(new String[] {"", "", "?", "*", "+", "{2}", "{1,3}", "{2,}"}[random.nextInt(8)]);
        }
        return out.toString();
    }

    @Test
    void findsTheLongestMatchAsRe2Does() {
        Random random = new Random(SEED);
        for (int i = 0; i < 3000; i++) {
            String text = pattern(random, 1);
            AnchoredPattern mine = AnchoredPattern.compile(text, false);
            Pattern theirs = Pattern.compile("^(?:" + text + ")", Pattern.LONGEST_MATCH);
            for (int k = 0; k < 10; k++) {
                String input = new Templates(random).drawn(random.nextInt(12), "abc.");
                Matcher matcher = theirs.matcher(input);
                int expected = matcher.find() ? matcher.end() + 2 : -1;
                byte[] bytes = Fixture.latin("xx" + input);
                assertThat(mine.match(bytes, 2, bytes.length))
                        .as("seed %d, %s on %s", SEED, text, input)
                        .isEqualTo(expected);
            }
        }
    }

    static Stream<TokenRule> rules() {
        return DetectorFile.read().stream();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void readsEveryPatternOfTheDetectorFileAsRe2Does(TokenRule rule) {
        Random random = new Random(SEED);
        AnchoredPattern mine = AnchoredPattern.compile(rule.pattern(), false);
        Pattern theirs = Pattern.compile("^(?:" + rule.pattern() + ")", Pattern.LONGEST_MATCH);
        Templates templates = new Templates(random);
        for (String example : rule.examples()) {
            String whole = templates.expand(example);
            for (int from = 0; from < Math.min(whole.length(), 80); from++) {
                String input = whole.substring(from);
                Matcher matcher = theirs.matcher(input);
                int expected = matcher.find() ? matcher.end() : -1;
                byte[] bytes = Fixture.latin(input);
                assertThat(mine.match(bytes, 0, bytes.length)).as(rule.name()).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a)", "a{", "[a", "*a", "a)", "\\q", "a{99999}", "(?:a"})
    void refusesWhatIsNotOfTheSubset(String pattern) {
        assertThatThrownBy(() -> AnchoredPattern.compile(pattern, false)).isInstanceOf(RuntimeException.class);
    }

    @Test
    void ignoresCaseWhenAskedTo() {
        byte[] b = Fixture.latin("GhP_xY");
        assertThat(AnchoredPattern.compile("ghp_[a-z]{2}", true).match(b, 0, b.length))
                .isEqualTo(6);
        assertThat(AnchoredPattern.compile("(?i)ghp_[a-z]{2}", false).match(b, 0, b.length))
                .isEqualTo(6);
        assertThat(AnchoredPattern.compile("ghp_[a-z]{2}", false).match(b, 0, b.length))
                .isEqualTo(-1);
    }
}

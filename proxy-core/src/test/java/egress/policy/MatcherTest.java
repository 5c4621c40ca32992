package egress.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MatcherTest {
    @ParameterizedTest
    @CsvSource({
        "/a, /a, true",
        "/a, /a/, true",
        "/a, /a/b, true",
        "/a, /ab, false",
        "/a, /, false",
        "/a, /A, false",
        "/repos/a, /repos/ab, false",
        "/repos/a, /repos/a/b/c, true",
        "/a/, /a, false",
        "/a/, /a/, true",
        "/a/, /a/b, true",
        "/a/, /ab, false",
        "/, /, true",
        "/, /x, true",
        "/a/b, /a, false",
        "/, *, false",
    })
    void takesAPrefixAsWholeSegments(String value, String path, boolean matches) {
        assertThat(new Matcher.Prefix(value).matches(path)).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource({"/a, /a, true", "/a, /a/, false", "/a, /A, false", "/a, /ab, false"})
    void takesAnExactValueAsItIs(String value, String path, boolean matches) {
        assertThat(new Matcher.Exact(value).matches(path)).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource({
        "/a, /a, true", "/a, /a/b, false", "/a, x/a, false", "/a|/b, /b, true", "/a|/b, /b/c, false",
                "/v[0-9]+/.*, /v12/x, true",
        "/v[0-9]+/.*, /v/x, false", "(?i)/abc, /ABC, true", "/a.c, /abc, true", "'', '', true", "'', x, false",
                "^/a$, /a, true",
        "core|infra, infra, true", "core|infra, xinfra, false", "core|infra, corex, false", "/a\\.b, /a.b, true",
                "/a\\.b, /aXb, false"
    })
    void takesARegexOverTheWholeText(String source, String text, boolean matches) {
        assertThat(Matcher.Regex.of(source).matches(text)).isEqualTo(matches);
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "[", "*", "a**", "\\8", "(?=x)", "(a)\\1", "a{1001}", "((a{100}){100}){100}"})
    void refusesWhatIsNoRe2Expression(String source) {
        assertThatIllegalArgumentException().isThrownBy(() -> Matcher.Regex.of(source));
    }

    @Test
    void staysLinearWhereOthersBacktrack() {
        Matcher.Regex evil = Matcher.Regex.of("/(a+)+$");
        Assertions.assertTimeout(
                Duration.ofSeconds(10),
                () -> assertThat(evil.matches("/" + "a".repeat(20_000) + "!")).isFalse());
    }

    @ParameterizedTest
    @CsvSource({
        "/a/b, /a/b, '', /a/b",
        "/a/[^/]+/issues(/.*)?, /a/, /issues, ''",
        "/v\\d+/messages\\.json, /v, '', /messages.json",
        "^/a.*$, /a, '', ''",
        "/ab?c, /a, '', c",
        "/ab+c, /a, '', c",
        "/ab{0}c, /a, '', c",
        "/a(?:b|c)/d[[:alpha:]]/eee/.*/f, /a, /eee/, /f",
        "/a|/b, '', '', ''",
        "(?i)/a, '', '', ''",
        "/(?i:a)/b, '', '', ''",
        "/\\Qa|b\\E, '', '', ''",
        "/\\x41b, '', '', ''",
        "/\\pLb, '', '', ''",
        "/a[]x]b, /a, '', b",
        "/a[^]x]b, /a, '', b",
        "/a[\\]]b, /a, '', b",
        "/(a[)]b)c, /, '', c",
        "/(a\\)b)c, /, '', c",
        "/a{2}b, /, '', b",
        "/a.*?b, /a, '', b",
    })
    void readsTheLiteralsOffAnExpression(String source, String prefix, String inner, String suffix) {
        Assertions.assertDoesNotThrow(() -> Pattern.compile(source));
        assertThat(RegexLiterals.of(source)).isEqualTo(new RegexLiterals(prefix, inner, suffix));
    }

    @Test
    void neverLosesAMatchToTheLiterals() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] atoms = {
            "a",
            "b",
            "/",
            "ab",
            ".",
            "\\.",
            "\\d",
            "\\w",
            "[ab]",
            "[^a]",
            "[]a]",
            "(a|b)",
            "(?:ab)",
            "(b)",
            "|",
            "^",
            "$",
            "{",
            "}",
            "\\/",
            "(?i)",
            "(?i:a)",
            "\\b",
            "\\pL",
            "\\x61",
            "\\Qa",
            "\\E",
            "[[:alpha:]]",
            "\\-",
            "\u00e9",
            "\ud83d\ude00",
            "0"
        };
        String[] quantifiers = {"", "", "", "", "*", "+", "?", "{0}", "{1,2}", "{2}", "*?", "{,2}", "{1"};
        String alphabet = "abAB/.-0{}\u00e9,1";
        int matched = 0;
        for (int i = 0; i < 60_000; i++) {
            StringBuilder source = new StringBuilder();
            for (int k = random.nextInt(6); k >= 0; k--) {
                source.append(atoms[random.nextInt(atoms.length)])
                        .append(quantifiers[random.nextInt(quantifiers.length)]);
            }
            Pattern plain;
            try {
                plain = Pattern.compile(source.toString());
            } catch (PatternSyntaxException e) {
                continue;
            }
            Matcher.Regex regex = Matcher.Regex.of(source.toString());
            for (int t = 0; t < 12; t++) {
                StringBuilder text = new StringBuilder();
                for (int k = random.nextInt(7); k > 0; k--) {
                    text.append(alphabet.charAt(random.nextInt(alphabet.length())));
                }
                boolean expected = plain.matches(text.toString());
                matched += expected ? 1 : 0;
                assertThat(regex.matches(text.toString()))
                        .as("seed %d: %s on %s", seed, source, text)
                        .isEqualTo(expected);
            }
        }
        assertThat(matched).as("seed %d", seed).isGreaterThan(5_000);
    }
}

package egress.server.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import egress.policy.Matcher;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The automaton of an expression holds for what the gate's own matcher holds for. */
class LanguageTest {
    private static boolean holds(Language language, String text) {
        BitSet states = language.begin();
        for (int character : text.codePoints().toArray()) {
            states = language.after(states, character);
        }
        return language.accepts(states);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a",
                "/a*b?",
                "/(a|b)+",
                "/[ab]{2}",
                "/[^/]+",
                "/a{1,3}b{2,}",
                "/(?i)ab",
                "/(?i:a)b",
                "/a.b",
                "/(?s).a",
                "/\\Qa.b\\E",
                "/[a-b.]+",
                "/[]a]+",
                "/(?:a|)b",
                "/a|/b",
                "(/a)?/b",
                "^/a(b|$)",
                "/\\w+\\d?",
                "/[[:alpha:]]+",
                "/a{0}b",
                "/(a{2}){2}",
                "/a+?b*?",
                "/(?P<n>a)b",
                "/[^a-b]",
                "/\\x61\\.b",
                "/(|a|bb)*",
                "/a{,2}",
                "/(a*)*b"
            })
    void agreesWithTheMatcher(String source) throws Exception {
        Matcher.Regex matcher = Matcher.Regex.of(source);
        Language language = Language.of(source);
        Random random = new Random(7);
        String letters = "abAB./01{,2}\n";
        for (int i = 0; i < 4_000; i++) {
            StringBuilder text = new StringBuilder(random.nextInt(10) == 0 ? "" : "/");
            for (int n = random.nextInt(7); n > 0; n--) {
                text.append(letters.charAt(random.nextInt(random.nextBoolean() ? 2 : letters.length())));
            }
            assertThat(holds(language, text.toString()))
                    .as("%s of \"%s\"", source, text)
                    .isEqualTo(matcher.matches(text.toString()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/\\bx", "/\\pL", "/a^b", "/(a$)+b", "/\\C", "(?m)/^a"})
    void saysWhatItDoesNotRead(String source) {
        assertThat(catchThrowable(() -> Language.of(source))).isInstanceOf(Language.Unsupported.class);
    }

    @Test
    void findsTheShortestTextThatTellsTwoApart() throws Exception {
        Witnesses witnesses = new Witnesses(List.of(Language.of("/[a-z]*")), List.of(Language.of("/[a-c]*|/d")));
        assertThat(witnesses.find(held -> !held[0], text -> true)).isEqualTo("/x");
        assertThat(new Witnesses(List.of(Language.of("/d")), List.of(Language.of("/[a-c]*|/d")))
                        .find(held -> !held[0], text -> true))
                .isNull();
    }
}

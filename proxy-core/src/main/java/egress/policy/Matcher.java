package egress.policy;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/** One condition on a path or on a field value, in time linear in the length of the text. */
public sealed interface Matcher {
    boolean matches(String text);

    /** The text is the value. */
    record Exact(String value) implements Matcher {
        @Override
        public boolean matches(String text) {
            return value.equals(text);
        }
    }

    /**
     * The path begins with the value's segments: {@code /a} holds for {@code /a} and {@code /a/b}, not for {@code
     * /ab}; {@code /a/} only for what is below it.
     */
    record Prefix(String value) implements Matcher {
        @Override
        public boolean matches(String text) {
            int end = value.length();
            return text.startsWith(value) && (text.length() == end || value.endsWith("/") || text.charAt(end) == '/');
        }
    }

    /** RE2, over the whole text. */
    final class Regex implements Matcher {
        private final Pattern pattern;
        private final RegexLiterals literals;

        private Regex(Pattern pattern) {
            this.pattern = pattern;
            this.literals = RegexLiterals.of(pattern.pattern());
        }

        /** Compiles an RE2 expression.
         *
         * @throws IllegalArgumentException naming what is wrong with it
         */
        public static Regex of(String source) {
            RegexSize.check(source);
            try {
                return new Regex(Pattern.compile(source));
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(e.getDescription(), e);
            }
        }

        public String source() {
            return pattern.pattern();
        }

        @Override
        public boolean matches(String text) {
            return literals.mayMatch(text) && pattern.matches(text);
        }

        @Override
        public String toString() {
            return "Regex[" + source() + "]";
        }
    }
}

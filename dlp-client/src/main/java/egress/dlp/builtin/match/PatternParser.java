package egress.dlp.builtin.match;

import egress.dlp.builtin.match.Nfa.Fragment;
import java.util.BitSet;

/**
 * Reads the RE2 subset that the detector file uses: literals, {@code .}, {@code \d \w \s} and escaped characters, classes,
 * {@code (?:...)}, alternation, and {@code ? * + {n} {n,} {n,m}}; {@code (?i)} in front for case-insensitive ASCII.
 */
final class PatternParser {
    private final String text;
    private final boolean fold;
    private final Nfa nfa;
    private int at;

    private PatternParser(String text, boolean fold, Nfa nfa) {
        this.text = text;
        this.fold = fold;
        this.nfa = nfa;
    }

    /** Builds {@code pattern} into {@code nfa} and returns its whole; {@code fold} ignores ASCII case. */
    static Fragment parse(String pattern, boolean fold, Nfa nfa) {
        boolean inline = pattern.startsWith("(?i)");
        PatternParser parser = new PatternParser(inline ? pattern.substring(4) : pattern, fold || inline, nfa);
        Fragment whole = parser.alternation();
        if (parser.at != parser.text.length()) {
            throw parser.error("end of pattern");
        }
        return whole;
    }

    private Fragment alternation() {
        Fragment left = sequence();
        while (peek() == '|') {
            at++;
            left = nfa.either(left, sequence());
        }
        return left;
    }

    private Fragment sequence() {
        Fragment left = nfa.empty();
        while (at < text.length() && peek() != '|' && peek() != ')') {
            left = nfa.then(left, repeated());
        }
        return left;
    }

    private Fragment repeated() {
        int from = at;
        Fragment one = atom();
        int to = at;
        char quantifier = peek();
        if ("?*+{".indexOf(quantifier) < 0) {
            return one;
        }
        at++;
        return switch (quantifier) {
            case '?' -> nfa.optional(one);
            case '*' -> nfa.star(one);
            case '+' -> nfa.then(one, nfa.star(again(from, to)));
            default -> counted(one, from, to);
        };
    }

    private Fragment counted(Fragment one, int from, int to) {
        int min = number();
        int max = min;
        if (peek() == ',') {
            at++;
            max = peek() == '}' ? -1 : number();
        }
        expect('}');
        Fragment whole = min == 0 ? nfa.empty() : one;
        for (int i = 1; i < min; i++) {
            whole = nfa.then(whole, again(from, to));
        }
        if (max < 0) {
            return nfa.then(whole, nfa.star(again(from, to)));
        }
        Fragment tail = nfa.empty();
        for (int i = min; i < max; i++) {
            tail = nfa.optional(nfa.then(again(from, to), tail));
        }
        return nfa.then(whole, tail);
    }

    private Fragment again(int from, int to) {
        int back = at;
        at = from;
        Fragment copy = atom();
        if (at != to) {
            throw error("a repeatable atom");
        }
        at = back;
        return copy;
    }

    private Fragment atom() {
        char c = text.charAt(at++);
        return switch (c) {
            case '(' -> group();
            case '[' -> nfa.of(folded(bracket()));
            case '\\' -> nfa.of(folded(escape()));
            case '.' -> {
                BitSet any = new BitSet(256);
                any.set(0, 256);
                any.clear('\n');
                yield nfa.of(any);
            }
            case '*', '+', '?', '{', '}', ')' -> throw error("an atom");
            default -> nfa.of(folded(single(c)));
        };
    }

    private Fragment group() {
        expect('?');
        expect(':');
        Fragment inner = alternation();
        expect(')');
        return inner;
    }

    private BitSet bracket() {
        boolean negated = peek() == '^';
        if (negated) {
            at++;
        }
        BitSet set = new BitSet(256);
        while (peek() != ']') {
            BitSet low = text.charAt(at) == '\\' ? escapeAfterBackslash() : single(text.charAt(at++));
            if (peek() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']' && low.cardinality() == 1) {
                at++;
                BitSet high = text.charAt(at) == '\\' ? escapeAfterBackslash() : single(text.charAt(at++));
                set.set(low.nextSetBit(0), high.nextSetBit(0) + 1);
            } else {
                set.or(low);
            }
        }
        at++;
        if (negated) {
            set.flip(0, 256);
        }
        return set;
    }

    private BitSet escapeAfterBackslash() {
        at++;
        return escape();
    }

    private BitSet escape() {
        char c = text.charAt(at++);
        BitSet set = new BitSet(256);
        switch (c) {
            case 'd' -> set.set('0', '9' + 1);
            case 'w' -> {
                set.set('0', '9' + 1);
                set.set('A', 'Z' + 1);
                set.set('a', 'z' + 1);
                set.set('_');
            }
            case 's' -> {
                set.set(' ');
                set.set('\t', '\r' + 1);
            }
            case 'n' -> set.set('\n');
            case 'r' -> set.set('\r');
            case 't' -> set.set('\t');
            case 'x' -> {
                set.set(Integer.parseInt(text.substring(at, at + 2), 16));
                at += 2;
            }
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw error("a known escape");
                }
                set.set(c);
            }
        }
        return set;
    }

    private static BitSet single(char c) {
        BitSet set = new BitSet(256);
        set.set(c);
        return set;
    }

    private BitSet folded(BitSet set) {
        if (fold) {
            for (int c = 'a'; c <= 'z'; c++) {
                boolean either = set.get(c) || set.get(c - 32);
                set.set(c, either);
                set.set(c - 32, either);
            }
        }
        return set;
    }

    private int number() {
        int from = at;
        while (Character.isDigit(peek())) {
            at++;
        }
        if (from == at || at - from > 4) {
            throw error("a count of 1-4 digits");
        }
        return Integer.parseInt(text.substring(from, at));
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private void expect(char c) {
        if (peek() != c) {
            throw error("'" + c + "'");
        }
        at++;
    }

    private IllegalArgumentException error(String expected) {
        return new IllegalArgumentException("pattern: " + text + " at " + at + " (expected: " + expected + ")");
    }
}

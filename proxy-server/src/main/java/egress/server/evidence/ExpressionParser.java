package egress.server.evidence;

import egress.server.evidence.Language.Piece;
import egress.server.evidence.Language.Unsupported;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads an RE2 expression into an automaton. Takes what path rules are written with; anything else (word boundaries, classes of Unicode) is
 * {@link Unsupported}, and then nothing is claimed of the rule.
 */
final class ExpressionParser {
    private static final int MOST_REPEATS = 1_000;
    private static final CharSet LINE_END = CharSet.of('\n', '\n');

    private final String source;
    private final Language language;
    private int at;
    private boolean ignoreCase;
    private boolean dotAll;

    ExpressionParser(String source, Language language) {
        this.source = source;
        this.language = language;
    }

    Piece parse() throws Unsupported {
        Piece piece = alternatives(true, true);
        if (at < source.length()) {
            throw unsupported("\")\"");
        }
        return piece;
    }

    private Unsupported unsupported(String what) {
        return new Unsupported(what + " at " + at + " of " + source);
    }

    private boolean sees(String text) {
        return source.startsWith(text, at);
    }

    private boolean take(String text) {
        boolean there = sees(text);
        at += there ? text.length() : 0;
        return there;
    }

    private Piece alternatives(boolean first, boolean last) throws Unsupported {
        int in = language.state();
        int out = language.state();
        do {
            Piece each = sequence(first, last);
            language.free(in, each.in());
            language.free(each.out(), out);
        } while (take("|"));
        return new Piece(in, out);
    }

    /** @param first whether nothing of the text stands before it; {@code last}: behind it */
    private Piece sequence(boolean first, boolean last) throws Unsupported {
        int in = language.state();
        Piece all = new Piece(in, in);
        boolean begins = first;
        while (at < source.length() && !sees("|") && !sees(")")) {
            if (take("^") || take("\\A")) {
                if (!begins) {
                    throw unsupported("an anchor");
                }
                continue;
            }
            if (take("$") || take("\\z")) {
                if (!last || at < source.length() && !sees("|") && !sees(")")) {
                    throw unsupported("an anchor");
                }
                continue;
            }
            int before = at;
            Piece atom = atom(begins, last);
            if (at == before) {
                throw unsupported("nothing to read");
            }
            Piece repeated = repeated(atom, before);
            language.free(all.out(), repeated.in());
            all = new Piece(all.in(), repeated.out());
            begins = false;
        }
        return all;
    }

    private Piece atom(boolean first, boolean last) throws Unsupported {
        if (take("(")) {
            return group(first, last);
        }
        if (take("[")) {
            return one(charClass());
        }
        if (take(".")) {
            return one(dotAll ? CharSet.ANY : LINE_END.not());
        }
        if (take("\\Q")) {
            int end = source.indexOf("\\E", at);
            String text = source.substring(at, end < 0 ? source.length() : end);
            at = end < 0 ? source.length() : end + 2;
            if (at < source.length() && "*+?{".indexOf(source.charAt(at)) >= 0) {
                throw unsupported("a repetition of quoted text"); // it is of the last character alone
            }
            return literal(text);
        }
        if (sees("\\")) {
            return one(cased(escape()));
        }
        if ("*+?{".indexOf(source.charAt(at)) >= 0 && source.charAt(at) != '{') {
            throw unsupported("a repetition of nothing");
        }
        int character = source.codePointAt(at);
        at += Character.charCount(character);
        return one(cased(CharSet.of(character, character)));
    }

    private CharSet cased(CharSet set) {
        return ignoreCase ? set.folded() : set;
    }

    private Piece one(CharSet set) throws Unsupported {
        Piece piece = new Piece(language.state(), language.state());
        language.move(piece.in(), set, piece.out());
        return piece;
    }

    private Piece literal(String text) throws Unsupported {
        int in = language.state();
        int out = in;
        for (int i = 0; i < text.length(); i++) {
            Piece next = one(cased(CharSet.of(text.charAt(i), text.charAt(i))));
            language.free(out, next.in());
            out = next.out();
        }
        return new Piece(in, out);
    }

    private Piece group(boolean first, boolean last) throws Unsupported {
        boolean caseBefore = ignoreCase;
        boolean dotBefore = dotAll;
        if (take("?")) {
            if (take("P<") || take("<")) {
                int end = source.indexOf('>', at);
                if (end < 0) {
                    throw unsupported("a group without an end");
                }
                at = end + 1;
            } else if (!flags()) { // they hold to the end of the group that is around them
                int here = language.state();
                return new Piece(here, here);
            }
        }
        // What repeats stands behind itself: its anchors are not read.
        boolean repeats = isRepeated();
        Piece inside = alternatives(first && !repeats, last && !repeats && endsWithGroup());
        if (!take(")")) {
            throw unsupported("a group without an end");
        }
        ignoreCase = caseBefore;
        dotAll = dotBefore;
        return inside;
    }

    /** Whether the flags are of a group ({@code (?i:}) and not of what follows ({@code (?i)}). */
    private boolean flags() throws Unsupported {
        boolean on = true;
        while (at < source.length()) {
            char c = source.charAt(at++);
            switch (c) {
                case 'i' -> ignoreCase = on;
                case 's' -> dotAll = on;
                case 'U' -> {} // greed changes no language
                case '-' -> on = false;
                case ':' -> {
                    return true;
                }
                case ')' -> {
                    return false;
                }
                default -> throw unsupported("the flag " + c);
            }
        }
        throw unsupported("flags without an end");
    }

    /** Whether the group that begins here is followed by a repetition. */
    private boolean isRepeated() throws Unsupported {
        int end = groupEnd();
        return end + 1 < source.length() && "*+?{".indexOf(source.charAt(end + 1)) >= 0;
    }

    private boolean endsWithGroup() throws Unsupported {
        int end = groupEnd();
        return end + 1 == source.length() || source.charAt(end + 1) == '|' || source.charAt(end + 1) == ')';
    }

    private int groupEnd() throws Unsupported {
        int depth = 1;
        boolean inClass = false;
        for (int i = at; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '\\') {
                if (source.startsWith("\\Q", i)) {
                    throw unsupported("quoted text in a group");
                }
                i++;
            } else if (inClass) {
                inClass = c != ']' || source.charAt(i - 1) == '[';
            } else if (c == '[') {
                inClass = true;
            } else if (c == '(') {
                depth++;
            } else if (c == ')' && --depth == 0) {
                return i;
            }
        }
        throw unsupported("a group without an end");
    }

    private Piece repeated(Piece atom, int from) throws Unsupported {
        if (at >= source.length()) {
            return atom;
        }
        int least = 1;
        int most = 1;
        if (take("*")) {
            least = 0;
            most = -1;
        } else if (take("+")) {
            most = -1;
        } else if (take("?")) {
            least = 0;
        } else if (sees("{")) {
            int[] bounds = bounds();
            if (bounds.length == 0) {
                return atom;
            }
            least = bounds[0];
            most = bounds[1];
        } else {
            return atom;
        }
        take("?"); // lazy: the same language
        int behind = at;
        if (at < source.length() && "*+?".indexOf(source.charAt(at)) >= 0) {
            throw unsupported("a repetition of a repetition");
        }
        return times(atom, from, behind, least, most);
    }

    /** Nothing where it is a brace that stands for itself. */
    private int[] bounds() throws Unsupported {
        int end = source.indexOf('}', at);
        String inside = end < 0 ? "" : source.substring(at + 1, end);
        if (!inside.matches("[0-9]{1,4}(,([0-9]{1,4})?)?")) {
            return new int[0];
        }
        at = end + 1;
        String[] parts = inside.split(",", -1);
        int least = Integer.parseInt(parts[0]);
        int most = parts.length == 1 ? least : parts[1].isEmpty() ? -1 : Integer.parseInt(parts[1]);
        if (Math.max(least, most) > MOST_REPEATS) {
            throw unsupported("so many repetitions");
        }
        return new int[] {least, most};
    }

    /** Reads the atom again for each of its repetitions: a piece has one place in the automaton. */
    private Piece times(Piece atom, int from, int behind, int least, int most) throws Unsupported {
        int in = language.state();
        int out = language.state();
        int here = in;
        int copies = most < 0 ? Math.max(least, 1) : Math.max(most, 1);
        Piece last = atom;
        for (int i = 0; i < copies; i++) {
            Piece copy = i == 0 ? atom : again(from, behind);
            if (i >= least) {
                language.free(here, out);
            }
            if (most != 0) {
                language.free(here, copy.in());
            }
            here = copy.out();
            last = copy;
        }
        if (most < 0) {
            language.free(last.out(), last.in());
        }
        if (most != 0) {
            language.free(here, out);
        }
        return new Piece(in, out);
    }

    private Piece again(int from, int behind) throws Unsupported {
        at = from;
        Piece copy = atom(false, false);
        at = behind;
        return copy;
    }

    private CharSet charClass() throws Unsupported {
        boolean negated = take("^");
        CharSet set = CharSet.none();
        boolean first = true;
        while (first || !sees("]")) {
            if (at >= source.length()) {
                throw unsupported("a class without an end");
            }
            first = false;
            set = set.or(classItem());
        }
        at++;
        CharSet cased = cased(set);
        return negated ? cased.not() : cased;
    }

    private CharSet classItem() throws Unsupported {
        if (sees("[:")) {
            return posix();
        }
        CharSet from = classCharacter();
        boolean single = from.ranges().size() == 1
                && from.ranges().getFirst().from() == from.ranges().getFirst().to();
        if (single && sees("-") && at + 1 < source.length() && source.charAt(at + 1) != ']') {
            at++;
            CharSet to = classCharacter();
            return CharSet.of(
                    from.ranges().getFirst().from(), to.ranges().getLast().to());
        }
        return from;
    }

    private CharSet classCharacter() throws Unsupported {
        if (sees("\\")) {
            return escape();
        }
        int character = source.codePointAt(at);
        at += Character.charCount(character);
        return CharSet.of(character, character);
    }

    private CharSet posix() throws Unsupported {
        int end = source.indexOf(":]", at);
        String name = end < 0 ? "" : source.substring(at + 2, end);
        CharSet set = switch (name) {
            case "digit" -> CharSet.DIGITS;
            case "alpha" -> CharSet.of('A', 'Z').or(CharSet.of('a', 'z'));
            case "lower" -> CharSet.of('a', 'z');
            case "upper" -> CharSet.of('A', 'Z');
            case "alnum" -> CharSet.of('A', 'Z').or(CharSet.of('a', 'z')).or(CharSet.DIGITS);
            case "word" -> CharSet.WORD;
            case "xdigit" -> CharSet.of('A', 'F').or(CharSet.of('a', 'f')).or(CharSet.DIGITS);
            default -> throw unsupported("the class " + name);
        };
        at = end + 2;
        return set;
    }

    private CharSet escape() throws Unsupported {
        at++; // the backslash
        if (at >= source.length()) {
            throw unsupported("a lone backslash");
        }
        char c = source.charAt(at++);
        return switch (c) {
            case 'd' -> CharSet.DIGITS;
            case 'D' -> CharSet.DIGITS.not();
            case 'w' -> CharSet.WORD;
            case 'W' -> CharSet.WORD.not();
            case 's' -> CharSet.SPACE;
            case 'S' -> CharSet.SPACE.not();
            case 'n' -> CharSet.of('\n', '\n');
            case 't' -> CharSet.of('\t', '\t');
            case 'r' -> CharSet.of('\r', '\r');
            case 'f' -> CharSet.of('\f', '\f');
            case 'x' -> hex();
            default -> {
                if (c >= 0x80 || Character.isLetterOrDigit(c)) {
                    throw unsupported("\\" + c);
                }
                yield CharSet.of(c, c);
            }
        };
    }

    private CharSet hex() throws Unsupported {
        List<String> forms = new ArrayList<>();
        if (sees("{")) {
            int end = source.indexOf('}', at);
            forms.add(end < 0 ? "" : source.substring(at + 1, end));
            at = end + 1;
        } else {
            forms.add(source.substring(at, Math.min(at + 2, source.length())));
            at += 2;
        }
        String digits = forms.getFirst();
        if (!digits.matches("[0-9a-fA-F]{1,6}")) {
            throw unsupported("\\x");
        }
        int character = Integer.parseInt(digits, 16);
        return CharSet.of(character, character);
    }
}

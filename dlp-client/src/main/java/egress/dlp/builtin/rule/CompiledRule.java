package egress.dlp.builtin.rule;

import egress.dlp.builtin.match.AnchoredPattern;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A rule with its automata, which are built when its keyword is first found. */
final class CompiledRule {
    final TokenRule rule;
    final int beforeMin;
    final int beforeMax;
    private final @Nullable BitSet before;
    private final boolean fold;
    private volatile @Nullable AnchoredPattern pattern;
    private volatile @Nullable AnchoredPattern context;

    CompiledRule(TokenRule rule, boolean fold) {
        this.rule = rule;
        this.fold = fold;
        String text = rule.before();
        if (text == null) {
            before = null;
            beforeMin = 0;
            beforeMax = 0;
        } else {
            int close = text.lastIndexOf(']');
            String[] counts = text.substring(close + 2, text.length() - 1).split(",", -1);
            before = setOf(TokenRule.charactersOf(text.substring(1, close)), fold);
            beforeMin = Integer.parseInt(counts[0]);
            beforeMax = Integer.parseInt(counts[1]);
        }
    }

    private static BitSet setOf(char[] characters, boolean fold) {
        BitSet set = new BitSet(256);
        for (char c : characters) {
            set.set(c);
            if (fold) {
                set.set(Character.toLowerCase(c));
            }
        }
        return set;
    }

    String name() {
        return rule.name();
    }

    boolean isBefore(byte c) {
        return before != null && before.get(c & 0xff);
    }

    /**
     * Whether a token may be joined from pieces: only when a keyword of that length does not occur by chance.
     * {@code sk-}, {@code SG.}, {@code eyJ} and {@code ://} are short, but what must follow them is long or checked.
     */
    boolean joins(int length) {
        boolean marked = rule.check() == TokenRule.Check.MADE
                || rule.check() == TokenRule.Check.VENDOR
                || rule.check() == TokenRule.Check.EXACT && isMarked(length)
                || rule.check() == TokenRule.Check.JWT;
        return !hasContext()
                && (!rule.right() || rule.joins())
                && (length >= 4 || marked || rule.check() == TokenRule.Check.URL);
    }

    /** Whether the first {@code length} characters of the token, its keyword, hold a mark: letters alone are in the midst of many words. */
    boolean isMarked(int length) {
        return length >= 4 && rule.keywords().stream().allMatch(k -> k.length() != length || k.matches(".*[_.:-].*"));
    }

    /** Whether only hex digits follow the keyword. */
    boolean isHex() {
        return rule.pattern().contains("[a-f0-9]") || rule.pattern().contains("[a-fA-F0-9]");
    }

    boolean hasContext() {
        return rule.context() != null;
    }

    AnchoredPattern pattern() {
        AnchoredPattern built = pattern;
        if (built == null) {
            built = AnchoredPattern.compile(rule.pattern(), fold);
            pattern = built;
        }
        return built;
    }

    /** Where the value begins when the context stands at {@code at}; -1 when it does not. */
    int afterContext(byte[] b, int at, int to) {
        String text = rule.context();
        if (text == null) {
            return at;
        }
        AnchoredPattern built = context;
        if (built == null) {
            built = AnchoredPattern.compile(text, fold);
            context = built;
        }
        return built.match(b, at, to);
    }
}

package egress.dlp.builtin;

import egress.dlp.Detector;
import egress.dlp.builtin.TokenRule.Check;
import java.util.Arrays;

/** Whether a rule's token stands where its keyword was found, whole or in pieces. */
final class RuleMatch {
    private static final int LONGEST = 16_384;
    private static final int GAP = 24;
    private static final int PIECED = 300;

    private final ScanRun run;
    private final Stretch stretch;

    RuleMatch(ScanRun run, Stretch stretch) {
        this.run = run;
        this.stretch = stretch;
    }

    /** The rule's keyword, of that length, stands at {@code at}. */
    void at(CompiledRule rule, int at, int length) {
        byte[] b = stretch.b();
        int to = stretch.to();
        int start = at;
        while (rule.beforeMax > at - start && start > stretch.low() && rule.isBefore(b[start - 1])) {
            start--;
        }
        if (at - start < rule.beforeMin || (rule.rule.left() && !freeOnTheLeft(b, start))) {
            return;
        }
        int from = rule.afterContext(b, at, to);
        if (from < 0) {
            return;
        }
        int end = rule.pattern().match(b, from, Math.min(to, from + LONGEST));
        if (end < 0) {
            if (rule.beforeMax == 0 && !rule.hasContext() && !rule.rule.right()) {
                pieced(rule, at, length);
            }
            return;
        }
        if (rule.rule.right() && end < to && isWord(b[end]) && !stretch.view().joined()) {
            return;
        }
        int valueStart = rule.hasContext() ? from : start;
        if (stretch.view().joined() && !joinable(rule, b, at + length, end)) {
            return;
        }
        Checks.Value value = Checks.apply(rule.rule, stretch, valueStart, at, end);
        if (value != null) {
            run.report(
                    rule.name(),
                    Detector.TOKEN_PATTERNS,
                    stretch.view(),
                    value.start(),
                    value.end(),
                    value.canonical(),
                    true);
        }
    }

    /** The token stands rewritten in {@code [start, end)}; {@code copy} is that turned back. */
    void dressed(CompiledRule rule, byte[] copy, int start, int end) {
        int matched = rule.pattern().match(copy, 0, copy.length);
        if (matched < 0 || rule.rule.check() == Check.url || !Made.strict(copy, 0, matched)) {
            return;
        }
        Stretch turned = Stretch.whole(stretch.view().decoded(start, end), copy, 0, copy.length);
        Checks.Value value = Checks.apply(rule.rule, turned, 0, 0, matched);
        if (value != null) {
            run.report(rule.name(), Detector.TOKEN_PATTERNS, turned.view(), 0, matched, value.canonical(), false);
        }
    }

    // Characters that stood apart are put side by side, and must then look drawn by chance: prose never does.
    private void pieced(CompiledRule rule, int at, int length) {
        if (stretch.view().joined() || rule.rule.check() == Check.pem || rule.rule.check() == Check.jwk) {
            return;
        }
        byte[] b = stretch.b();
        byte[] copy = new byte[PIECED];
        for (Alphabet alphabet : Alphabet.values()) {
            System.arraycopy(b, at, copy, 0, length);
            int n = length;
            int gaps = 0;
            int i = at + length;
            int gapStart = i;
            while (i < stretch.to() && n < PIECED && gaps < 80 && i - gapStart <= GAP) {
                if (alphabet.holds(b[i])) {
                    gaps += i > gapStart ? 1 : 0;
                    copy[n++] = b[i++];
                    gapStart = i;
                } else {
                    i = afterSeparator(b, i);
                }
            }
            int end = gaps == 0 ? -1 : rule.pattern().match(copy, 0, n);
            if (end > 0 && joinable(rule, copy, length, end)) {
                byte[] value = Arrays.copyOf(copy, end);
                run.report(rule.name(), Detector.TOKEN_PATTERNS, stretch.view().pieces(at, i), at, i, value, false);
                return;
            }
        }
    }

    private int afterSeparator(byte[] b, int i) {
        if (b[i] == '<') {
            int close = i + 1;
            while (close < stretch.to() && close - i < GAP && b[close] != '>') {
                close++;
            }
            return close < stretch.to() && b[close] == '>' ? close + 1 : i + 1;
        }
        boolean escape = b[i] == '\\' && i + 1 < stretch.to() && "nrt\"/".indexOf(b[i + 1]) >= 0;
        return escape ? i + 2 : i + 1;
    }

    private boolean joinable(CompiledRule rule, byte[] b, int from, int end) {
        int n = end - from;
        return rule.rule.check() == Check.url
                || rule.rule.check() == Check.jwt
                || rule.rule.check() == Check.pem
                || (n >= 12 ? Made.strict(b, from, end) : Made.plausible(b, from - 4, end));
    }

    // An escape such as \n ends in a letter, yet what follows it begins afresh.
    private boolean freeOnTheLeft(byte[] b, int start) {
        if (start <= stretch.low() || stretch.view().joined() || !isWord(b[start - 1])) {
            return true;
        }
        boolean second = start - 2 >= stretch.low();
        if (second && b[start - 2] == '\\') {
            return "nrtbf".indexOf(b[start - 1]) >= 0;
        }
        return start - 3 >= stretch.low() && b[start - 3] == '%' && isHex(b[start - 2]) && isHex(b[start - 1]);
    }

    static boolean isWord(byte c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    static boolean isHex(byte c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }

    /** What may belong to a token whose pieces are put together; everything else stands between them. */
    private enum Alphabet {
        WIDE("_-.+/="),
        URL("_-"),
        SPARE("_");

        private final String marks;

        Alphabet(String marks) {
            this.marks = marks;
        }

        boolean holds(byte c) {
            return isWord(c) || marks.indexOf(c) >= 0;
        }
    }
}

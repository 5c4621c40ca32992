package egress.dlp.builtin.rule;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import egress.dlp.builtin.rule.TokenRule.Check;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.Provenance.Joined;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Whether a rule's token stands where its keyword was found, whole or in pieces. */
public final class RuleMatcher {
    private static final int LONGEST = 16_384;
    private static final int CHEAP = 128;
    /** A keyword of at least this length does not occur by chance. */
    private static final int SURE = 4;
    /** A keyword with at least this many random characters behind it needs no word boundary before it. */
    private static final int LONG = 20;
    /** A vendor's form may be so many characters too long or too short. */
    private static final int OFF = 4;

    private static final int LEAST_NEAR = 8;
    private static final int MOST_NEAR = 512;

    private final ScanContext run;
    private final Segment segment;
    private final Provenance view;
    private byte @Nullable [] gathering;

    public RuleMatcher(ScanContext run, Segment segment) {
        this.run = run;
        this.segment = segment;
        this.view = segment.view();
    }

    /** The rule's keyword, of that length, stands at {@code at}. */
    public void at(CompiledRule rule, int at, int length) {
        byte[] b = segment.b();
        int to = segment.to();
        int start = at;
        while (rule.beforeMax > at - start && start > segment.low() && rule.isBefore(b[start - 1])) {
            start--;
        }
        // The letter of an escape in front of it, as in a string of JSON, is none of its own.
        if (start < at && start > segment.low() && at - start > rule.beforeMin && b[start - 1] == '\\') {
            start += CharTables.escapeTail(b, start, at);
        }
        if (at - start < rule.beforeMin) {
            return;
        }
        int from = rule.afterContext(b, at, to);
        if (from < 0) {
            return;
        }
        long measured = rule.pattern().measured(b, from, Math.min(to, from + LONGEST));
        int end = (int) measured;
        if (measured >>> 32 > CHEAP && !run.spend(measured >>> 32)) {
            return;
        }
        if (end < 0) {
            if (!view.isJoined() && (!rule.rule.left() || freeOnTheLeft(b, start, -1))) {
                int near = rule.rule.mayVary(b, at) ? nearlyLong(rule, at, length) : -1;
                if (near >= 0 && !KeywordContext.blob(segment, start, near)) {
                    report(rule, segment, start, at, near);
                } else if (rule.joins(length)) {
                    pieced(rule, at, length);
                }
            }
            return;
        }
        boolean free = !rule.rule.left()
                || view.joined() == Joined.TIGHT
                || segment.beginsPiece(start)
                || freeOnTheLeft(b, start, end - start)
                || (rule.isMarked(length) && end - at - length >= LONG && Randomness.strictest(b, at + length, end));
        boolean ended = !rule.rule.right() || end >= to || !CharTables.isWord(b[end]) || segment.beginsPiece(end);
        if (!ended && !view.isJoined() && rule.rule.mayVary(b, at)) {
            int tail = tokenEnd(b, end, Math.min(to, end + OFF + 1));
            ended = tail - end <= OFF;
            end = ended ? tail : end;
        }
        if (!free || !ended || KeywordContext.blob(segment, start, end)) {
            return;
        }
        if (view.isJoined() && !joinable(rule, b, at, length, end)) {
            return;
        }
        report(rule, segment, rule.hasContext() ? from : start, at, end);
    }

    /**
     * The rule's keyword stands at {@code at} of values that were sent apart. A hit is a vendor's exact form alone, from the beginning
     * of one value to the end of another, in pieces that are no words.
     *
     * @param isSplit whether a stretch lies in several values, and is judged now
     */
    public void split(CompiledRule rule, int at, int length, Stretch isSplit) {
        byte[] b = segment.b();
        if (!rule.rule.mayVary(b, at) || length < SURE || !segment.beginsPiece(at)) {
            return;
        }
        if (isWholeInOne(rule, at)) {
            return;
        }
        int end = (int) rule.pattern().measured(b, at, Math.min(segment.to(), at + LONGEST));
        boolean whole = end > 0 && segment.borders(at, end) && isSplit.test(at, end);
        if (whole && Randomness.strictest(b, at + length, end) && isInPieces(at, end)) {
            report(rule, segment, at, at, end);
        }
    }

    /** Whether the value that begins there is a token by itself: it was judged when it left. */
    private boolean isWholeInOne(CompiledRule rule, int at) {
        int border = at + 1;
        while (border < segment.to() && !segment.beginsPiece(border)) {
            border++;
        }
        return (int) rule.pattern().measured(segment.b(), at, border) == border;
    }

    /** A stretch of a text. */
    @FunctionalInterface
    public interface Stretch {
        boolean test(int start, int end);
    }

    /** Whether nearly all values of the stretch look drawn rather than written: of four at most one is a word or a number. */
    private boolean isInPieces(int start, int end) {
        byte[] b = segment.b();
        int pieces = 0;
        int written = 0;
        for (int i = start; i < end; ) {
            int to = i + 1;
            while (to < end && !segment.beginsPiece(to)) {
                to++;
            }
            pieces++;
            boolean letters = true;
            boolean digits = true;
            for (int j = i; j < to; j++) {
                letters &= (b[j] | 32) >= 'a' && (b[j] | 32) <= 'z';
                digits &= b[j] >= '0' && b[j] <= '9';
            }
            written += to - i > 3 && (digits || letters && Randomness.word(b, i, to)) ? 1 : 0;
            i = to;
        }
        return 4 * written <= pieces;
    }

    // The end of a token that is a few characters too short for its form, or cut off where what is left looks drawn by
    // chance; -1 where
    // there is none.
    private int nearlyLong(CompiledRule rule, int at, int length) {
        byte[] b = segment.b();
        int from = at + length;
        int end = tokenEnd(b, from, Math.min(segment.to(), from + MOST_NEAR));
        if (end - from < LEAST_NEAR) {
            return -1;
        }
        if (end - from >= LONG && Randomness.strict(b, from, end)) {
            return end;
        }
        byte[] longer = Arrays.copyOfRange(b, at, end + OFF);
        for (int more = 1; more <= OFF; more++) {
            longer[end - at + more - 1] = b[end - 1];
            if (rule.pattern().match(longer, 0, end - at + more) == end - at + more) {
                return end;
            }
        }
        return -1;
    }

    private static int tokenEnd(byte[] b, int from, int to) {
        int end = from;
        while (end < to && (CharTables.isWord(b[end]) || b[end] == '_' || b[end] == '-')) {
            end++;
        }
        return end;
    }

    /** The token is reversed or in ROT13 in {@code [start, end)}; {@code copy} is the plain form. */
    public void rewritten(CompiledRule rule, byte[] copy, int start, int end, boolean reversed) {
        int matched = rule.pattern().match(copy, 0, copy.length);
        if (matched < 0
                || rule.rule.check() == Check.URL
                || (rule.rule.left() && !rewrittenFree(start, end, reversed))
                || !Randomness.strict(copy, 0, matched)
                || KeywordContext.blob(segment, reversed ? end - matched : start, reversed ? end : start + matched)) {
            return;
        }
        Segment turned = Segment.whole(view.decoded(start, end), copy, 0, copy.length);
        report(rule, turned, 0, 0, matched);
    }

    // Whether the side that is the left one of the plain form is a word boundary.
    private boolean rewrittenFree(int start, int end, boolean reversed) {
        byte[] b = segment.b();
        return reversed ? end >= segment.to() || !CharTables.isWord(b[end]) : freeOnTheLeft(b, start, -1);
    }

    private void report(CompiledRule rule, Segment s, int start, int at, int end) {
        Check check = rule.rule.check();
        if ((check == Check.JWK || check == Check.PEM || check == Check.KEYSTORE) && !run.spend(ValueChecks.COST)) {
            return;
        }
        ValueChecks.Value value = ValueChecks.apply(rule.rule, s, start, at, end);
        if (value != null) {
            run.report(
                    rule.name(),
                    rule.rule.detector(),
                    value.likeness(),
                    s.view(),
                    value.start(),
                    value.end(),
                    value.canonical(),
                    s.view().verbatim());
        }
    }

    // Joins separated characters, which must then look random: prose never does.
    private void pieced(CompiledRule rule, int at, int length) {
        Check check = rule.rule.check();
        byte[] b = segment.b();
        boolean inWord = at > segment.low() && CharTables.isWord(b[at - 1]) && CharTables.isWord(b[at + length - 1]);
        if (check == Check.PEM
                || check == Check.JWK
                || check == Check.KEYSTORE
                || inWord
                || KeywordContext.blob(segment, at, at + length)) {
            return;
        }
        for (KeywordContext.Alphabet alphabet : KeywordContext.Alphabet.values()) {
            KeywordContext.Gathered gathered =
                    KeywordContext.gather(segment, at, length, alphabet, rule.pattern(), gatherings());
            int end = gathered.length();
            if (end > 0 && gathered.words() <= 1 && drawn(rule, gathered.bytes(), length, end)) {
                Provenance pieces = view.pieces(at, gathered.end());
                report(rule, Segment.whole(pieces, gathered.bytes(), 0, end), 0, 0, end);
                return;
            }
        }
    }

    private byte[] gatherings() {
        byte[] buffer = gathering;
        if (buffer == null) {
            buffer = new byte[KeywordContext.PIECED];
            gathering = buffer;
        }
        return buffer;
    }

    // Neighbours in a structure make a token only where chance would not: behind a telling keyword, or from border to
    // border.
    private boolean joinable(CompiledRule rule, byte[] b, int at, int length, int end) {
        boolean weak = rule.rule.check() == Check.STRICT && !rule.joins(length);
        boolean telling = !weak && (view.joined() == Joined.TIGHT || segment.borders(at, end))
                || (rule.joins(length) && (length >= SURE || beginsWord(b, at)));
        return telling && drawn(rule, b, at + length, end);
    }

    // A short keyword occurs at the end of some random-looking word in a long list, so it must begin its piece.
    private boolean beginsWord(byte[] b, int at) {
        return at == segment.low() || segment.beginsPiece(at) || CharTables.base64(b[at - 1]) < 0;
    }

    private static boolean drawn(CompiledRule rule, byte[] b, int from, int end) {
        Check check = rule.rule.check();
        if (check == Check.URL
                || check == Check.JWT
                || check == Check.PEM
                || check == Check.JWK
                || check == Check.KEYSTORE) {
            return true;
        }
        int n = end - from;
        boolean few = n >= 40 && Randomness.distinct(b, from, end) < 20;
        if (n >= 24 && !rule.isHex() && (few || CharTables.isHexOnly(b, from, end))) {
            return false;
        }
        return n >= 12 ? Randomness.strictest(b, from, end) : Randomness.plausible(b, Math.max(0, from - 4), end);
    }

    /** Whether the token begins a word: the letter of an escape such as \n, and the byte of a length prefix, are no part of one. */
    private boolean freeOnTheLeft(byte[] b, int start, int length) {
        if (start <= segment.low() || !CharTables.isWord(b[start - 1]) || (b[start - 1] & 0xff) == length) {
            return true;
        }
        if (start - 2 >= segment.low() && b[start - 2] == '\\') {
            return "nrtbf".indexOf(b[start - 1]) >= 0;
        }
        return start - 3 >= segment.low()
                && b[start - 3] == '%'
                && CharTables.isHex(b[start - 2])
                && CharTables.isHex(b[start - 1]);
    }
}

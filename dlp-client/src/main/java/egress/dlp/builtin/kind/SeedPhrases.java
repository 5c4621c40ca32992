package egress.dlp.builtin.kind;

import egress.dlp.Detector;
import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.Sha256;
import egress.dlp.builtin.match.Swar;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Seed phrases by BIP-39: 12 to 24 words of one list, of which the last holds a check value. The shortest takes 47 bytes, and one
 * of usual words 64 or more: so it is enough to look at a word here and there, of which hardly any are of a list.
 */
final class SeedPhrases {
    /** Twelve words of three letters, with a blank between them. */
    static final int SHORTEST = 47;

    private static final int MIDDLE = 32;
    private static final int QUARTER = 16;
    /** The most marks that usually stand between two words, the number of the second among them. */
    private static final int MARKS = 5;

    private static final int LONGEST_GAP = 12;
    private static final int SHORT_WORD = 3;
    private static final int LONG_WORD = 9;
    /** So many words beside the first are looked at before a row is collected. */
    private static final int NEIGHBOURS = 3;

    private static final int FEWEST = 12;
    private static final int MOST = 24;
    private static final int STEP = 3;
    private static final int WORD_BITS = 11;
    /** The price of a check value, in scanned bytes. */
    private static final int COST = 16;

    private final ScanContext run;
    private final Segment s;
    private final byte[] b;
    private @Nullable WordRow words;
    /** Up to here all words were looked at. */
    private int done;

    SeedPhrases(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
        this.b = s.b();
    }

    /** As {@link egress.dlp.builtin.scan.RunListener#block}. */
    void block(int at, long words, long digits, long capitals) {
        int limit = s.limit();
        if (at + Long.SIZE <= limit && isPlain(at, words, digits)) {
            return;
        }
        int middle = at + MIDDLE < limit ? at + MIDDLE : at;
        if (middle >= done && middle < limit) {
            probe(at, middle - at, words, digits, capitals);
        }
        // Ideograms with blanks between them take less.
        if (at + QUARTER + MARKS < limit && isHigh(at + QUARTER)) {
            row(at + QUARTER);
        }
        if (at + 3 * QUARTER + MARKS < limit && isHigh(at + 3 * QUARTER)) {
            row(at + 3 * QUARTER);
        }
    }

    // Whether these 64 bytes are ASCII and show that the word at their middle is of no list, or has too few neighbours
    // that are: so it is in
    // nearly all text, and this tells it with few branches.
    private boolean isPlain(int at, long words, long digits) {
        int i = MIDDLE + Long.numberOfTrailingZeros(words >>> MIDDLE);
        if (i > MIDDLE + LONGEST_GAP) {
            return false;
        }
        int from = i + 1 - Long.numberOfLeadingZeros(~(words << Long.SIZE - 1 - i));
        int to = i + Long.numberOfTrailingZeros(~(words >>> i));
        int length = to - from;
        if (from == 0 || length > Long.BYTES || (digits & (1L << to) - (1L << from)) != 0 || !Swar.isAscii(b, at)) {
            return false;
        }
        int escape = b[at + from - 1] == '\\' ? 1 : 0;
        return !mayBe(at + from + escape, at + to) || isAlone(at, words, digits, from, to);
    }

    private boolean isAlone(int at, long words, long digits, int from, int to) {
        int hits = 0;
        int start;
        for (int end = to; hits < NEIGHBOURS; hits++) {
            start = end + Long.numberOfTrailingZeros(words >>> end);
            end = start < Long.SIZE ? start + Long.numberOfTrailingZeros(~(words >>> start)) : Long.SIZE;
            if (end == Long.SIZE || !isWord(at, digits, start, end)) {
                return false;
            }
            if (!mayBe(at + start, at + end)) {
                break;
            }
        }
        start = from;
        while (hits < NEIGHBOURS) {
            long before = words & (1L << start) - 1;
            int end = Long.SIZE - Long.numberOfLeadingZeros(before);
            start = before == 0 ? 0 : end - Long.numberOfLeadingZeros(~(before << Long.SIZE - end));
            if (start == 0 || !isWord(at, digits, start, end)) {
                return false;
            }
            if (!mayBe(at + start, at + end)) {
                return true;
            }
            hits++;
        }
        return false;
    }

    // Letters alone, not too many, and not the letter of an escape before them.
    private boolean isWord(int at, long digits, int from, int to) {
        return to - from <= Long.BYTES
                && (digits & (1L << to) - (1L << from)) == 0
                && b[at + from - 1] != '\\'
                && Swar.isLetters(b, at + from, to - from);
    }

    private boolean isHigh(int i) {
        return (b[i] | b[i + 1] | b[i + 2] | b[i + 3] | b[i + 4] | b[i + MARKS]) < 0 && i >= done;
    }

    // Looks at the word that stands at or behind a bit. Hardly one is of a list, so what tells that must take no time.
    private void probe(int at, int p, long words, long digits, long capitals) {
        int gap = Long.numberOfTrailingZeros(words >>> p);
        if (gap > LONGEST_GAP || p + gap > 0 && b[at + p + gap - 1] < 0) {
            if (at + p + MARKS < s.limit() && isHigh(at + p)) {
                row(at + p);
            }
            return;
        }
        int i = p + gap;
        int from = i + 1 - Long.numberOfLeadingZeros(~(words << 63 - i));
        int to = i + Long.numberOfTrailingZeros(~(words >>> i));
        long word = -1L >>> 64 - (to - from) << from;
        if ((digits & word) != 0) {
            // The words of a phrase may have their numbers in front.
            if (to - from <= 2 && to < Long.SIZE && p == MIDDLE && at + to + MARKS < s.limit()) {
                probe(at, to, words, digits, capitals);
            }
            return;
        }
        boolean open = from == 0 || to == Long.SIZE || at + to == s.to() || b[at + from - 1] < 0 || b[at + to] < 0;
        if (open || to - from > LONG_WORD + 1) {
            // There may be more of it, or marks between its words.
            if ((capitals & word & ~(1L << from)) == 0) {
                row(at + i);
            }
            return;
        }
        int start = b[at + from - 1] == '\\' ? from + 1 : from;
        if (mayBe(at + start, at + to) && hasNeighbours(at + from, at + to)) {
            row(at + i);
        }
    }

    private boolean mayBe(int start, int end) {
        long key = end - start < SHORT_WORD ? 0 : WordLists.latin(b, start, end);
        return key != 0 && WordLists.mayBe(key);
    }

    // Whether so many of the next and last words may be of a list as well.
    private boolean hasNeighbours(int start, int end) {
        int hits = 0;
        int i = end;
        while (hits < NEIGHBOURS && (i = next(i)) > 0) {
            hits++;
        }
        i = start;
        while (hits < NEIGHBOURS && (i = previous(i)) > 0) {
            hits++;
        }
        return hits == NEIGHBOURS;
    }

    // The end of the next word, where it may be one of a list; else -1.
    private int next(int from) {
        int i = from;
        int most = Math.min(s.to() - 1, from + LONGEST_GAP);
        while (i < most && !isLetter(b[i])) {
            i += b[i] == '\\' && WordRow.isBreak(b[i + 1]) ? 2 : 1;
        }
        int start = i;
        most = Math.min(s.to(), start + LONG_WORD + 1);
        while (i < most && isLetter(b[i])) {
            i++;
        }
        return high(start, i) || mayBe(start, i) ? i : -1;
    }

    // The start of the last word, where it may be one of a list; else -1.
    private int previous(int to) {
        int i = to;
        int least = Math.max(s.low() + 1, to - LONGEST_GAP);
        while (i > least && !isLetter(b[i - 1])) {
            i--;
        }
        int end = i > least + 1 && b[i - 2] == '\\' && WordRow.isBreak(b[i - 1]) ? i - 2 : i;
        i = end;
        least = Math.max(s.low(), end - LONG_WORD - 1);
        while (i > least && isLetter(b[i - 1])) {
            i--;
        }
        int start = i > s.low() && b[i - 1] == '\\' ? i + 1 : i;
        return high(i, end) || start < end && mayBe(start, end) ? i : -1;
    }

    // Words with other letters are looked at closer.
    private boolean high(int start, int end) {
        return start > s.low() && b[start - 1] < 0 || end < s.to() && b[end] < 0;
    }

    private static boolean isLetter(byte c) {
        int small = c | 32;
        return small >= 'a' && small <= 'z';
    }

    private void row(int p) {
        if (p < s.limit() && !run.over()) {
            WordRow row = words;
            if (row == null) {
                row = new WordRow(s);
                words = row;
            }
            done = row.around(p, FEWEST);
            if (row.count() >= FEWEST) {
                rows(row);
            }
        }
    }

    // Words with the same between them make a row.
    private void rows(WordRow row) {
        int from = 0;
        for (int i = 1; i <= row.count(); i++) {
            if (i == row.count() || i > from + 1 && !row.sameGap(i, i - 1)) {
                if (i - from >= FEWEST && !phrases(row, from, i)) {
                    return;
                }
                from = i == row.count() ? i : i - 1;
            }
        }
    }

    private boolean phrases(WordRow row, int from, int to) {
        for (int language = 0; language < WordLists.LANGUAGES; language++) {
            if ((row.languages() >> language & 1) != 0 && !phrases(row, from, to, language)) {
                return false;
            }
        }
        return true;
    }

    private boolean phrases(WordRow row, int from, int to, int language) {
        int[] places = new int[to - from];
        for (int i = 0; i < places.length; i++) {
            places[i] = row.place(from + i, language);
        }
        for (int i = 0; i + FEWEST <= places.length; i++) {
            for (int n = MOST; n >= FEWEST; n -= STEP) {
                if (i + n > places.length) {
                    continue;
                }
                if (!run.spend(COST)) {
                    return false;
                }
                if (!ascends(places, i, n) && checks(places, i, n)) {
                    report(row, from + i, from + i + n);
                    i += n - 1;
                    break;
                }
            }
        }
        return true;
    }

    private void report(WordRow row, int first, int end) {
        String text = new String(s.b(), row.start(first), row.end(end - 1) - row.start(first), StandardCharsets.UTF_8);
        String words = text.toLowerCase(Locale.ROOT).replaceAll("\\\\[nrt]|[\\p{Z}\\p{P}\\p{S}\\p{N}\\s]+", " ");
        Set<String> distinct = new HashSet<>(Arrays.asList(words.split(" +", -1)));
        // The examples of BIP-39, and those of test networks, are one word over and over.
        Likeness likeness = distinct.size() <= (end - first) / 2 + 1 ? Likeness.EXAMPLE : Likeness.LIKELY;
        if (row.start(first) < s.limit()) {
            run.report(
                    "seed_phrase",
                    Detector.WALLET_KEYS,
                    likeness,
                    s.view(),
                    row.start(first),
                    row.end(end - 1),
                    words.getBytes(StandardCharsets.UTF_8),
                    s.view().verbatim());
        }
    }

    // A list in its order, as in a copy of the word list.
    private static boolean ascends(int[] places, int from, int n) {
        for (int i = from + 1; i < from + n; i++) {
            if (places[i] <= places[i - 1]) {
                return false;
            }
        }
        return true;
    }

    // The words are 11 bits each; of 33 bits one is of SHA-256 over the others.
    private static boolean checks(int[] places, int from, int n) {
        int check = n / STEP;
        int bytes = (n * WORD_BITS - check) / 8;
        byte[] out = new byte[bytes + 1];
        for (int bit = 0; bit < n * WORD_BITS; bit++) {
            int set = places[from + bit / WORD_BITS] >> WORD_BITS - 1 - bit % WORD_BITS & 1;
            out[bit >> 3] |= (byte) (set << 7 - (bit & 7));
        }
        int shift = 8 - check;
        return (Sha256.of(out, bytes)[0] & 0xff) >> shift == (out[bytes] & 0xff) >> shift;
    }
}

package egress.dlp.builtin.kind;

import egress.dlp.Detector;
import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.Sha256;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Seed phrases by BIP-39: 12 to 24 words of one list, of which the last holds a check value. The shortest takes 47 bytes, so that it
 * is enough to look at one word every 40: hardly any text has even three words of a list in a row.
 */
public final class SeedPhrases {
    private static final int STRIDE = 40;
    private static final int FEWEST = 12;
    private static final int MOST = 24;
    private static final int STEP = 3;
    private static final int WORD_BITS = 11;
    /** The price of a check value, in scanned bytes. */
    private static final int COST = 16;

    private final ScanContext run;
    private final Segment s;
    private final WordRow row;

    public SeedPhrases(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
        this.row = new WordRow(s, WordLists.get());
    }

    /** Looks at the whole segment. */
    public void find() {
        int p = s.from();
        while (p < s.limit() && !run.over()) {
            int end = row.around(p);
            if (row.count() >= FEWEST && !rows()) {
                return;
            }
            p = Math.max(p + STRIDE, end);
        }
    }

    // Words with the same between them make a row.
    private boolean rows() {
        int from = 0;
        for (int i = 1; i <= row.count(); i++) {
            if (i == row.count() || i > from + 1 && !row.sameGap(i, i - 1)) {
                if (i - from >= FEWEST && !phrases(from, i)) {
                    return false;
                }
                from = i == row.count() ? i : i - 1;
            }
        }
        return true;
    }

    private boolean phrases(int from, int to) {
        for (int language = 0; language < WordLists.LANGUAGES; language++) {
            if ((row.languages() >> language & 1) != 0 && !phrases(from, to, language)) {
                return false;
            }
        }
        return true;
    }

    private boolean phrases(int from, int to, int language) {
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
                    report(from + i, from + i + n);
                    i += n - 1;
                    break;
                }
            }
        }
        return true;
    }

    private void report(int first, int end) {
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

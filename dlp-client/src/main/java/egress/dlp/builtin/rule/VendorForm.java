package egress.dlp.builtin.rule;

import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What a value of a vendor's exact form looks like: one that was given out, or one that stands for it. */
final class VendorForm {
    /** Words that only placeholders hold. */
    private static final List<String> WORDS =
            List.of("example", "placeholder", "redacted", "insert", "changeme", "change_me", "dummy", "your");

    /** What vendors show in their documentation. */
    private static final Set<String> DOCUMENTED = Set.of(
            "AKIAIOSFODNN7EXAMPLE",
            "AKIAI44QH8DHBEXAMPLE",
            "ASIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
            "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
            "sk_test_BQokikJOvBiI2HlWgH4olfQ2",
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
            "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U");

    /** Fewer characters besides what stands for others are no token's. */
    private static final int SECRET = 12;
    /** As many, where digits stand among them. */
    private static final int FEW = 8;

    private static final int RUN = 3;
    private static final int LONGEST_WORD = 14;

    private VendorForm() {}

    /** @param from where the vendor's prefix ends, in {@code [start, end)} */
    static Likeness likeness(byte[] b, int start, int from, int end) {
        if (isDocumented(b, start, end)) {
            return Likeness.EXAMPLE;
        }
        if (isBlanked(b, from, end) || isNamed(b, from, end) || isWords(b, from, end)) {
            return Likeness.PLACEHOLDER;
        }
        boolean drawn = Randomness.plausible(b, start, end) && !isSequence(b, from, end);
        return drawn ? Likeness.REAL : Likeness.MADE_UP;
    }

    static boolean isDocumented(byte[] b, int start, int end) {
        return DOCUMENTED.contains(new String(b, start, end - start, StandardCharsets.ISO_8859_1));
    }

    /** Whether nearly all of it is runs of characters that stand for others; what is fixed in a form, as in a URL, is words and marks. */
    private static boolean isBlanked(byte[] b, int from, int end) {
        int blank = 0;
        int left = 0;
        int kept = from;
        int i = from;
        while (i < end) {
            int run = i;
            while (run < end && b[run] == b[i]) {
                run++;
            }
            if (run - i >= RUN && "xX*.0".indexOf(b[i]) >= 0) {
                blank += run - i;
                left += unexplained(b, kept, i);
                kept = run;
            }
            i = run;
        }
        return blank >= 2 * RUN && left + unexplained(b, kept, end) < SECRET;
    }

    /** Whether a word says that it is a placeholder, and what stands beside that word is words too. */
    private static boolean isNamed(byte[] b, int from, int end) {
        String lower = new String(b, from, end - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        for (String word : WORDS) {
            int at = lower.indexOf(word);
            if (at >= 0) {
                int count = unexplained(b, from, from + at) + unexplained(b, from + at + word.length(), end);
                return count < (hasOddDigit(b, from, end) ? FEW : SECRET);
            }
        }
        return false;
    }

    /** Whether digits stand there that are in no order: placeholders hardly have any, most tokens do. */
    private static boolean hasOddDigit(byte[] b, int from, int end) {
        int run;
        for (int i = from; i < end; i = run) {
            run = runEnd(b, i, end);
            if (isDigit(b[i]) && !isExplained(b, i, run, from, end)) {
                return true;
            }
        }
        return false;
    }

    /** How many characters belong neither to a word nor to digits in their order: who hides a token keeps nearly all. */
    private static int unexplained(byte[] b, int from, int end) {
        int count = 0;
        int i = from;
        while (i < end) {
            int run = runEnd(b, i, end);
            count += CharTables.isWord(b[i]) && !isExplained(b, i, run, from, end) ? run - i : 0;
            i = run;
        }
        return count;
    }

    /** Where letters of one case, or of one capital and small ones, or digits, or one other character end. */
    private static int runEnd(byte[] b, int at, int end) {
        int i = at + 1;
        if (isDigit(b[at])) {
            while (i < end && isDigit(b[i])) {
                i++;
            }
        } else if (isLetter(b[at])) {
            boolean capitals = i < end && isCapital(b[at]) && isCapital(b[i]);
            while (i < end && isLetter(b[i]) && isCapital(b[i]) == capitals) {
                i++;
            }
        }
        return i;
    }

    private static boolean isExplained(byte[] b, int from, int to, int low, int high) {
        if (isDigit(b[from])) {
            return to - from >= RUN && isSequence(b, from, to);
        }
        boolean besideDigit = from > low && isDigit(b[from - 1]) || to < high && isDigit(b[to]);
        return !besideDigit
                && to - from >= RUN
                && to - from <= LONGEST_WORD
                && Randomness.pronounceable(
                        new String(b, from, to - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT));
    }

    private static boolean isDigit(byte c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isCapital(byte c) {
        return c >= 'A' && c <= 'Z';
    }

    private static boolean isLetter(byte c) {
        return isCapital(c) || c >= 'a' && c <= 'z';
    }

    /** Whether it is words in lower case with marks between them, as names in code and styles are. */
    private static boolean isWords(byte[] b, int from, int end) {
        int marks = 0;
        int run = 0;
        for (int i = from; i < end; i++) {
            boolean mark = b[i] == '-' || b[i] == '_';
            run = i > from && b[i] == b[i - 1] ? run + 1 : 1;
            if (!mark && (b[i] < 'a' || b[i] > 'z' || run >= RUN)) {
                return false;
            }
            marks += mark ? 1 : 0;
        }
        return marks >= 2 && Randomness.pronounceable(new String(b, from, end - from, StandardCharsets.ISO_8859_1));
    }

    /** Whether it is an alphabet or digits in their order, for the most part. */
    private static boolean isSequence(byte[] b, int from, int end) {
        int steps = 0;
        for (int i = from + 1; i < end; i++) {
            steps += b[i] == b[i - 1] + 1 ? 1 : 0;
        }
        return 2 * steps > end - from;
    }
}

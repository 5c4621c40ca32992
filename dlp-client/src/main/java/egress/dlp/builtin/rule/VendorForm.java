package egress.dlp.builtin.rule;

import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.match.Randomness;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What a value of a vendor's exact form looks like: one that was given out, or one that stands for it. */
final class VendorForm {
    /** Words that only placeholders hold; a shorter one stands in random letters by chance. */
    private static final List<String> WORDS =
            List.of("example", "placeholder", "redacted", "insert", "changeme", "change_me", "dummy");

    private static final String SHORT_WORD = "your";

    /** What vendors show in their documentation. */
    private static final Set<String> DOCUMENTED = Set.of(
            "AKIAIOSFODNN7EXAMPLE",
            "AKIAI44QH8DHBEXAMPLE",
            "ASIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
            "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
            "sk_test_BQokikJOvBiI2HlWgH4olfQ2",
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
            "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U");

    /** Fewer characters besides what stands for others are no token's. */
    private static final int SECRET = 12;
    /** So many characters that look drawn by chance are a token, whatever stands beside them. */
    private static final int DRAWN = 16;

    private static final int RUN = 3;

    private VendorForm() {}

    /** @param from where the vendor's prefix ends, in {@code [start, end)} */
    static Likeness likeness(byte[] b, int start, int from, int end) {
        String text = new String(b, start, end - start, StandardCharsets.ISO_8859_1);
        if (DOCUMENTED.contains(text)) {
            return Likeness.EXAMPLE;
        }
        if (isBlanked(b, from, end) || isNamed(b, from, end) || isWords(b, from, end)) {
            return Likeness.PLACEHOLDER;
        }
        boolean drawn = Randomness.plausible(b, start, end) && !isSequence(b, from, end);
        return drawn ? Likeness.REAL : Likeness.MADE_UP;
    }

    /** Whether nearly all of it is runs of characters that stand for others. */
    private static boolean isBlanked(byte[] b, int from, int end) {
        int blank = 0;
        int i = from;
        while (i < end) {
            int run = i;
            while (run < end && b[run] == b[i]) {
                run++;
            }
            if (run - i >= RUN && "xX*.0".indexOf(b[i]) >= 0) {
                blank += run - i;
            }
            i = run;
        }
        return blank >= 2 * RUN && end - from - blank < SECRET;
    }

    /** Whether a word says that it is a placeholder, and nothing beside the word looks drawn by chance. */
    private static boolean isNamed(byte[] b, int from, int end) {
        String lower = new String(b, from, end - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        for (String word : WORDS) {
            int at = lower.indexOf(word);
            if (at >= 0) {
                return !isDrawn(b, from, from + at) && !isDrawn(b, from + at + word.length(), end);
            }
        }
        return lower.contains(SHORT_WORD) && !isDrawn(b, from, end);
    }

    /** Whether it is words in lower case with marks between them, as names in code and styles are. */
    private static boolean isWords(byte[] b, int from, int end) {
        int marks = 0;
        for (int i = from; i < end; i++) {
            boolean mark = b[i] == '-' || b[i] == '_';
            if (!mark && (b[i] < 'a' || b[i] > 'z')) {
                return false;
            }
            marks += mark ? 1 : 0;
        }
        return marks >= 2 && Randomness.pronounceable(new String(b, from, end - from, StandardCharsets.ISO_8859_1));
    }

    private static boolean isDrawn(byte[] b, int from, int end) {
        return end - from >= DRAWN && Randomness.strict(b, from, end);
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

package egress.dlp.builtin.strength;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.Randomness;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many bits of each character are unguessable, by the alphabet of its run; marks, words, counts and repeats count nothing. */
final class TextBits {
    private static final double MIXED = 5.85;
    private static final double LETTERS = 5.7;
    private static final double ONE_CASE_AND_DIGITS = 5;
    private static final double ONE_CASE = 4.7;
    private static final double HEX = 4;
    private static final double DIGITS = 3.32;

    /** Shorter runs of digits alone are dates, ports, accounts and other numbers that are no secret. */
    private static final int SHORTEST_NUMBER = 20;
    /** Shorter runs of letters alone are names, whatever they look like. */
    private static final int SHORTEST_LETTERS = 12;
    /** What a word scores at least, and how long it is. */
    private static final int WORDLIKE = 3;

    private static final int SHORTEST_WORD = 4;
    /** The least length of a row that counts up or down, repeats one character or follows a keyboard, and so is not random. */
    private static final int SEQUENCE = 5;
    /** The least length of a repeat of what stood in the secret before, forwards or backwards, in any case. */
    private static final int REPEAT = 5;
    /** The longest run before a mark that may be the name of a format: {@code api03-}, {@code v1.}. */
    private static final int PREFIX = 6;
    /** A run with fewer different characters than this part of what chance would give is a pattern. */
    private static final double FEW = 0.65;

    private static final List<String> KEYBOARD = List.of("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890");

    /** What vendors write into each of their keys: prefixes, accounts that stand in public keys too, signatures. */
    private static final Pattern BY_FORM = Pattern.compile("^[rs]k_(?:live|test)_51[A-Za-z0-9]{15,16}"
            + "|^AIzaSy|^ya29\\.(?:a0|c\\.)|^A{8,}|T3BlbkFJ|JQQJ99|AzCa|AzSe|^1//0[0-9]?|^EAA[A-Z]?|^A[KS]IA|^eyJ");

    private TextBits() {}

    /** Fills {@code bits} for what stands in {@code [from, to)}. */
    static void fill(byte[] b, int from, int to, double[] bits) {
        boolean leading = true;
        int i = from;
        while (i < to) {
            if (!CharTables.isWord(b[i])) {
                leading &= b[i] == '-' || b[i] == '_' || b[i] == '.';
                bits[i++] = 0;
                continue;
            }
            int end = i;
            while (end < to && CharTables.isWord(b[end])) {
                end++;
            }
            boolean prefix = leading && end < to && end - i <= PREFIX && !isBothCases(b, i, end);
            leading = prefix;
            run(b, i, end, prefix ? 0 : alphabet(b, i, end), bits);
            i = end;
        }
        byForm(b, from, to, bits);
        sequences(b, from, to, bits);
    }

    static boolean isBothCases(byte[] b, int from, int to) {
        int kinds = kinds(b, from, to);
        return (kinds & CharTables.LOWER) != 0 && (kinds & CharTables.UPPER) != 0;
    }

    private static int kinds(byte[] b, int from, int to) {
        int kinds = 0;
        for (int i = from; i < to; i++) {
            kinds |= b[i] <= '9' ? CharTables.DIGIT : b[i] >= 'a' ? CharTables.LOWER : CharTables.UPPER;
        }
        return kinds;
    }

    private static double alphabet(byte[] b, int from, int to) {
        int n = to - from;
        int kinds = kinds(b, from, to);
        boolean digits = (kinds & CharTables.DIGIT) != 0;
        boolean both = (kinds & CharTables.LOWER) != 0 && (kinds & CharTables.UPPER) != 0;
        double bits;
        if (kinds == CharTables.DIGIT) {
            bits = n < SHORTEST_NUMBER ? 0 : DIGITS;
        } else if (!digits && (n < SHORTEST_LETTERS || Randomness.pronounceable(lower(b, from, to)))) {
            bits = both && !isOneWord(b, from, to) ? LETTERS : 0;
        } else if (!both && CharTables.isHexOnly(b, from, to)) {
            bits = HEX;
        } else if (both) {
            bits = digits ? MIXED : LETTERS;
        } else {
            bits = digits ? ONE_CASE_AND_DIGITS : ONE_CASE;
        }
        double expected = Math.pow(2, bits);
        expected *= 1 - Math.pow(1 - 1 / Math.max(2, expected), n);
        int distinct = Randomness.distinct(b, from, to);
        return n >= SHORTEST_LETTERS && distinct < expected * FEW
                ? Math.min(bits, Math.log(distinct) / Math.log(2))
                : bits;
    }

    // All in one case but perhaps the first letter.
    private static boolean isOneWord(byte[] b, int from, int to) {
        return !isBothCases(b, from + 1, to);
    }

    private static void run(byte[] b, int from, int to, double each, double[] bits) {
        int i = from;
        while (i < to) {
            int end = word(b, i, to);
            boolean wordlike = end - i >= SHORTEST_WORD && LetterPairs.score(b, i, end) >= WORDLIKE;
            for (int stop = Math.max(end, i + 1); i < stop; i++) {
                bits[i] = wordlike ? 0 : each;
            }
        }
    }

    // Letters of one case, the first of which may be a capital; where it ends.
    private static int word(byte[] b, int from, int to) {
        int i = from;
        while (i < to && b[i] > '9' && (i <= from + 1 || (b[i] >= 'a') == (b[i - 1] >= 'a'))) {
            if (i == from + 1 && b[i] < 'a' && b[from] >= 'a') {
                return i;
            }
            i++;
        }
        return i;
    }

    private static void byForm(byte[] b, int from, int to, double[] bits) {
        Matcher matcher = BY_FORM.matcher(new String(b, from, to - from, StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
            zero(bits, from + matcher.start(), from + matcher.end());
        }
    }

    private static void sequences(byte[] b, int from, int to, double[] bits) {
        String text = lower(b, from, to);
        int start = 0;
        for (int i = 1; i <= text.length(); i++) {
            boolean goesOn = i < text.length() && i - start >= 1 && inSequence(text, start, i);
            if (!goesOn) {
                if (i - start >= SEQUENCE) {
                    zero(bits, from + start, from + i);
                }
                start = Math.max(start, i - 1);
            }
        }
        for (int i = 0; i + SEQUENCE <= text.length(); i++) {
            String four = text.substring(i, i + SEQUENCE);
            String back = new StringBuilder(four).reverse().toString();
            if (KEYBOARD.stream().anyMatch(row -> row.contains(four) || row.contains(back))) {
                zero(bits, from + i, from + i + SEQUENCE);
            }
        }
    }

    private static boolean inSequence(String text, int start, int i) {
        int step = text.charAt(start + 1) - text.charAt(start);
        return Math.abs(step) <= 1 && text.charAt(i) - text.charAt(i - 1) == step;
    }

    /** Takes away what stood in the secret before. */
    static void repeats(byte[] secret, double[] bits) {
        Set<String> seen = new HashSet<>();
        String text = lower(secret, 0, secret.length);
        for (int i = 0; i + REPEAT <= secret.length; i++) {
            String here = text.substring(i, i + REPEAT);
            if (!seen.add(here)) {
                zero(bits, i, i + REPEAT);
            }
            seen.add(new StringBuilder(here).reverse().toString());
        }
    }

    static void zero(double[] bits, int from, int to) {
        for (int i = from; i < to; i++) {
            bits[i] = 0;
        }
    }

    private static String lower(byte[] b, int from, int to) {
        return new String(b, from, to - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    }
}

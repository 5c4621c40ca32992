package egress.dlp.builtin.match;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Tells a made value (drawn by a machine) from a placeholder, a word, a variable or a path. */
public final class Randomness {
    private static final List<String> PLACEHOLDER_WORDS = List.of(
            "your",
            "example",
            "placeholder",
            "changeme",
            "change_me",
            "change-me",
            "redacted",
            "dummy",
            "insert",
            "replace",
            "sample",
            "xxxx",
            "token-here",
            "key-here",
            "goes-here",
            "_here",
            "todo",
            "masked",
            "hidden",
            "foobar");
    private static final List<String> COMMON_PASSWORDS = List.of(
            "password",
            "passwd",
            "pass",
            "pwd",
            "secret",
            "postgres",
            "root",
            "admin",
            "guest",
            "user",
            "test",
            "testing",
            "mysql",
            "redis",
            "rabbitmq",
            "changeme",
            "example",
            "default",
            "username",
            "string",
            "none",
            "null",
            "true",
            "false",
            "undefined",
            "token",
            "apikey",
            "mypassword",
            "mysecretpassword",
            "password123",
            "secretpassword",
            "passw0rd",
            "pw",
            "dbpass",
            "dbpassword",
            "db_password",
            "hunter2",
            "letmein",
            "qwerty",
            "demo",
            "dev",
            "local");

    private static final int LONG = 40;

    private Randomness() {}

    // How often the commonest byte stands there: packed numbers in base64 are half of A, chance gives each its share.
    private static int most(byte[] b, int from, int to) {
        int[] counts = new int[128];
        int most = 0;
        for (int i = from; i < to; i++) {
            most = Math.max(most, ++counts[b[i] & 0x7f]);
        }
        return most;
    }

    /** Not a placeholder: no long run of one character, no few characters over and over, no words without a digit. */
    public static boolean plausible(byte[] b, int from, int to) {
        int n = to - from;
        if (n < 6) {
            return true;
        }
        int longest = 1;
        int run = 1;
        int digits = 0;
        int letters = 0;
        for (int i = from; i < to; i++) {
            run = i > from && b[i] == b[i - 1] ? run + 1 : 1;
            longest = Math.max(longest, run);
            int kind = kind(b[i]);
            digits += kind == 2 ? 1 : 0;
            letters += kind == 0 || kind == 1 ? 1 : 0;
        }
        if (longest >= Math.max(8, n / 4) || (n >= 12 && distinct(b, from, to) < 5)) {
            return false;
        }
        return digits > 0 || letters == 0 || !wordy(b, from, to);
    }

    /** Drawn from an alphabet by chance, as far as its shape can say: for places where chance alone puts letters side by side. */
    public static boolean strict(byte[] b, int from, int to) {
        return drawn(b, from, to, 0.3);
    }

    /** As {@link #strict}, surer still: for pieces that may have nothing to do with each other. */
    public static boolean strictest(byte[] b, int from, int to) {
        return drawn(b, from, to, to - from < 24 ? 0.3 : 0.36);
    }

    private static boolean drawn(byte[] b, int from, int to, double changes) {
        int n = to - from;
        if (n < 12 || !plausible(b, from, to) || distinct(b, from, to) < Math.min(8, n / 2)) {
            return false;
        }
        int digits = 0;
        for (int i = from; i < to; i++) {
            digits += kind(b[i]) == 2 ? 1 : 0;
        }
        if (digits == 0 || digits == n) {
            return false;
        }
        int transitions = transitions(b, from, to);
        if (!oneCase(b, from, to)) {
            if (n >= LONG && most(b, from, to) > n / 5) {
                return false;
            }
            // By chance 62%; names in camel case stay below 35%.
            return transitions >= (n - 1) * changes;
        }
        return transitions >= (n - 1) * 0.22 || (n <= 24 && transitions >= 2 && !pronounceable(lower(b, from, to)));
    }

    /** A password in a URL or connection string that is worth guarding: not a placeholder, a variable or a default. */
    public static boolean password(byte[] b, int from, int to, String user) {
        int n = to - from;
        if (n < 3) {
            return false;
        }
        String text = new String(b, from, n, StandardCharsets.ISO_8859_1);
        String lower = text.toLowerCase(Locale.ROOT);
        char first = text.charAt(0);
        if ("<${[*%(".indexOf(first) >= 0 && (first != '%' || isVariable(text))) {
            return false;
        }
        if (text.contains("${") || text.contains("{{") || text.contains("...") || text.contains("<")) {
            return false;
        }
        if (lower.equals(user.toLowerCase(Locale.ROOT)) || COMMON_PASSWORDS.contains(lower) || placeholderWord(lower)) {
            return false;
        }
        return distinct(b, from, to) >= Math.min(4, n) && plausibleRun(b, from, to);
    }

    /** Whether the text holds a word that only placeholders hold. */
    public static boolean placeholderWord(String lower) {
        return PLACEHOLDER_WORDS.stream().anyMatch(lower::contains);
    }

    public static boolean common(String lower) {
        return COMMON_PASSWORDS.contains(lower);
    }

    /** Shannon entropy in bits a byte. */
    public static double entropy(byte[] b, int from, int to) {
        int[] counts = new int[256];
        for (int i = from; i < to; i++) {
            counts[b[i] & 0xff]++;
        }
        double bits = 0;
        double n = to - from;
        for (int count : counts) {
            if (count > 0) {
                bits -= count / n * Math.log(count / n) / Math.log(2);
            }
        }
        return bits;
    }

    public static int distinct(byte[] b, int from, int to) {
        long low = 0;
        long high = 0;
        for (int i = from; i < to; i++) {
            int c = b[i] & 0x7f;
            if (c < 64) {
                low |= 1L << c;
            } else {
                high |= 1L << (c - 64);
            }
        }
        return Long.bitCount(low) + Long.bitCount(high);
    }

    /** How often lower case, upper case and digits change places; marks between them do not count. */
    public static int transitions(byte[] b, int from, int to) {
        int count = 0;
        int last = -1;
        for (int i = from; i < to; i++) {
            int kind = kind(b[i]);
            if (kind != 3) {
                count += last >= 0 && kind != last ? 1 : 0;
                last = kind;
            }
        }
        return count;
    }

    private static boolean plausibleRun(byte[] b, int from, int to) {
        int run = 1;
        for (int i = from + 1; i < to; i++) {
            run = b[i] == b[i - 1] ? run + 1 : 1;
            if (run >= Math.max(4, (to - from) / 2)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isVariable(String text) {
        return text.startsWith("%(") || text.startsWith("%s") || text.startsWith("%{") || text.endsWith("%");
    }

    /** Whether {@code [from, to)} is a word of three letters or more in one case. */
    public static boolean word(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            if (kind(b[i]) > 1 || (i > from + 1 && kind(b[i]) != kind(b[i - 1]))) {
                return false;
            }
        }
        return to - from >= 3 && pronounceable(lower(b, from, to));
    }

    private static String lower(byte[] b, int from, int to) {
        return new String(b, from, to - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    }

    private static boolean oneCase(byte[] b, int from, int to) {
        boolean lower = false;
        boolean upper = false;
        for (int i = from; i < to; i++) {
            lower |= kind(b[i]) == 0;
            upper |= kind(b[i]) == 1;
        }
        return lower != upper;
    }

    private static boolean wordy(byte[] b, int from, int to) {
        String lower = lower(b, from, to);
        return placeholderWord(lower) || (transitions(b, from, to) < (to - from) * 0.2 && pronounceable(lower));
    }

    // Letters drawn by chance have one vowel in five and long runs without any; words have neither.
    public static boolean pronounceable(String lower) {
        int vowels = 0;
        int letters = 0;
        int run = 0;
        int longest = 0;
        for (int i = 0; i < lower.length(); i++) {
            char c = lower.charAt(i);
            boolean letter = c >= 'a' && c <= 'z';
            boolean vowel = letter && "aeiouy".indexOf(c) >= 0;
            letters += letter ? 1 : 0;
            vowels += vowel ? 1 : 0;
            run = letter && !vowel ? run + 1 : 0;
            longest = Math.max(longest, run);
        }
        return longest <= 4 && vowels * 4 >= letters;
    }

    private static int kind(byte c) {
        if (c >= 'a' && c <= 'z') {
            return 0;
        }
        if (c >= 'A' && c <= 'Z') {
            return 1;
        }
        return c >= '0' && c <= '9' ? 2 : 3;
    }
}

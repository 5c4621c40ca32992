package egress.dlp.builtin.rule;

import egress.dlp.Detector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row of the detector file, as it is written there.
 *
 * @param left whether nothing of a word may stand before it
 * @param right whether nothing of a word may stand behind it
 * @param prefix whether its keywords alone tell a token: what goes on from one as a token does is masked in records, cut short or not
 * @param detector the group that its findings count for
 * @param joins whether it is put together from pieces although it needs a free right side
 */
public record TokenRule(
        String name,
        List<String> keywords,
        @Nullable String before,
        @Nullable String context,
        String pattern,
        boolean left,
        boolean right,
        boolean prefix,
        boolean joins,
        @Nullable Check check,
        Detector detector,
        List<String> examples,
        List<String> clean) {

    /** A shorter keyword stands in other data by chance. */
    private static final int TELLING = 4;

    /** What a match must be besides its shape. */
    enum Check {
        /** Its form is enough, however made up it looks. */
        VENDOR,
        /** As {@link #VENDOR}, for a form whose beginning says little: neither cut short nor split over time, and of its very length. */
        EXACT,
        /** No placeholder. */
        MADE,
        /** Looks random: for formats with a weak prefix. */
        STRICT,
        /** No longer run of letters, digits and {@code . _ ~ -} goes on around it. */
        ALONE,
        /** A CRC-32 at the end; only raises confidence. */
        GITHUB,
        /** Its form is enough; Base58Check's check value says that it was given out. */
        BASE58,
        /** A key of secp256k1, in hex. */
        SECP256K1,
        /** An encrypted key of Ethereum stands in the same object. */
        KEYSTORE,
        /** The first part decodes to a JSON object with an algorithm. */
        JWT,
        /** Key material follows the line. */
        PEM,
        /** A private member stands in the same object. */
        JWK,
        /** Scheme in front, a password worth guarding inside. */
        URL,
        /** The value after {@code password=} is worth guarding. */
        PASSWORD,
        /** Stands in a connection string. */
        ODBC
    }

    /** Whether what stands at {@code at} is a vendor's exact form, which a token has and hardly anything else. */
    boolean isForm(byte[] b, int at) {
        return check == Check.EXACT || mayVary(b, at);
    }

    /** Whether it is also one that is a little too long or short, cut off, or split over time. */
    boolean mayVary(byte[] b, int at) {
        return check == Check.VENDOR
                || check == Check.GITHUB
                || check == Check.BASE58
                || check == null && context == null && before == null && keywordAt(b, at) >= TELLING;
    }

    /** The length of the longest keyword that stands at {@code at}, in letters of either case; 0 where none does. */
    int keywordAt(byte[] b, int at) {
        int longest = 0;
        for (String keyword : keywords) {
            longest = Math.max(longest, lengthAt(keyword, b, at));
        }
        return longest;
    }

    private static int lengthAt(String keyword, byte[] b, int at) {
        int i = at;
        for (int k = 0; k < keyword.length(); i++) {
            boolean isClass = keyword.charAt(k) == '[';
            int from = isClass ? k + 1 : k;
            int to = isClass ? keyword.indexOf(']', from) : from + 1;
            if (i >= b.length || !isOf(keyword, from, to, b[i] | 32) && !isOf(keyword, from, to, b[i] & ~32)) {
                return 0;
            }
            k = isClass ? to + 1 : to;
        }
        return i - at;
    }

    // A class's content, or one character.
    private static boolean isOf(String keyword, int from, int to, int c) {
        for (int k = from; k < to; k++) {
            boolean range = k + 2 < to && keyword.charAt(k + 1) == '-';
            if (c >= keyword.charAt(k) && c <= keyword.charAt(range ? k + 2 : k)) {
                return true;
            }
            k += range ? 2 : 0;
        }
        return false;
    }

    /** The keywords with their one-character classes written out. */
    public List<String> literals() {
        List<String> out = new ArrayList<>();
        for (String keyword : keywords) {
            expand("", keyword, out);
        }
        return out;
    }

    private static void expand(String done, String rest, List<String> out) {
        int open = rest.indexOf('[');
        if (open < 0) {
            out.add(done.concat(rest));
            return;
        }
        int end = rest.indexOf(']', open);
        String before = done.concat(rest.substring(0, open));
        for (char c : charactersOf(rest.substring(open + 1, end))) {
            expand(before.concat(String.valueOf(c)), rest.substring(end + 1), out);
        }
    }

    /** The characters of a class's content, such as {@code A-Z2-7}. */
    public static char[] charactersOf(String content) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < content.length(); i++) {
            if (i + 2 < content.length() && content.charAt(i + 1) == '-') {
                for (char c = content.charAt(i); c <= content.charAt(i + 2); c++) {
                    out.append(c);
                }
                i += 2;
            } else {
                out.append(content.charAt(i));
            }
        }
        return out.toString().toCharArray();
    }
}

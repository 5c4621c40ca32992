package egress.dlp.builtin.decode;

import java.util.ArrayList;
import java.util.List;

/** How the first bytes of packed data look within base64 and hex, at each place where they may stand in a quad. */
public final class CompressedHeaderMarks {
    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private static final String HEX = "0123456789abcdef";

    private CompressedHeaderMarks() {}

    /**
     * Text that stands where the bytes do.
     *
     * @param back how many digits before it its quad begins
     */
    public record Mark(String text, int back) {}

    /**
     * In base64, behind so many bytes of the same quad.
     *
     * @param known how many bits of the last of the bytes are known, from the top
     * @param least of digits that the text is to have
     */
    public static List<Mark> base64(byte[] bytes, int known, int behind, int least) {
        int first = 8 * behind;
        int end = first + 8 * (bytes.length - 1) + known;
        int from = (first + 5) / 6;
        int to = end / 6;
        if (to - from < least) {
            // A digit that is known in part, on the side where more of it is.
            boolean before = 6 * from - first > end - 6 * to;
            from -= before ? 1 : 0;
            to += before ? 0 : 1;
        }
        List<String> texts = List.of("");
        for (int digit = from; digit < to; digit++) {
            texts = extended(texts, bytes, digit * 6 - first, end - first);
        }
        int back = from;
        return texts.stream().map(text -> new Mark(text, back)).toList();
    }

    private static List<String> extended(List<String> texts, byte[] bytes, int bit, int end) {
        List<String> out = new ArrayList<>();
        for (int value = 0; value < DIGITS.length(); value++) {
            if (fits(value, bytes, bit, end)) {
                for (String text : texts) {
                    out.add(text + DIGITS.charAt(value));
                    if (value >= 62) {
                        out.add(text + "-_".charAt(value - 62));
                    }
                }
            }
        }
        return out;
    }

    private static boolean fits(int value, byte[] bytes, int bit, int end) {
        for (int i = 0; i < 6; i++) {
            int at = bit + i;
            boolean isKnown = at >= 0 && at < end;
            if (isKnown && (bytes[at / 8] >> (7 - at % 8) & 1) != (value >> (5 - i) & 1)) {
                return false;
            }
        }
        return true;
    }

    /** In hex, each digit in either case. */
    public static List<Mark> hex(byte[] bytes) {
        List<String> texts = List.of("");
        for (byte c : bytes) {
            for (int digit : new int[] {c >> 4 & 15, c & 15}) {
                char small = HEX.charAt(digit);
                List<String> out = new ArrayList<>();
                for (String text : texts) {
                    out.add(text + small);
                    if (small >= 'a') {
                        out.add(text + Character.toUpperCase(small));
                    }
                }
                texts = out;
            }
        }
        return texts.stream().map(text -> new Mark(text, 0)).toList();
    }
}

package egress.dlp.builtin.decode;

import egress.dlp.builtin.decode.CompressedData.Mark;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How the first bytes of packed data look within base64 and hex, at each place where they may stand in a quad. */
final class CompressedHeaderMarks {
    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private static final String HEX = "0123456789abcdef";

    private static final byte[] GZIP = {0x1f, (byte) 0x8b, 8, 0};
    private static final byte[] ZIP = {'P', 'K', 3, 4, 0};
    private static final byte[] ZSTD = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
    /** The type of a picture's chunk of rows; its length, which stands before it, is taken along. */
    private static final byte[] ROWS = {'I', 'D', 'A', 'T'};

    private static final int LENGTH = 8;

    private CompressedHeaderMarks() {}

    /** Of all packings, in base64. The mark of zlib is short: behind other bytes of its quad it counts with the usual window alone. */
    static List<Mark> inBase64() {
        List<Mark> out = new ArrayList<>();
        for (int behind = 0; behind < 3; behind++) {
            put(out, base64(GZIP, 3, behind, 4), 0, -1);
            put(out, base64(ZIP, 2, behind, 4), 0, -1);
            put(out, base64(ZSTD, 8, behind, 4), 0, -1);
            put(out, base64(ROWS, 8, behind, 4), LENGTH, -1);
        }
        for (byte[] header : zlibHeaders()) {
            int places = header[0] == 0x78 ? 3 : 1;
            for (int behind = 0; behind < places; behind++) {
                put(out, base64(header, 8, behind, 3), 0, behind);
            }
        }
        return List.copyOf(out);
    }

    /** Of all packings, in hex. */
    static List<Mark> inHex() {
        List<Mark> out = new ArrayList<>();
        put(out, hex(Arrays.copyOf(GZIP, 3)), 0, -1);
        put(out, hex(Arrays.copyOf(ZIP, 4)), 0, -1);
        put(out, hex(ZSTD), 0, -1);
        put(out, hex(ROWS), LENGTH, -1);
        zlibHeaders().forEach(header -> put(out, hex(header), 0, 0));
        return List.copyOf(out);
    }

    /** Headers of zlib that are text, with a text character behind that can begin a block; with other bytes near they are found by those. */
    static List<Mark> zlibAsText() {
        List<String> out = new ArrayList<>();
        for (byte[] header : zlibHeaders()) {
            if (header[0] > ' ' && header[1] > ' ' && header[1] < 0x7f && header[1] != '^') {
                for (char third = ' '; third < 0x7f; third++) {
                    if ((third & 6) != 6) {
                        out.add("" + (char) header[0] + (char) header[1] + third);
                    }
                }
            }
        }
        return Mark.plain(out.toArray(String[]::new));
    }

    private static List<byte[]> zlibHeaders() {
        List<byte[]> out = new ArrayList<>();
        for (int first = 0x08; first < 0x80; first += 0x10) {
            for (int second = 0; second < 0x100; second++) {
                if (ZlibHead.isHeader(first, second)) {
                    out.add(new byte[] {(byte) first, (byte) second});
                }
            }
        }
        return out;
    }

    private static void put(List<Mark> out, List<Placed> marks, int before, int zlib) {
        marks.forEach(mark -> out.add(new Mark(mark.text(), mark.back() + before, zlib)));
    }

    /**
     * Text that stands where the bytes do.
     *
     * @param back how many digits before it its quad begins
     */
    private record Placed(String text, int back) {}

    /**
     * In base64, behind so many bytes of the same quad.
     *
     * @param known how many bits of the last of the bytes are known, from the top
     * @param least of digits that the text is to have
     */
    private static List<Placed> base64(byte[] bytes, int known, int behind, int least) {
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
        return texts.stream().map(text -> new Placed(text, back)).toList();
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
    private static List<Placed> hex(byte[] bytes) {
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
        return texts.stream().map(text -> new Placed(text, 0)).toList();
    }
}

package egress.dlp.builtin;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One dress of a known secret: found when at least {@code least} bytes of it stand in a row.
 *
 * @param dressed the bytes as they would stand
 * @param secret the value itself, whose fingerprint a finding carries
 * @param verbatim whether {@code dressed} is the value as it is
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Needle(byte[] dressed, byte[] secret, int least, boolean verbatim) {
    private static final int ANCHOR = 6;
    private static final int LONGEST_LEAST = 40;
    private static final int GAP = 12;

    /** Where the anchors lie: every stretch of {@code least} bytes holds one whole. */
    List<Integer> anchors() {
        int stride = least - ANCHOR + 1;
        List<Integer> out = new ArrayList<>();
        for (int i = 0; i + ANCHOR <= dressed.length; i += stride) {
            out.add(i);
        }
        return out;
    }

    byte[] anchor(int at) {
        return Arrays.copyOfRange(dressed, at, at + ANCHOR);
    }

    /** Every dress that is a plain rewriting of the value: case, reversed, hex, and base64 at its three alignments. */
    static List<Needle> of(byte[] secret) {
        Map<String, Needle> out = new LinkedHashMap<>();
        put(out, secret, secret, true, 1);
        String text = new String(secret, StandardCharsets.ISO_8859_1);
        put(out, bytes(text.toLowerCase(Locale.ROOT)), secret, false, 1);
        put(out, bytes(text.toUpperCase(Locale.ROOT)), secret, false, 1);
        put(out, reversed(secret), secret, false, 1);
        put(out, bytes(Catalogue.rot13(text)), secret, false, 1);
        put(out, bytes(HexFormat.of().formatHex(secret)), secret, false, 2);
        put(out, bytes(HexFormat.of().withUpperCase().formatHex(secret)), secret, false, 2);
        for (int alignment = 0; alignment < 3; alignment++) {
            byte[] encoded = base64(secret, alignment);
            put(out, encoded, secret, false, 1.34);
            byte[] url = encoded.clone();
            for (int i = 0; i < url.length; i++) {
                url[i] = url[i] == '+' ? (byte) '-' : url[i] == '/' ? (byte) '_' : url[i];
            }
            put(out, url, secret, false, 1.34);
        }
        return List.copyOf(out.values());
    }

    /** The value in small letters and digits alone, as it is looked for where marks may be lost between pieces. */
    static Optional<Needle> skeleton(byte[] secret) {
        Map<String, Needle> out = new LinkedHashMap<>();
        put(out, Skeletons.of(secret, 0, secret.length), secret, false, 1);
        return out.values().stream().findFirst();
    }

    private static void put(Map<String, Needle> out, byte[] dressed, byte[] secret, boolean verbatim, double factor) {
        int n = dressed.length;
        int least = n < 16 * factor ? n : Math.max((int) (12 * factor), (n + 1) / 2);
        least = Math.min(least, (int) (LONGEST_LEAST * factor));
        if (n >= 8) {
            out.putIfAbsent(
                    new String(dressed, StandardCharsets.ISO_8859_1), new Needle(dressed, secret, least, verbatim));
        }
    }

    // The characters that depend on the secret alone when `alignment` unknown bytes stand before it.
    private static byte[] base64(byte[] secret, int alignment) {
        byte[] padded = new byte[alignment + secret.length];
        System.arraycopy(secret, 0, padded, alignment, secret.length);
        byte[] encoded = Base64.getEncoder().withoutPadding().encode(padded);
        int from = (alignment * 8 + 5) / 6;
        int to = padded.length * 8 / 6;
        return Arrays.copyOfRange(encoded, from, to);
    }

    private static byte[] reversed(byte[] b) {
        byte[] out = new byte[b.length];
        for (int i = 0; i < b.length; i++) {
            out[i] = b[b.length - 1 - i];
        }
        return out;
    }

    private static byte[] bytes(String s) {
        return s.getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * Whether enough of the needle stands around {@code at} once what is no letter or digit is left out on both sides; {@code extent}
     * is then set to where.
     */
    boolean standsApart(byte[] b, int low, int to, int at, int anchor, int[] extent) {
        int matched = ANCHOR;
        int i = at + ANCHOR;
        int end = i;
        for (int j = anchor + ANCHOR; j < dressed.length; j++) {
            if (!RuleMatch.isWord(dressed[j])) {
                matched++;
                continue;
            }
            while (i < to && i - end <= GAP && !RuleMatch.isWord(b[i])) {
                boolean escape = b[i] == '\\' && i + 1 < to && "nrt".indexOf(b[i + 1]) >= 0;
                i += escape ? 2 : 1;
            }
            if (i >= to || b[i] != dressed[j]) {
                break;
            }
            matched++;
            end = ++i;
        }
        i = at - 1;
        int start = at;
        for (int j = anchor - 1; j >= 0; j--) {
            if (!RuleMatch.isWord(dressed[j])) {
                matched++;
                continue;
            }
            while (i >= low && start - i <= GAP && !RuleMatch.isWord(b[i])) {
                i--;
            }
            if (i < low || b[i] != dressed[j]) {
                break;
            }
            matched++;
            start = i--;
        }
        extent[0] = start;
        extent[1] = end;
        return matched >= least;
    }

    /** How far the needle stands in {@code b} around {@code at}, given that its anchor {@code anchor} stands there: {start, end}. */
    int[] extent(byte[] b, int low, int to, int at, int anchor) {
        int start = at;
        int i = anchor;
        while (start > low && i > 0 && b[start - 1] == dressed[i - 1]) {
            start--;
            i--;
        }
        int end = at + ANCHOR;
        int j = anchor + ANCHOR;
        while (end < to && j < dressed.length && b[end] == dressed[j]) {
            end++;
            j++;
        }
        return new int[] {start, end};
    }
}

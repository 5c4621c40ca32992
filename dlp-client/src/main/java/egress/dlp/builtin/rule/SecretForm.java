package egress.dlp.builtin.rule;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.strength.SecretBits;
import egress.dlp.builtin.strength.UnguessableBits;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One spelling of a known secret: found when all of it occurs, or so much of it that nothing without the secret could have
 * written it.
 *
 * @param bytes the bytes as they would stand
 * @param secret the value itself, whose fingerprint a finding carries
 * @param worth of each part of {@code bytes}
 * @param verbatim whether {@code bytes} is the value as it is
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record SecretForm(byte[] bytes, byte[] secret, UnguessableBits worth, boolean verbatim) {
    private static final int ANCHOR = 6;
    private static final int SHORTEST = 8;
    private static final int SPREAD = 7;
    private static final int SPREAD_ANCHORS = 16;
    /** How many bytes before a window can still be read from it. */
    private static final int REACH = 250;

    private static final int GAP = 12;

    /** Where a form stands: {@code [start, end)} of the text is {@code [from, to)} of the form. */
    public record Extent(int start, int end, int from, int to) {}

    boolean isWhole(int from, int to) {
        return from == 0 && to == bytes.length;
    }

    /** Whether that much of it is a hit. */
    public boolean counts(Extent extent) {
        return isWhole(extent.from, extent.to) || worth.bits(extent.from, extent.to) >= UnguessableBits.ENOUGH;
    }

    /** Whether that much of it is a hit where its parts were sent apart: it cannot be guessed, not even where it is all. */
    public boolean isEnough(Extent extent) {
        return worth.bits(extent.from, extent.to) >= UnguessableBits.ENOUGH;
    }

    /** The places of the anchors, chosen so that every part that counts contains one, and most pieces of a split secret too. */
    List<Integer> anchors() {
        SortedSet<Integer> out = new TreeSet<>();
        int step = Math.max(SPREAD, bytes.length / SPREAD_ANCHORS);
        for (int i = 0; i + ANCHOR <= bytes.length && i <= REACH; i += step) {
            out.add(i);
        }
        int from = 0;
        int last = -1;
        for (int to = ANCHOR; to <= bytes.length; to++) {
            while (worth.bits(from + 1, to) >= UnguessableBits.ENOUGH) {
                from++;
            }
            if (last < from && worth.bits(from, to) >= UnguessableBits.ENOUGH) {
                last = Math.max(from, to - ANCHOR);
                out.add(last);
            }
        }
        return List.copyOf(out);
    }

    byte[] anchor(int at) {
        return Arrays.copyOfRange(bytes, at, at + ANCHOR);
    }

    /**
     * The spellings: as it is, in either case, reversed, ROT13, hex, and base64 at its three alignments.
     *
     * @param value all of the secret, or what is a secret by itself in it
     */
    static List<SecretForm> of(byte[] value, byte[] secret) {
        Map<String, SecretForm> out = new LinkedHashMap<>();
        double[] bits = SecretBits.of(value).bits();
        UnguessableBits plain = UnguessableBits.of(bits);
        UnguessableBits folded = UnguessableBits.of(UnguessableBits.folded(value, bits));
        put(out, value, secret, true, plain);
        String text = new String(value, StandardCharsets.ISO_8859_1);
        put(out, inCase(value, 'A', 'a'), secret, false, folded);
        put(out, inCase(value, 'a', 'A'), secret, false, folded);
        put(out, reversed(value), secret, false, UnguessableBits.reversed(bits));
        put(out, bytes(DetectorIndex.rot13(text)), secret, false, plain);
        put(out, bytes(HexFormat.of().formatHex(value)), secret, false, plain.hex());
        put(out, bytes(HexFormat.of().withUpperCase().formatHex(value)), secret, false, plain.hex());
        for (int alignment = 0; alignment < 3; alignment++) {
            byte[] encoded = base64(value, alignment);
            UnguessableBits worth = plain.base64(alignment, encoded.length);
            put(out, encoded, secret, false, worth);
            put(out, inUrlAlphabet(encoded), secret, false, worth);
        }
        return List.copyOf(out.values());
    }

    private static byte[] inUrlAlphabet(byte[] base64) {
        byte[] url = base64.clone();
        for (int i = 0; i < url.length; i++) {
            url[i] = url[i] == '+' ? (byte) '-' : url[i] == '/' ? (byte) '_' : url[i];
        }
        return url;
    }

    /** The value in the URL alphabet of base64 at its three alignments, in small letters: what a host name leaves of it. */
    static List<SecretForm> base64WithoutCase(byte[] value, byte[] secret) {
        Map<String, SecretForm> out = new LinkedHashMap<>();
        UnguessableBits worth = UnguessableBits.of(
                UnguessableBits.base64WithoutCase(SecretBits.of(value).bits()));
        for (int alignment = 0; alignment < 3; alignment++) {
            byte[] encoded = inUrlAlphabet(base64(value, alignment));
            put(out, inCase(encoded, 'A', 'a'), secret, false, worth.base64(alignment, encoded.length));
        }
        return List.copyOf(out.values());
    }

    /** The value in one case of ASCII's letters, byte for byte: beyond ASCII a change of case may change the length. */
    private static byte[] inCase(byte[] value, char from, char to) {
        byte[] out = value.clone();
        for (int i = 0; i < out.length; i++) {
            if (out[i] >= from && out[i] < from + 26) {
                out[i] += (byte) (to - from);
            }
        }
        return out;
    }

    /** The value in small letters and digits alone, as it is looked for where marks may be lost between pieces. */
    static Optional<SecretForm> alphanumeric(byte[] value, byte[] secret) {
        Map<String, SecretForm> out = new LinkedHashMap<>();
        double[] folded = UnguessableBits.folded(value, SecretBits.of(value).bits());
        put(
                out,
                AlphanumericForms.of(value, 0, value.length),
                secret,
                false,
                UnguessableBits.alphanumeric(value, folded));
        return out.values().stream().findFirst();
    }

    private static void put(
            Map<String, SecretForm> out, byte[] bytes, byte[] secret, boolean verbatim, UnguessableBits worth) {
        if (bytes.length >= SHORTEST) {
            out.putIfAbsent(
                    new String(bytes, StandardCharsets.ISO_8859_1), new SecretForm(bytes, secret, worth, verbatim));
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
     * Where the form stands around {@code at} once what is no letter or digit is left out on both sides; null where too little of it
     * does. Marks that were left out earn nothing, and a whole one must still have letters and digits enough.
     */
    @Nullable
    public Extent apart(byte[] b, int low, int to, int at, int anchor) {
        int lost = 0;
        int i = at + ANCHOR;
        int end = i;
        int last = anchor + ANCHOR;
        for (int j = last; j < bytes.length; j++) {
            if (CharTables.isWord(bytes[j])) {
                i = skipped(b, to, i, end);
                if (i >= to || b[i] != bytes[j]) {
                    break;
                }
                end = ++i;
            } else {
                lost++;
            }
            last = j + 1;
        }
        i = at - 1;
        int start = at;
        int first = anchor;
        for (int j = anchor - 1; j >= 0; j--) {
            if (CharTables.isWord(bytes[j])) {
                while (i >= low && start - i <= GAP && !CharTables.isWord(b[i])) {
                    i--;
                }
                if (i < low || b[i] != bytes[j]) {
                    break;
                }
                start = i--;
            } else {
                lost++;
            }
            first = j;
        }
        boolean whole = isWhole(first, last) && last - first - lost >= SHORTEST;
        return whole || worth.bits(first, last) - worth.ofMarks(lost) >= UnguessableBits.ENOUGH
                ? new Extent(start, end, first, last)
                : null;
    }

    private static int skipped(byte[] b, int to, int from, int end) {
        int i = from;
        while (i < to && i - end <= GAP && !CharTables.isWord(b[i])) {
            boolean escape = b[i] == '\\' && i + 1 < to && "nrt".indexOf(b[i + 1]) >= 0;
            i += escape ? 2 : 1;
        }
        return i;
    }

    /** How far the form stands in {@code b} around {@code at}, given that its anchor {@code anchor} stands there. */
    public Extent extent(byte[] b, int low, int to, int at, int anchor) {
        int start = at;
        int i = anchor;
        while (start > low && i > 0 && b[start - 1] == bytes[i - 1]) {
            start--;
            i--;
        }
        int end = at + ANCHOR;
        int j = anchor + ANCHOR;
        while (end < to && j < bytes.length && b[end] == bytes[j]) {
            end++;
            j++;
        }
        return new Extent(start, end, i, j);
    }

    /** The part that occurred, which identifies the hit. */
    public byte[] part(Extent extent) {
        return Arrays.copyOfRange(bytes, extent.from, extent.to);
    }
}

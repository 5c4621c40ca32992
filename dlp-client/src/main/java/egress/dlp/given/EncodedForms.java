package egress.dlp.given;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** What a value looks like where it is sent encoded, in codings that an origin may take off before it gives back what was in them. */
public final class EncodedForms {
    private static final int BASE64_BYTES = 3;
    private static final int LEAST_RUN = 16;
    /** A shorter one may stand somewhere by chance. */
    private static final int LEAST_STRETCH = 8;

    private static final int MOST_STRETCHES = 4;

    private EncodedForms() {}

    /** Backwards, in hex, and in base64 at each place that it may have there. */
    static List<byte[]> of(byte[] value) {
        List<byte[]> out = base64(value);
        out.add(backwards(value));
        out.add(HexFormat.of().formatHex(value).getBytes(StandardCharsets.US_ASCII));
        return out;
    }

    /** Whether a text has base64 that says the value, or a few stretches of which the value is made, as scanners that skip lines make it. */
    public static boolean isInBase64(String text, byte[] value) {
        String found = new String(value, StandardCharsets.ISO_8859_1);
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || !isOfBase64(text.charAt(i))) {
                if (i - start >= LEAST_RUN && isMadeOf(decoded(text.substring(start, i)), found)) {
                    return true;
                }
                start = i + 1;
            }
        }
        return false;
    }

    private static boolean isOfBase64(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "+/-_".indexOf(c) >= 0;
    }

    private static String decoded(String run) {
        String whole =
                run.replace('-', '+').replace('_', '/').substring(0, run.length() - (run.length() % 4 == 1 ? 1 : 0));
        return new String(Base64.getDecoder().decode(whole), StandardCharsets.ISO_8859_1);
    }

    private static boolean isMadeOf(String whole, String value) {
        int at = 0;
        for (int stretch = 0; at < value.length() && stretch < MOST_STRETCHES; stretch++) {
            int end = Math.min(value.length(), at + LEAST_STRETCH);
            if (end - at < LEAST_STRETCH || !whole.contains(value.substring(at, end))) {
                return false;
            }
            while (end < value.length() && whole.contains(value.substring(at, end + 1))) {
                end++;
            }
            at = end;
        }
        return at == value.length();
    }

    private static List<byte[]> base64(byte[] value) {
        List<byte[]> out = new ArrayList<>(2 + BASE64_BYTES);
        for (int skipped = 0; skipped < Math.min(BASE64_BYTES, value.length); skipped++) {
            int whole = (value.length - skipped) / BASE64_BYTES * BASE64_BYTES;
            out.add(Base64.getEncoder().encode(Arrays.copyOfRange(value, skipped, skipped + whole)));
        }
        return out;
    }

    private static byte[] backwards(byte[] value) {
        byte[] out = new byte[value.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = value[out.length - 1 - i];
        }
        return out;
    }
}

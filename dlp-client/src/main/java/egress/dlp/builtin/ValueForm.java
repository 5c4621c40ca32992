package egress.dlp.builtin;

import egress.dlp.SentValues.Value;
import egress.dlp.builtin.match.CharTables;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** How a value is read before it is joined. */
enum ValueForm {
    /** As it was sent. */
    RAW,
    /** Without the label that numbers it. */
    BARE,
    /** Without it, and decoded by itself. */
    BASE64,
    HEX;

    private static final int SHORTEST = 4;

    /** Whether the value reads otherwise than in the forms before. */
    boolean changes(Value value) {
        return switch (this) {
            case RAW -> false;
            case BARE -> value.bare() > 0;
            case BASE64, HEX -> decoded(bare(value)) != null;
        };
    }

    void add(PartRow row, Value value, boolean isNew) {
        byte[] decoded = this == BASE64 || this == HEX ? decoded(bare(value)) : null;
        if (decoded != null) {
            row.add(decoded, 0, isNew);
        } else {
            row.add(value.bytes(), this == RAW ? 0 : value.bare(), isNew);
        }
    }

    private static byte[] bare(Value value) {
        return value.bare() == 0
                ? value.bytes()
                : Arrays.copyOfRange(value.bytes(), value.bare(), value.bytes().length);
    }

    /** Null where it is no text in that encoding. */
    private byte @Nullable [] decoded(byte[] text) {
        byte[] out = this == BASE64 ? base64(text) : this == HEX ? hex(text) : null;
        return out != null && isText(out) ? out : null;
    }

    private static byte @Nullable [] hex(byte[] text) {
        boolean digits = text.length >= SHORTEST && text.length % 2 == 0;
        for (byte c : text) {
            digits &= CharTables.isHex(c);
        }
        return digits ? HexFormat.of().parseHex(new String(text, StandardCharsets.ISO_8859_1)) : null;
    }

    private static byte @Nullable [] base64(byte[] text) {
        int end = text.length;
        while (end > 0 && text[end - 1] == '=') {
            end--;
        }
        if (end < SHORTEST || end % 4 == 1 || text.length - end > 2) {
            return null;
        }
        byte[] plain = Arrays.copyOf(text, end);
        for (int i = 0; i < end; i++) {
            if (CharTables.base64(plain[i]) < 0) {
                return null;
            }
            plain[i] = plain[i] == '-' ? (byte) '+' : plain[i] == '_' ? (byte) '/' : plain[i];
        }
        try {
            return Base64.getDecoder().decode(plain);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static boolean isText(byte[] decoded) {
        for (byte c : decoded) {
            if (c < ' ' || c == 0x7f) {
                return false;
            }
        }
        return true;
    }
}

package egress.dlp.given;

import org.jspecify.annotations.Nullable;

/**
 * Reads a string of JSON (RFC 8259 §7) byte by byte, from behind its first quote, with its escapes undone: one ISO-8859-1 character a byte.
 * Characters that neither a URL nor a field's value has, and more than 4,096, make it one that is read to its end and has no text.
 */
final class JsonString {
    enum Step {
        MORE,
        END,
        /** This is no JSON. */
        BROKEN
    }

    private static final int LONGEST = 4 * 1024;

    private final StringBuilder text = new StringBuilder();
    private boolean hasText;
    private boolean escaped;
    /** Digits of a {@code \\u} escape that are still to come. */
    private int digits;

    private int code;

    /** Another string begins. */
    void begin() {
        text.setLength(0);
        hasText = true;
        escaped = false;
        digits = 0;
    }

    Step take(byte next) {
        if (digits > 0) {
            return digit(next);
        }
        if (escaped) {
            escaped = false;
            if (next == 'u') {
                digits = 4;
                code = 0;
            } else {
                add((char) (next & 0xff), next == '/' || next == '\\' || next == '"');
            }
        } else if (next == '\\') {
            escaped = true;
        } else if (next == '"') {
            return Step.END;
        } else {
            add((char) (next & 0xff), true);
        }
        return Step.MORE;
    }

    /** The decoded text; null where it has a character that is not taken, or too many. */
    @Nullable
    String text() {
        return hasText ? text.toString() : null;
    }

    private Step digit(byte next) {
        int value = Character.digit(next & 0xff, 16);
        code = code << 4 | value;
        digits--;
        if (value < 0) {
            return Step.BROKEN;
        }
        if (digits == 0) {
            add((char) code, code < 0x80);
        }
        return Step.MORE;
    }

    private void add(char next, boolean known) {
        hasText &= known && text.length() < LONGEST;
        if (hasText) {
            text.append(next);
        }
    }
}

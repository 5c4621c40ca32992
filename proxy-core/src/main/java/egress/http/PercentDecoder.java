package egress.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Percent-decoding (RFC 3986 §2.1) of what must be UTF-8 text without control characters. */
public final class PercentDecoder {
    private PercentDecoder() {}

    /**
     * Decodes each {@code %XX} once.
     *
     * @throws IllegalArgumentException for a percent sign without two hex digits, for bytes that are no UTF-8 (overlong
     *     forms and surrogates included), and for control characters
     */
    public static String decode(String text) {
        checkPercents(text);
        return decodeWhatDecodes(text);
    }

    /**
     * Decodes each {@code %XX} of a text that was decoded before: a percent sign that begins no {@code %XX} is a percent
     * sign by now.
     *
     * @throws IllegalArgumentException for bytes that are no UTF-8 and for control characters
     */
    public static String decodeAgain(String text) {
        return decodeWhatDecodes(text);
    }

    /**
     * Checks that each percent sign begins a {@code %XX}.
     *
     * @throws IllegalArgumentException naming the text otherwise
     */
    static void checkPercents(String text) {
        for (int i = text.indexOf('%'); i >= 0; i = text.indexOf('%', i + 1)) {
            if (octet(text, i) < 0) {
                throw refused(text, "two hex digits after each percent sign");
            }
        }
    }

    private static String decodeWhatDecodes(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        StringBuilder decoded = new StringBuilder(text.length());
        int i = 0;
        while (i < text.length()) {
            int octet = octet(text, i);
            if (octet < 0) {
                decoded.append(text.charAt(i++));
            } else if (octet < 0x80) {
                decoded.append((char) octet);
                i += 3;
            } else {
                i = decodeRun(text, i, decoded);
            }
        }
        for (int k = 0; k < decoded.length(); k++) {
            if (Character.isISOControl(decoded.charAt(k))) {
                throw refused(text, "no control characters, encoded or not");
            }
        }
        return decoded.toString();
    }

    /** Decodes the octets above ASCII that stand in a row: whole UTF-8 sequences, or it is none. */
    private static int decodeRun(String text, int start, StringBuilder decoded) {
        int end = start;
        while (octet(text, end) >= 0x80) {
            end += 3;
        }
        ByteBuffer octets = ByteBuffer.allocate((end - start) / 3);
        for (int i = start; i < end; i += 3) {
            octets.put((byte) octet(text, i));
        }
        try {
            decoded.append(StandardCharsets.UTF_8.newDecoder().decode(octets.flip()));
        } catch (CharacterCodingException e) {
            throw refused(text, "UTF-8 in percent-encoded form");
        }
        return end;
    }

    /** The octet that {@code %XX} at this place stands for, or -1. */
    private static int octet(String text, int at) {
        if (at + 2 >= text.length() || text.charAt(at) != '%') {
            return -1;
        }
        int high = hex(text.charAt(at + 1));
        int low = hex(text.charAt(at + 2));
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    /** By hand: {@link Character#digit} takes the digits of every script. */
    private static int hex(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        int lower = c | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    private static IllegalArgumentException refused(String text, String expected) {
        return new IllegalArgumentException("target: " + Printable.quoteTarget(text) + " (expected: " + expected + ")");
    }
}

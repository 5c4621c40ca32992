package egress.dlp.given;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Finds the strings of JSON that are https URLs, in text that comes in pieces; keeps no more of it than one such string. */
public final class JsonLinks {
    private static final byte[] START = "\"https:".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST = 4 * 1024;

    private final Consumer<String> found;
    private int matched;
    private boolean escaped;
    /** Digits of a {@code \\u} escape that are still to come. */
    private int digits;

    private int code;
    private byte[] url = new byte[0];
    private int length;

    /** @param found hears of each, its escapes undone, one ISO-8859-1 character a byte */
    public JsonLinks(Consumer<String> found) {
        this.found = found;
    }

    public void feed(byte[] b, int from, int to) {
        int i = from;
        while (i < to) {
            if (matched == START.length) {
                collect(b[i++]);
            } else if (matched == 0) {
                while (i < to && b[i] != '"') {
                    i++;
                }
                matched = i < to ? 1 : 0;
                i++;
            } else {
                match(b[i++]);
            }
        }
    }

    private void match(byte next) {
        if (next == START[matched]) {
            matched++;
            if (matched == START.length) {
                url = url.length == 0 ? new byte[LONGEST] : url;
                length = 0;
                escaped = false;
                digits = 0;
                for (int i = 1; i < START.length; i++) {
                    add(START[i]);
                }
            }
        } else {
            matched = next == '"' ? 1 : 0;
        }
    }

    private void collect(byte next) {
        if (digits > 0) {
            digit(next);
        } else if (escaped) {
            escaped = false;
            if (next == 'u') {
                digits = 4;
                code = 0;
            } else if (next == '/') {
                add(next);
            } else {
                matched = 0; // nothing else of what JSON escapes stands in a URL
            }
        } else if (next == '\\') {
            escaped = true;
        } else if (next == '"') {
            matched = 0;
            found.accept(new String(url, 0, length, StandardCharsets.ISO_8859_1));
        } else {
            add(next);
        }
    }

    private void digit(byte next) {
        int value = Character.digit(next & 0xff, 16);
        code = code << 4 | value;
        digits--;
        if (value < 0 || digits == 0 && code >= 0x80) {
            matched = 0;
            digits = 0;
        } else if (digits == 0) {
            add((byte) code);
        }
    }

    private void add(byte next) {
        if (length == LONGEST) {
            matched = 0;
        } else {
            url[length++] = next;
        }
    }
}

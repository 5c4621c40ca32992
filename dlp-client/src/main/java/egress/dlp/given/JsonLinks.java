package egress.dlp.given;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** Finds the strings of JSON that are https URLs, in text that comes in pieces; keeps no more of it than one such string. */
public final class JsonLinks {
    private static final byte[] START = "\"https:".getBytes(StandardCharsets.US_ASCII);
    /** How far the search may go on where a byte is the last of a window: to where it stands in the text before its end. */
    private static final byte[] SHIFT = shifts();

    private static final int LONGEST = 4 * 1024;

    private final Consumer<String> found;
    private int matched;
    private boolean escaped;
    /** Digits of a {@code \\u} escape that are still to come. */
    private int digits;

    private int code;
    private byte[] url = new byte[0];
    private int length;

    private static byte[] shifts() {
        byte[] out = new byte[256];
        Arrays.fill(out, (byte) START.length);
        for (int i = 0; i < START.length - 1; i++) {
            out[START[i]] = (byte) (START.length - 1 - i);
        }
        return out;
    }

    /** @param found hears of each, its escapes undone, one ISO-8859-1 character a byte */
    public JsonLinks(Consumer<String> found) {
        this.found = found;
    }

    public void feed(byte[] b, int from, int to) {
        int i = from;
        while (i < to) {
            if (matched == START.length) {
                collect(b[i++]);
            } else if (matched == 0 && to - i >= START.length) {
                i = search(b, i, to);
            } else {
                match(b[i++]);
            }
        }
    }

    /** Looks for what begins a URL, by its last byte first (Horspool), and says up to where it has looked. */
    private int search(byte[] b, int from, int to) {
        int at = from;
        while (at <= to - START.length) {
            byte last = b[at + START.length - 1];
            if (last == ':' && Arrays.equals(b, at, at + START.length, START, 0, START.length)) {
                begin();
                return at + START.length;
            }
            at += SHIFT[last & 0xff];
        }
        return at;
    }

    private void begin() {
        matched = START.length;
        url = url.length == 0 ? new byte[LONGEST] : url;
        length = 0;
        escaped = false;
        digits = 0;
        for (int i = 1; i < START.length; i++) {
            add(START[i]);
        }
    }

    private void match(byte next) {
        if (next == START[matched]) {
            matched++;
            if (matched == START.length) {
                begin();
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

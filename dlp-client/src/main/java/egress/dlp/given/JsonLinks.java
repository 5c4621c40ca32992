package egress.dlp.given;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** Finds the strings of JSON that are https URLs, in text that comes in pieces; keeps no more of it than one such string. */
public final class JsonLinks {
    private static final byte[] START = "\"https:".getBytes(StandardCharsets.US_ASCII);
    /** How far the search may advance where a byte is the last of a window: to where it stands in the text before its end. */
    private static final byte[] SHIFT = shifts();

    private final Consumer<String> found;
    private int matched;
    private final JsonString url = new JsonString();

    private static byte[] shifts() {
        byte[] out = new byte[256];
        Arrays.fill(out, (byte) START.length);
        for (int i = 0; i < START.length - 1; i++) {
            out[START[i]] = (byte) (START.length - 1 - i);
        }
        return out;
    }

    /** @param found receives each, its escapes undone, one ISO-8859-1 character a byte */
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
        url.begin();
        for (int i = 1; i < START.length; i++) {
            url.take(START[i]);
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
        switch (url.take(next)) {
            case MORE -> {}
            case BROKEN -> matched = 0;
            case END -> {
                matched = 0;
                String text = url.text();
                if (text != null
                        && text.indexOf('"') < 0
                        && text.indexOf('\\') < 0) { // a text that quotes a URL is none
                    found.accept(text);
                }
            }
        }
    }
}

package egress.dlp;

import egress.dlp.Finding.Span;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What is masked around a known secret: the whole word that it stands in, so that what is left does not reveal where the match began or
 * ended.
 */
final class MaskedSpan {
    private static final int REACH = 8 * 1024;
    private static final String ENDS = "\"'`\\<>,;&={}[]()";

    private MaskedSpan() {}

    /** Whether the byte is a word separator. */
    static boolean ends(byte c, boolean inPath) {
        return (c >= 0 && c <= ' ') || c == 0x7f || ENDS.indexOf(c) >= 0 || (inPath && c == '/');
    }

    /** The word around a span of a head's text. */
    static Span around(String text, Span span, boolean inPath) {
        byte[] b = text.getBytes(StandardCharsets.ISO_8859_1);
        int start = (int) span.start();
        int end = (int) span.end();
        while (start > 0 && !ends(b[start - 1], inPath)) {
            start--;
        }
        while (end < b.length && !ends(b[end], inPath)) {
            end++;
        }
        return new Span(span.index(), start, end);
    }

    /**
     * The word around a span of a body.
     *
     * @return empty where it has no end within reach, or the body cannot be read
     */
    static Optional<Span> around(BodySource body, Span span) {
        try {
            int before = (int) Math.min(REACH, span.start());
            byte[] left = read(body, span.start() - before, before);
            int i = before;
            while (i > 0 && !ends(left[i - 1], false)) {
                i--;
            }
            byte[] right = read(body, span.end(), (int) Math.min(REACH, body.length() - span.end()));
            int k = 0;
            while (k < right.length && !ends(right[k], false)) {
                k++;
            }
            boolean begins = i > 0 || span.start() == before;
            boolean stops = k < right.length || span.end() + k == body.length();
            return begins && stops
                    ? Optional.of(new Span(0, span.start() - before + i, span.end() + k))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static byte[] read(BodySource body, long from, int length) throws IOException {
        byte[] out = new byte[length];
        int at = 0;
        while (at < length) {
            int n = body.read(from + at, out, at, length - at);
            if (n <= 0) {
                throw new IOException("the body ends early");
            }
            at += n;
        }
        return out;
    }
}

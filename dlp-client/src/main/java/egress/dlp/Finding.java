package egress.dlp;

import java.util.Optional;

/**
 * One hit. It never holds the matched value: only what found it, where, and a keyed fingerprint.
 *
 * @param detector the rule's own name, such as {@code github_token}; safe to show
 * @param category the group the rule belongs to
 * @param place where; its text is safe to show
 * @param fingerprint {@code fp:} and 16 hex digits: HMAC-SHA256 of the canonical value under this scanner's key
 * @param severity whether it blocks or only warns
 * @param span where the value stood verbatim, or empty: then it cannot be rewritten
 * @param cover the bytes of the surface that the hit came from, verbatim or encoded, for masking in records; empty when unknown
 * @param matched the fingerprint of what stood there, which may be a part or another encoding of a known secret
 */
public record Finding(
        String detector,
        Detector category,
        Place place,
        String fingerprint,
        Severity severity,
        Optional<Span> span,
        Optional<Span> cover,
        String matched) {

    /** A finding of the whole value. */
    public Finding(
            String detector,
            Detector category,
            Place place,
            String fingerprint,
            Severity severity,
            Optional<Span> span,
            Optional<Span> cover) {
        this(detector, category, place, fingerprint, severity, span, cover, fingerprint);
    }

    /** What a hit does. */
    public enum Severity {
        /** The exchange is denied, redacted or held, as the route says. */
        BLOCKS,
        /** It is only reported. */
        WARNS
    }

    /**
     * A half-open range of bytes of the place's raw surface: of the body as sent, of the path or query as in the target
     * (each from its own first byte, the query after its {@code ?}), of the {@code index}-th field or trailer's value.
     *
     * @param index of the field or trailer in its list; 0 elsewhere
     */
    public record Span(int index, long start, long end) {
        public Span {
            if (index < 0 || start < 0 || end < start) {
                throw new IllegalArgumentException(
                        "span: " + index + "/" + start + "-" + end + " (expected: 0 <= start <= end)");
            }
        }
    }

    public boolean blocks() {
        return severity == Severity.BLOCKS;
    }
}

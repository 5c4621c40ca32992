package egress.http;

/**
 * A request target in origin-form, or {@code *} (RFC 9112 §3.2).
 *
 * @param raw as sent, and as it goes on the wire
 * @param path up to the first {@code ?}
 * @param query what follows it, or empty
 */
public record RequestTarget(String raw, String path, String query) {
    /** A target in absolute-form, taken apart (RFC 9112 §3.2.2). */
    record Absolute(boolean tls, Authority authority, RequestTarget target) {}

    /**
     * Parses origin-form, or {@code *}.
     *
     * @throws IllegalArgumentException with a sentence, for anything else: another form, a fragment, spaces, control
     *     characters and non-ASCII as they are, a broken percent-encoding, and a path that decodes, once or twice, to
     *     control characters or to what is no UTF-8
     */
    public static RequestTarget parse(String raw) {
        if (raw.isEmpty() || (raw.charAt(0) != '/' && !raw.equals("*"))) {
            throw refused(raw, "a path that begins with /");
        }
        int question = -1;
        boolean encoded = false;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c <= ' ' || c >= 0x7f) {
                throw refused(raw, "no spaces, control characters or non-ASCII");
            }
            switch (c) {
                case '#' -> throw refused(raw, "no fragment");
                case '%' -> encoded = true;
                case '?' -> question = question < 0 ? i : question;
                default -> {}
            }
        }
        String path = question < 0 ? raw : raw.substring(0, question);
        if (encoded) {
            PercentDecoder.checkPercents(raw);
            PercentDecoder.decodeAgain(PercentDecoder.decode(path));
        }
        return new RequestTarget(raw, path, question < 0 ? "" : raw.substring(question + 1));
    }

    /**
     * Parses {@code http://authority/path?query} or {@code https://…}. Without a path it is {@code /}, before a query
     * too.
     *
     * @throws IllegalArgumentException with a sentence, as {@link #parse} and {@link Authority#parse} do, and for other
     *     schemes
     */
    static Absolute parseAbsolute(String raw) {
        boolean tls = raw.regionMatches(true, 0, "https://", 0, 8);
        if (!tls && !raw.regionMatches(true, 0, "http://", 0, 7)) {
            throw refused(raw, "http:// or https:// and an authority");
        }
        int start = tls ? 8 : 7;
        int end = start;
        while (end < raw.length() && "/?#".indexOf(raw.charAt(end)) < 0) {
            end++;
        }
        Authority authority = Authority.parse(raw.substring(start, end), tls ? 443 : 80);
        String rest = raw.substring(end);
        return new Absolute(tls, authority, parse(rest.startsWith("/") ? rest : "/" + rest));
    }

    /** Whether it is {@code *}: the server as a whole, which only OPTIONS may ask about (RFC 9112 §3.2.4). */
    public boolean isAsterisk() {
        return raw.equals("*");
    }

    /** Whether there is a query, be it empty. */
    public boolean hasQuery() {
        return raw.length() > path.length();
    }

    private static IllegalArgumentException refused(String raw, String expected) {
        return new IllegalArgumentException("target: " + Printable.quoteTarget(raw) + " (expected: " + expected + ")");
    }
}

package egress.http;

/**
 * A request target in origin-form, or {@code *} (RFC 9112 §3.2).
 *
 * @param raw as sent, and as it goes on the wire
 * @param path up to the first {@code ?}
 * @param query what follows it, or empty
 */
public record RequestTarget(String raw, String path, String query) {
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

    /** Whether it is {@code *}: the server as a whole, which only OPTIONS may ask about (RFC 9112 §3.2.4). */
    public boolean isAsterisk() {
        return raw.equals("*");
    }

    private static IllegalArgumentException refused(String raw, String expected) {
        return new IllegalArgumentException("target: " + Printable.quoteTarget(raw) + " (expected: " + expected + ")");
    }
}

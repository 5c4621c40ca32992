package egress.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Field sections between h2 (RFC 9113 §8) and the one form in which the exchange sees them, that of h1: Host for {@code
 * :authority}, one Cookie field, and {@code Transfer-Encoding: chunked} for a body of unknown length.
 */
final class H2Heads {
    private H2Heads() {}

    /**
     * The regular fields of a section, each checked (RFC 9113 §8.2): lower-case names, no connection-specific field,
     * nothing but field octets in values. Blanks around an origin's value are taken away, as h1 does (RFC 9110 §5.5).
     *
     * @param pseudoAllowed false in trailers (§8.1)
     */
    static HttpHeaders regularFields(Http2Headers section, boolean pseudoAllowed, Sender sender) {
        HttpHeaders fields = H1Fields.newFields();
        StringBuilder cookie = null;
        boolean regularSeen = false;
        for (Map.Entry<CharSequence, CharSequence> field : section) {
            CharSequence name = field.getKey();
            if (name.length() > 0 && name.charAt(0) == ':') {
                if (!pseudoAllowed || regularSeen) {
                    throw new HttpFormatException("a pseudo-field where none may be (RFC 9113 §8.3)");
                }
                continue;
            }
            regularSeen = true;
            checkName(name);
            CharSequence value = sender == Sender.ORIGIN ? trimmed(field.getValue()) : field.getValue();
            checkValue(value);
            if (Octets.equalsIgnoreAsciiCase(name, "cookie")) {
                // RFC 9113 §8.2.3: crumbs are joined again before they reach a peer that does not speak h2
                cookie = cookie == null ? new StringBuilder() : cookie.append("; ");
                cookie.append(value);
            } else {
                fields.add(name.toString(), value.toString());
            }
        }
        if (cookie != null) {
            fields.add(HttpHeaderNames.COOKIE, cookie.toString());
        }
        checkConnectionSpecific(fields);
        return fields;
    }

    private static void checkName(CharSequence name) {
        int length = name.length();
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            if (!Octets.isToken(c) || c >= 'A' && c <= 'Z') {
                throw new HttpFormatException("a field name with an upper-case letter or no token (RFC 9113 §8.2.1)");
            }
        }
        if (length == 0) {
            throw new HttpFormatException("a field without a name");
        }
    }

    static void checkValue(CharSequence value) {
        int length = value.length();
        for (int i = 0; i < length; i++) {
            if (!Octets.isFieldValue(value.charAt(i))) {
                throw new HttpFormatException("a control character in a field's value (RFC 9113 §8.2.1)");
            }
        }
        if (length > 0 && (isSpace(value.charAt(0)) || isSpace(value.charAt(length - 1)))) {
            throw new HttpFormatException("white space around a field's value (RFC 9113 §8.2.1)");
        }
    }

    private static CharSequence trimmed(CharSequence value) {
        int from = 0;
        int to = value.length();
        while (from < to && isSpace(value.charAt(from))) {
            from++;
        }
        while (to > from && isSpace(value.charAt(to - 1))) {
            to--;
        }
        return to - from == value.length() ? value : value.subSequence(from, to);
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t';
    }

    /** RFC 9113 §8.2.2. */
    private static void checkConnectionSpecific(HttpHeaders fields) {
        if (fields.contains(HttpHeaderNames.CONNECTION)
                || fields.contains(HttpHeaderNames.TRANSFER_ENCODING)
                || fields.contains("keep-alive")
                || fields.contains("proxy-connection")
                || fields.contains(HttpHeaderNames.UPGRADE)) {
            throw new HttpFormatException("a connection-specific field (RFC 9113 §8.2.2)");
        }
        for (String te : fields.getAll(HttpHeaderNames.TE)) {
            if (!Octets.equalsIgnoreAsciiCase(te, "trailers")) {
                throw new HttpFormatException("te (expected: trailers, RFC 9113 §8.2.2)");
            }
        }
    }

    /**
     * The one value of a pseudo-field.
     *
     * @return null when it is absent
     */
    static @Nullable CharSequence pseudo(Http2Headers section, Http2Headers.PseudoHeaderName name) {
        Iterator<CharSequence> values = section.valueIterator(name.value());
        if (!values.hasNext()) {
            return null;
        }
        CharSequence value = values.next();
        if (values.hasNext()) {
            throw new HttpFormatException(name.value() + " more than once (RFC 9113 §8.3)");
        }
        checkValue(value);
        return value;
    }

    /** How long the body says it is, so that it can be checked; -1 when it does not say. */
    static long contentLength(HttpHeaders fields, Sender sender) {
        var lengths = fields.getAll(HttpHeaderNames.CONTENT_LENGTH);
        return lengths.isEmpty() ? -1 : H1Fields.contentLength(fields, lengths, sender);
    }

    /** The fields for an h2 section: lower case, without what belongs to an h1 connection (RFC 9113 §8.2.2). */
    static void addTo(Http2Headers section, HttpHeaders fields, boolean isRequest) {
        Iterator<Map.Entry<CharSequence, CharSequence>> all = fields.iteratorCharSequence();
        while (all.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = all.next();
            AsciiString name = lowerCase(field.getKey());
            if (!isConnectionSpecific(name, isRequest)) {
                section.add(name, field.getValue());
            }
        }
    }

    private static AsciiString lowerCase(CharSequence name) {
        return name instanceof AsciiString ascii
                ? ascii.toLowerCase()
                : AsciiString.of(name.toString().toLowerCase(Locale.ROOT));
    }

    private static boolean isConnectionSpecific(AsciiString name, boolean isRequest) {
        return name.contentEquals(HttpHeaderNames.TRANSFER_ENCODING)
                || name.contentEquals(HttpHeaderNames.CONNECTION)
                || name.contentEquals(HttpHeaderNames.UPGRADE)
                || name.contentEquals("keep-alive")
                || name.contentEquals("proxy-connection")
                || isRequest && name.contentEquals(HttpHeaderNames.HOST);
    }

    static Http2Headers newSection(int expectedFields) {
        return new DefaultHttp2Headers(false, Math.max(8, expectedFields));
    }
}

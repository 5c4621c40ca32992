package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Strict parsing of h1 field lines (RFC 9112 §5) and of what they say about framing (§6). */
final class H1Fields {
    /** The body is delimited by the connection's end. */
    static final long UNTIL_CLOSE = -2;

    static final long CHUNKED = -1;

    private H1Fields() {}

    static HttpHeaders newFields() {
        // Checked octet by octet below; Netty's own check would be a second pass.
        return DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    }

    /**
     * Parses field lines up to the empty line.
     *
     * @param octets holds whole lines, each ended by CRLF, the last one empty
     * @param from the first field line
     * @param to just after the empty line
     */
    static HttpHeaders parse(byte[] octets, int from, int to, int maxFields) {
        HttpHeaders fields = newFields();
        int count = 0;
        int at = from;
        while (at < to - 2) {
            if (++count > maxFields) {
                throw new HttpFormatException(
                        HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "more than " + maxFields + " fields");
            }
            at = parseLine(octets, at, fields);
        }
        return fields;
    }

    private static int parseLine(byte[] octets, int from, HttpHeaders fields) {
        int at = from;
        while (Octets.isToken(octets[at] & 0xFF)) {
            at++;
        }
        if (octets[at] != ':' || at == from) {
            throw new HttpFormatException(lineFault(octets[from], at == from));
        }
        String name = new String(octets, from, at - from, StandardCharsets.ISO_8859_1);
        at++;
        while (octets[at] == ' ' || octets[at] == '\t') {
            at++;
        }
        int valueFrom = at;
        while (Octets.isFieldValue(octets[at] & 0xFF)) {
            at++;
        }
        if (octets[at] != '\r' || octets[at + 1] != '\n') {
            throw new HttpFormatException("field " + name + ": a control character in its value");
        }
        int valueTo = at;
        while (valueTo > valueFrom && (octets[valueTo - 1] == ' ' || octets[valueTo - 1] == '\t')) {
            valueTo--;
        }
        fields.add(name, new String(octets, valueFrom, valueTo - valueFrom, StandardCharsets.ISO_8859_1));
        return at + 2;
    }

    private static String lineFault(byte first, boolean empty) {
        if (first == ' ' || first == '\t') {
            return "a folded field line (RFC 9112 §5.2 forbids it)";
        }
        return empty ? "a field without a name" : "a field name is followed by something else than a colon";
    }

    /**
     * How long the body is by its head (RFC 9112 §6.3), told strictly: what could be read in two ways is refused.
     *
     * @return a length, {@link #CHUNKED}, or {@code absent} where no field says anything
     */
    static long bodyLength(HttpHeaders fields, boolean http10, long absent) {
        List<String> codings = fields.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        List<String> lengths = fields.getAll(HttpHeaderNames.CONTENT_LENGTH);
        if (codings.isEmpty() && lengths.isEmpty()) {
            return absent;
        }
        if (!codings.isEmpty()) {
            if (http10) {
                throw new HttpFormatException("Transfer-Encoding in HTTP/1.0");
            }
            if (!lengths.isEmpty()) {
                throw new HttpFormatException("both Transfer-Encoding and Content-Length");
            }
            if (codings.size() > 1 || !Octets.equalsIgnoreAsciiCase(codings.getFirst(), "chunked")) {
                throw new HttpFormatException("Transfer-Encoding: (expected: chunked alone)");
            }
            return CHUNKED;
        }
        if (lengths.size() > 1) {
            throw new HttpFormatException("more than one Content-Length");
        }
        return Octets.contentLength(lengths.getFirst());
    }

    /** A start line (414) or a section of fields (431) that is not over after {@code max} bytes. */
    static HttpFormatException tooLarge(ByteBuf in, int max, boolean isHead) {
        boolean startLine = isHead && in.indexOf(in.readerIndex(), in.readerIndex() + max, (byte) '\n') < 0;
        return startLine
                ? new HttpFormatException(
                        HttpResponseStatus.REQUEST_URI_TOO_LONG, "a start line of more than " + max + " bytes")
                : new HttpFormatException(
                        HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                        (isHead ? "a head" : "a trailer section") + " of more than " + max + " bytes");
    }
}

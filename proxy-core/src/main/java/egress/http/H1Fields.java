package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Parsing of h1 field lines (RFC 9112 §5) and of what they say about framing (§6): strict in requests; in responses what
 * the RFCs let a proxy mend is mended, and what could frame a body in two ways is refused.
 */
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
    static HttpHeaders parse(byte[] octets, int from, int to, int maxFields, Sender sender) {
        HttpHeaders fields = newFields();
        int count = 0;
        int at = from;
        while (at < to - 2) {
            if (++count > maxFields) {
                throw new HttpFormatException(
                        HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "more than " + maxFields + " fields");
            }
            at = parseLine(octets, at, fields, sender);
        }
        return fields;
    }

    private static int parseLine(byte[] octets, int from, HttpHeaders fields, Sender sender) {
        int at = from;
        while (Octets.isToken(octets[at] & 0xFF)) {
            at++;
        }
        int nameTo = at;
        while (sender == Sender.ORIGIN && nameTo > from && isBlank(octets[at])) {
            at++; // RFC 9112 §5.1: a proxy removes it from a response
        }
        if (octets[at] != ':' || nameTo == from) {
            throw new HttpFormatException(lineFault(octets[from], nameTo == from));
        }
        String name = new String(octets, from, nameTo - from, StandardCharsets.ISO_8859_1);
        at++;
        while (isBlank(octets[at])) {
            at++;
        }
        int valueFrom = at;
        at = endOfValue(octets, at, name);
        int valueTo = trimmed(octets, valueFrom, at);
        String value = new String(octets, valueFrom, valueTo - valueFrom, StandardCharsets.ISO_8859_1);
        if (sender == Sender.ORIGIN && isBlank(octets[at + 2])) {
            return parseFolded(octets, at + 2, fields, name, new StringBuilder(value));
        }
        fields.add(name, value);
        return at + 2;
    }

    /** Each fold is one space, before anybody reads the value (RFC 9112 §5.2); what frames the body is not folded. */
    private static int parseFolded(byte[] octets, int from, HttpHeaders fields, String name, StringBuilder value) {
        if (Octets.equalsIgnoreAsciiCase(name, "content-length")
                || Octets.equalsIgnoreAsciiCase(name, "transfer-encoding")) {
            throw new HttpFormatException("field " + name + ": folded, and so a body of two lengths");
        }
        int at = from;
        while (isBlank(octets[at])) {
            while (isBlank(octets[at])) {
                at++;
            }
            int lineFrom = at;
            at = endOfValue(octets, at, name);
            int lineTo = trimmed(octets, lineFrom, at);
            if (lineTo > lineFrom) {
                value.append(value.isEmpty() ? "" : " ")
                        .append(new String(octets, lineFrom, lineTo - lineFrom, StandardCharsets.ISO_8859_1));
            }
            at += 2;
        }
        fields.add(name, value.toString());
        return at;
    }

    /** Where the CRLF is that ends a line of the value. */
    private static int endOfValue(byte[] octets, int from, String name) {
        int at = from;
        while (Octets.isFieldValue(octets[at] & 0xFF)) {
            at++;
        }
        if (octets[at] != '\r' || octets[at + 1] != '\n') {
            throw new HttpFormatException("field " + name + ": a control character in its value");
        }
        return at;
    }

    /** Before the blanks that end it. */
    private static int trimmed(byte[] octets, int from, int to) {
        int end = to;
        while (end > from && isBlank(octets[end - 1])) {
            end--;
        }
        return end;
    }

    private static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    private static String lineFault(byte first, boolean empty) {
        if (isBlank(first)) {
            return "a folded field line (RFC 9112 §5.2 forbids it)";
        }
        return empty ? "a field without a name" : "a field name is followed by something else than a colon";
    }

    /**
     * The length of the body by its head (RFC 9112 §6.3), read strictly: what is ambiguous is refused.
     *
     * @return a length, {@link #CHUNKED}, or {@code absent} where no field declares one
     */
    static long bodyLength(HttpHeaders fields, boolean http10, long absent, Sender sender) {
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
        return contentLength(fields, lengths, sender);
    }

    /**
     * The length by the Content-Length fields. Equal lengths of an origin count as one, and only one is passed on (RFC 9110 §8.6).
     */
    static long contentLength(HttpHeaders fields, List<String> lengths, Sender sender) {
        String first = lengths.getFirst();
        if (sender == Sender.CALLER || lengths.size() == 1 && first.indexOf(',') < 0) {
            if (lengths.size() > 1) {
                throw new HttpFormatException("more than one Content-Length");
            }
            return Octets.contentLength(first);
        }
        long length = -1;
        for (String each : String.join(",", lengths).split(",", -1)) {
            long said = Octets.contentLength(each.strip());
            if (length >= 0 && said != length) {
                throw new HttpFormatException("more than one Content-Length");
            }
            length = said;
        }
        fields.set(HttpHeaderNames.CONTENT_LENGTH, Long.toString(length));
        return length;
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

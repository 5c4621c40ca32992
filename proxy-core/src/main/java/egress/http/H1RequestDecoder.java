package egress.http;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/**
 * Reads requests (RFC 9112 §3). The target stands in the request exactly as it came. HTTP/1.1 without exactly one Host
 * is refused (§3.2).
 */
public final class H1RequestDecoder extends H1Decoder {
    private static final int MAX_METHOD_BYTES = 32;
    private boolean emptyLineSeen;

    public H1RequestDecoder(HeadLimits limits) {
        super(limits, Sender.CALLER);
    }

    /** One empty line before a request is forgiven: old callers send one after a body. */
    @Override
    boolean skipsEmptyLine() {
        if (emptyLineSeen) {
            throw new HttpFormatException("empty lines before a request");
        }
        emptyLineSeen = true;
        return true;
    }

    /** The indices of the spaces in a request line. */
    private record Line(int methodEnd, int targetEnd, HttpVersion version) {}

    @Override
    void checkStartLine(byte[] octets) {
        line(octets);
    }

    private Line line(byte[] octets) {
        int methodEnd = 0;
        while (Octets.isToken(octets[methodEnd] & 0xFF)) {
            methodEnd++;
        }
        if (methodEnd == 0 || methodEnd > MAX_METHOD_BYTES || octets[methodEnd] != ' ') {
            throw new HttpFormatException("request line (expected: METHOD SP target SP HTTP/1.1)");
        }
        int targetFrom = methodEnd + 1;
        int targetEnd = targetFrom;
        while (Octets.isTarget(octets[targetEnd] & 0xFF)) {
            targetEnd++;
        }
        if (targetEnd == targetFrom || octets[targetEnd] != ' ') {
            throw new HttpFormatException(
                    "request target: a control, non-ASCII or missing character (expected: RFC 9112 §3.2)");
        }
        if (targetEnd - targetFrom > limits().maxTargetBytes()) {
            throw new HttpFormatException(
                    HttpResponseStatus.REQUEST_URI_TOO_LONG,
                    "a request target of more than " + limits().maxTargetBytes() + " bytes");
        }
        return new Line(methodEnd, targetEnd, version(octets, targetEnd + 1));
    }

    @Override
    HttpMessage head(byte[] octets, int length) {
        emptyLineSeen = false;
        Line line = line(octets);
        int methodEnd = line.methodEnd;
        int targetFrom = methodEnd + 1;
        int targetEnd = line.targetEnd;
        HttpVersion version = line.version;
        int fieldsFrom = targetEnd + 1 + 8 + 2;
        HttpHeaders fields = H1Fields.parse(octets, fieldsFrom, length, limits().maxFields(), Sender.CALLER);
        HttpMethod method = HttpMethod.valueOf(new String(octets, 0, methodEnd, StandardCharsets.ISO_8859_1));
        String target = new String(octets, targetFrom, targetEnd - targetFrom, StandardCharsets.ISO_8859_1);
        checkHost(fields, version);
        return new DefaultHttpRequest(version, method, target, fields);
    }

    /** {@code HTTP/1.0} or {@code HTTP/1.1}, then CRLF. */
    static HttpVersion version(byte[] octets, int at) {
        if (octets.length >= at + 10
                && isHttp1(octets, at)
                && (octets[at + 7] == '0' || octets[at + 7] == '1')
                && octets[at + 8] == '\r'
                && octets[at + 9] == '\n') {
            return octets[at + 7] == '1' ? HttpVersion.HTTP_1_1 : HttpVersion.HTTP_1_0;
        }
        throw new HttpFormatException("version (expected: HTTP/1.1 or HTTP/1.0)");
    }

    static boolean isHttp1(byte[] octets, int at) {
        return octets[at] == 'H'
                && octets[at + 1] == 'T'
                && octets[at + 2] == 'T'
                && octets[at + 3] == 'P'
                && octets[at + 4] == '/'
                && octets[at + 5] == '1'
                && octets[at + 6] == '.';
    }

    private static void checkHost(HttpHeaders fields, HttpVersion version) {
        int hosts = fields.getAll(HttpHeaderNames.HOST).size();
        if (hosts > 1 || hosts == 0 && version.equals(HttpVersion.HTTP_1_1)) {
            throw new HttpFormatException(hosts + " Host fields (expected: one)");
        }
    }

    @Override
    long bodyLength(HttpMessage head) {
        boolean http10 = ((HttpRequest) head).protocolVersion().equals(HttpVersion.HTTP_1_0);
        return H1Fields.bodyLength(head.headers(), http10, 0, Sender.CALLER);
    }
}

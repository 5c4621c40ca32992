package egress.http;

import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads responses (RFC 9112 §4), each to the request given to {@link #expectResponseTo}; bytes that come unasked stay
 * {@linkplain #hasPending pending}. A 1xx is an {@link InterimResponse}; a 101 is a response without a body, after
 * which the bytes belong to another protocol.
 */
public final class H1ResponseDecoder extends H1Decoder {
    private @Nullable HttpMethod method;

    public H1ResponseDecoder(HeadLimits limits) {
        super(limits, Sender.ORIGIN);
    }

    /** The method of the request that is written next; then call {@link #next}. */
    public void expectResponseTo(HttpMethod method) {
        this.method = method;
    }

    /** The content of a status line, and where its reason begins. */
    private record Line(int code, int reasonFrom, int reasonEnd) {}

    @Override
    void checkStartLine(byte[] octets) {
        line(octets);
    }

    private static Line line(byte[] octets) {
        if (octets.length < 14
                || !H1RequestDecoder.isHttp1(octets, 0)
                || octets[7] != '0' && octets[7] != '1'
                || octets[8] != ' ') {
            throw new HttpFormatException("status line (expected: HTTP/1.1 SP status SP reason)");
        }
        int code = 0;
        for (int i = 9; i < 12; i++) {
            if (octets[i] < '0' || octets[i] > '9') {
                throw new HttpFormatException("status code (expected: three digits)");
            }
            code = code * 10 + octets[i] - '0';
        }
        if (code < 100) {
            throw new HttpFormatException("status code: " + code + " (expected: 100-999)");
        }
        int reasonFrom = octets[12] == ' ' ? 13 : 12; // some origins leave the space out
        int at = reasonFrom;
        while (Octets.isFieldValue(octets[at] & 0xFF)) {
            at++;
        }
        if (octets[at] != '\r' || octets[at + 1] != '\n' || reasonFrom == 12 && at > 12) {
            throw new HttpFormatException("status line (expected: HTTP/1.1 SP status SP reason)");
        }
        return new Line(code, reasonFrom, at);
    }

    @Override
    HttpMessage head(byte[] octets, int length) {
        Line line = line(octets);
        int code = line.code;
        int reasonFrom = line.reasonFrom;
        int at = line.reasonEnd;
        String reason = new String(octets, reasonFrom, at - reasonFrom, StandardCharsets.ISO_8859_1);
        HttpHeaders fields = H1Fields.parse(octets, at + 2, length, limits().maxFields(), Sender.ORIGIN);
        HttpResponseStatus known = HttpResponseStatus.valueOf(code);
        HttpResponseStatus status = known.reasonPhrase().equals(reason) ? known : new HttpResponseStatus(code, reason);
        if (code < 200 && code != 101) {
            return new InterimResponse(status, fields);
        }
        return new DefaultHttpResponse(octets[7] == '1' ? HttpVersion.HTTP_1_1 : HttpVersion.HTTP_1_0, status, fields);
    }

    @Override
    boolean standsAlone(HttpMessage head) {
        return head instanceof InterimResponse;
    }

    /**
     * RFC 9112 §6.3. Where the status says that no content follows, or that a tunnel does, what the fields say of a length
     * is ignored (§6.3 items 1 and 2, RFC 9110 §9.3.6).
     */
    @Override
    long bodyLength(HttpMessage head) {
        int code = ((HttpResponse) head).status().code();
        if (code == 101 || code == 204) {
            return 0;
        }
        if (HttpMethod.CONNECT.equals(method) && code / 100 == 2) {
            return H1Fields.UNTIL_CLOSE;
        }
        boolean http10 = head.protocolVersion().equals(HttpVersion.HTTP_1_0);
        long length = H1Fields.bodyLength(head.headers(), http10, H1Fields.UNTIL_CLOSE, Sender.ORIGIN);
        if (code == 304 || HttpMethod.HEAD.equals(method)) {
            return 0;
        }
        return code == 205 && length == H1Fields.UNTIL_CLOSE ? 0 : length;
    }
}

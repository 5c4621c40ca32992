package egress.http;

import static io.netty.handler.codec.http2.Http2Headers.PseudoHeaderName.STATUS;

import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2Headers;

/** A stream to an origin: requests out, responses in (RFC 9113 §8.3). */
public final class H2ClientCodec extends H2Codec {
    private static final HttpVersion HTTP_2 = H2ServerCodec.HTTP_2;

    private final HeadLimits limits;
    private HttpMethod method = HttpMethod.GET;

    public H2ClientCodec(HeadLimits limits) {
        this.limits = limits;
    }

    @Override
    Sender sender() {
        return Sender.ORIGIN;
    }

    @Override
    HttpMessage head(Http2Headers section, boolean endOfStream) {
        if (section.size() > limits.maxFields() + 1) {
            throw new HttpFormatException("more than " + limits.maxFields() + " fields");
        }
        HttpHeaders fields = H2Heads.regularFields(section, true, Sender.ORIGIN);
        HttpResponseStatus status = status(section);
        if (status.code() < 200) {
            return new InterimResponse(status, fields);
        }
        if (!fields.contains(HttpHeaderNames.CONTENT_LENGTH) && !isBodiless(status)) {
            fields.set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
        }
        return new DefaultHttpResponse(HTTP_2, status, fields);
    }

    private boolean isBodiless(HttpResponseStatus status) {
        return method.equals(HttpMethod.HEAD) || status.code() == 204 || status.code() == 304;
    }

    /** The one pseudo-field of a response (RFC 9113 §8.3.2); a 101 does not exist on h2 (§8.6). */
    private static HttpResponseStatus status(Http2Headers section) {
        CharSequence value = H2Heads.pseudo(section, STATUS);
        for (var field : section) {
            if (field.getKey().length() > 0
                    && field.getKey().charAt(0) == ':'
                    && !STATUS.value().contentEquals(field.getKey())) {
                throw new HttpFormatException("an unknown pseudo-field (RFC 9113 §8.3)");
            }
        }
        if (value == null || value.length() != 3) {
            throw new HttpFormatException(":status (expected: three digits)");
        }
        int code = 0;
        for (int i = 0; i < 3; i++) {
            int digit = value.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new HttpFormatException(":status (expected: three digits)");
            }
            code = code * 10 + digit;
        }
        if (code < 100 || code == 101) {
            throw new HttpFormatException(":status: " + code + " (expected: 100-999, not 101)");
        }
        return HttpResponseStatus.valueOf(code);
    }

    @Override
    Http2Headers section(HttpMessage head) {
        HttpRequest request = (HttpRequest) head;
        method = request.method();
        String authority = request.headers().get(HttpHeaderNames.HOST);
        if (authority == null) {
            throw new IllegalStateException("a request without Host");
        }
        Http2Headers section = H2Heads.newSection(request.headers().size() + 4);
        section.method(method.asciiName());
        section.scheme("https");
        section.authority(authority);
        section.path(request.uri());
        H2Heads.addTo(section, request.headers(), true);
        return section;
    }

    @Override
    boolean standsAlone(HttpMessage head) {
        return head instanceof InterimResponse;
    }

    @Override
    boolean countsBody(HttpMessage head) {
        return !isBodiless(((HttpResponse) head).status());
    }
}

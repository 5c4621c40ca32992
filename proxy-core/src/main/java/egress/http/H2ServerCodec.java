package egress.http;

import static io.netty.handler.codec.http2.Http2Headers.PseudoHeaderName.AUTHORITY;
import static io.netty.handler.codec.http2.Http2Headers.PseudoHeaderName.METHOD;
import static io.netty.handler.codec.http2.Http2Headers.PseudoHeaderName.PATH;
import static io.netty.handler.codec.http2.Http2Headers.PseudoHeaderName.SCHEME;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/** A caller's h2 stream: requests in, responses out (RFC 9113 §8.3). */
public final class H2ServerCodec extends H2Codec {
    /** The version of requests that came by h2. */
    public static final HttpVersion HTTP_2 = HttpVersion.valueOf("HTTP/2.0");

    /** What each field counts for beside its name and value (RFC 9113 §6.5.2). */
    private static final int FIELD_OVERHEAD = 32;

    private final HeadLimits limits;

    public H2ServerCodec(HeadLimits limits) {
        this.limits = limits;
    }

    @Override
    Sender sender() {
        return Sender.CALLER;
    }

    @Override
    HttpMessage head(Http2Headers section, boolean endOfStream) {
        if (section.size() > limits.maxFields() + 4) {
            throw new HttpFormatException(
                    HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "more than " + limits.maxFields() + " fields");
        }
        HttpHeaders fields = H2Heads.regularFields(section, true, Sender.CALLER);
        checkPseudoFields(section);
        String method = required(section, METHOD);
        String path = required(section, PATH);
        if (!required(section, SCHEME).equals("https")) {
            throw new HttpFormatException(":scheme (expected: https inside TLS)");
        }
        checkMethod(method);
        checkTarget(path);
        checkSize(section);
        setHost(fields, H2Heads.pseudo(section, AUTHORITY));
        HttpMethod known = HttpMethod.valueOf(method);
        if (!endOfStream && !fields.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            fields.set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
        } else if (endOfStream
                && !fields.contains(HttpHeaderNames.CONTENT_LENGTH)
                && (known.equals(HttpMethod.POST) || known.equals(HttpMethod.PUT) || known.equals(HttpMethod.PATCH))) {
            fields.set(HttpHeaderNames.CONTENT_LENGTH, "0"); // RFC 9110 §8.6: expected of these methods
        }
        return new DefaultHttpRequest(HTTP_2, known, path, fields);
    }

    private static void checkPseudoFields(Http2Headers section) {
        for (var field : section) {
            CharSequence name = field.getKey();
            if (name.length() == 0 || name.charAt(0) != ':') {
                return; // none follows, regularFields saw to it
            }
            Http2Headers.PseudoHeaderName known = Http2Headers.PseudoHeaderName.getPseudoHeader(name);
            if (known != METHOD && known != SCHEME && known != PATH && known != AUTHORITY) {
                throw new HttpFormatException("an unknown pseudo-field (RFC 9113 §8.3)");
            }
        }
    }

    private static String required(Http2Headers section, Http2Headers.PseudoHeaderName name) {
        CharSequence value = H2Heads.pseudo(section, name);
        if (value == null || value.isEmpty()) {
            throw new HttpFormatException(name.value() + " is missing (RFC 9113 §8.3.1)");
        }
        return value.toString();
    }

    private static void checkMethod(String method) {
        for (int i = 0; i < method.length(); i++) {
            if (!Octets.isToken(method.charAt(i)) || i == 32) {
                throw new HttpFormatException(":method (expected: a token of at most 32 characters)");
            }
        }
        if (method.equals("CONNECT")) {
            throw new HttpFormatException("CONNECT inside a tunnel");
        }
    }

    private void checkTarget(String path) {
        for (int i = 0; i < path.length(); i++) {
            if (!Octets.isTarget(path.charAt(i))) {
                throw new HttpFormatException(":path: a control or non-ASCII character");
            }
        }
        if (path.length() > limits.maxTargetBytes()) {
            throw new HttpFormatException(
                    HttpResponseStatus.REQUEST_URI_TOO_LONG,
                    "a request target of more than " + limits.maxTargetBytes() + " bytes");
        }
    }

    private void checkSize(Http2Headers section) {
        long size = 0;
        for (var field : section) {
            size += field.getKey().length() + field.getValue().length() + FIELD_OVERHEAD;
        }
        if (size > limits.maxHeadBytes()) {
            throw new HttpFormatException(
                    HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "a head of more than " + limits.maxHeadBytes() + " bytes");
        }
    }

    /** RFC 9113 §8.3.1: {@code :authority} and Host must not disagree; one of them must be there. */
    private static void setHost(HttpHeaders fields, @Nullable CharSequence authority) {
        var hosts = fields.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1) {
            throw new HttpFormatException("more than one host field");
        }
        if (authority == null || authority.isEmpty()) {
            if (hosts.isEmpty()) {
                throw new HttpFormatException("neither :authority nor host");
            }
            return;
        }
        String asked = authority.toString();
        if (!hosts.isEmpty() && !hosts.getFirst().equalsIgnoreCase(asked)) {
            throw new HttpFormatException(":authority and host differ (RFC 9113 §8.3.1)");
        }
        fields.set(HttpHeaderNames.HOST, asked);
    }

    @Override
    Http2Headers section(HttpMessage head) {
        Http2Headers section = H2Heads.newSection(head.headers().size() + 1);
        section.status(((HttpResponse) head).status().codeAsText());
        H2Heads.addTo(section, head.headers(), false);
        return section;
    }

    @Override
    boolean standsAlone(HttpMessage head) {
        return head instanceof InterimResponse;
    }

    @Override
    boolean countsBody(HttpMessage head) {
        return true;
    }
}

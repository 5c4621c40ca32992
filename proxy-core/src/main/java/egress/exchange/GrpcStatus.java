package egress.exchange;

import egress.http.FieldNames;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How gRPC reports a failed call: a Trailers-Only response, which is one field section and a 200 ("gRPC over HTTP2", Responses).
 * A client shows its message; of an HTTP status with a text body it makes only "unknown".
 */
enum GrpcStatus {
    PERMISSION_DENIED(7),
    RESOURCE_EXHAUSTED(8),
    UNAVAILABLE(14);

    private static final String GRPC = "application/grpc";
    private static final String HEX = "0123456789ABCDEF";

    private final int code;

    GrpcStatus(int code) {
        this.code = code;
    }

    /**
     * @return null where the answer is plain HTTP: the request is no gRPC call, or it is malformed, misdirected or
     *     unauthenticated, for which gRPC has no fitting status
     */
    static @Nullable GrpcStatus of(Failure failure, HttpRequest request) {
        if (!isCall(request)) {
            return null;
        }
        return switch (failure.status().code()) {
            case 400, 407, 421 -> null;
            case 403 -> PERMISSION_DENIED;
            case 502, 504 -> UNAVAILABLE;
            default -> RESOURCE_EXHAUSTED; // 408, 413, 414, 431 and 503: a bound of ours is reached
        };
    }

    /** A POST of {@code application/grpc}, with a suffix or parameters or not; gRPC-Web's clients read the same answer. */
    static boolean isCall(HttpRequest request) {
        return request.method().equals(HttpMethod.POST) && mediaType(request).startsWith(GRPC);
    }

    /** In lower case and without parameters. */
    private static String mediaType(HttpRequest request) {
        String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        int parameters = type.indexOf(';');
        return (parameters < 0 ? type : type.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
    }

    /** The call's own, where it is one: gRPC-Web's clients look for it. */
    private static String responseType(HttpRequest request) {
        String type = mediaType(request);
        return FieldNames.isToken(type.substring(GRPC.indexOf('/') + 1)) ? type : GRPC;
    }

    /**
     * The one field section.
     *
     * @param http2 whether the caller speaks h2; h1 needs a length even for an empty body
     */
    LocalResponse trailersOnly(Failure failure, HttpRequest request, String sentence, boolean http2) {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, responseType(request))
                .set("grpc-status", Integer.toString(code))
                .set("grpc-message", percentEncoded(sentence))
                .set(LocalResponse.DENY_FIELD, failure.code())
                .set(LocalResponse.HINT_FIELD, Hint.of(failure).code());
        if (!http2) {
            head.headers().set(HttpHeaderNames.CONTENT_LENGTH, "0");
        }
        return new LocalResponse(head, LastHttpContent.EMPTY_LAST_CONTENT, failure.status());
    }

    /** The Percent-Encoded of the same specification: UTF-8, of which printable ASCII but the percent sign stays. */
    static String percentEncoded(String text) {
        StringBuilder encoded = new StringBuilder(text.length() + 16);
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            if (octet >= 0x20 && octet <= 0x7E && octet != '%') {
                encoded.append((char) octet);
            } else {
                encoded.append('%').append(HEX.charAt(octet >> 4 & 0xF)).append(HEX.charAt(octet & 0xF));
            }
        }
        return encoded.toString();
    }
}

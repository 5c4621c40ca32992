package egress.http;

import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;

/**
 * A 1xx other than 101 (RFC 9110 §15.2): a head that stands alone, any number of them before the response. A type of
 * its own, because it has neither body nor end and must never be taken for the response.
 */
public final class InterimResponse extends DefaultHttpResponse {
    public InterimResponse(HttpResponseStatus status, HttpHeaders headers) {
        super(HttpVersion.HTTP_1_1, status, headers);
    }
}

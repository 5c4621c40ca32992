package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/** Writes responses, each to the request given to {@link #respondTo}. */
public final class H1ResponseEncoder extends H1Encoder {
    private HttpMethod method = HttpMethod.GET;

    /** The method of the request that is answered next: the response to a HEAD has no body, whatever its fields. */
    public void respondTo(HttpMethod method) {
        this.method = method;
    }

    @Override
    void startLine(HttpMessage head, ByteBuf out) {
        HttpResponse response = (HttpResponse) head;
        ByteBufUtil.writeAscii(out, "HTTP/1.1 ");
        int code = response.status().code();
        out.writeByte('0' + code / 100)
                .writeByte('0' + code / 10 % 10)
                .writeByte('0' + code % 10)
                .writeByte(' ');
        out.writeCharSequence(response.status().reasonPhrase(), StandardCharsets.ISO_8859_1);
        out.writeByte('\r').writeByte('\n');
    }

    @Override
    long bodyLength(HttpMessage head) {
        int code = ((HttpResponse) head).status().code();
        if (code == 101 || code == 204 || code == 304 || method.equals(HttpMethod.HEAD)) {
            return 0;
        }
        return H1Fields.bodyLength(head.headers(), false, H1Fields.UNTIL_CLOSE, Sender.ORIGIN);
    }

    @Override
    boolean standsAlone(HttpMessage head) {
        return head instanceof InterimResponse;
    }
}

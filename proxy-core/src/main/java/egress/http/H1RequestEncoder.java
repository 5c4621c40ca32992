package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;

/** Writes requests, always as HTTP/1.1: what the version of a message promises is the proxy's own (RFC 9110 §2.5). */
public final class H1RequestEncoder extends H1Encoder {
    @Override
    void startLine(HttpMessage head, ByteBuf out) {
        HttpRequest request = (HttpRequest) head;
        ByteBufUtil.writeAscii(out, request.method().name());
        out.writeByte(' ');
        ByteBufUtil.writeAscii(out, request.uri());
        ByteBufUtil.writeAscii(out, " HTTP/1.1\r\n");
    }

    @Override
    long bodyLength(HttpMessage head) {
        return H1Fields.bodyLength(head.headers(), false, 0, Sender.CALLER);
    }

    @Override
    boolean standsAlone(HttpMessage head) {
        return false;
    }
}

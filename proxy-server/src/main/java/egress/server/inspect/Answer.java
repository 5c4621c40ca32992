package egress.server.inspect;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** One whole answer of the page's server. */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record Answer(HttpResponseStatus status, String type, byte[] body, Map<String, String> fields) {
    /** Nothing from anywhere else, no inline script, and no markup made of text: the last is what trusted types forbid. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                    + " require-trusted-types-for 'script'; trusted-types 'none'";

    static Answer text(HttpResponseStatus status, String words) {
        return new Answer(
                status, "text/plain; charset=utf-8", (words + "\n").getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Answer json(String object) {
        return new Answer(HttpResponseStatus.OK, "application/json", object.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Answer bytes(String type, byte[] body) {
        return new Answer(HttpResponseStatus.OK, type, body, Map.of());
    }

    Answer with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(fields);
        more.put(name, value);
        return new Answer(status, type, body, more);
    }

    /** Writes it, and closes the connection. */
    void write(ChannelHandlerContext ctx) {
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        response.headers().set(HttpHeaderNames.CONNECTION, "close");
        protect(response.headers());
        fields.forEach((name, value) -> response.headers().set(name, value));
        ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    /** What every answer says to a browser. */
    static void protect(HttpHeaders fields) {
        fields.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        fields.set("content-security-policy", POLICY);
        fields.set("x-content-type-options", "nosniff");
        fields.set("x-frame-options", "DENY");
        fields.set("referrer-policy", "no-referrer");
        fields.set("cross-origin-opener-policy", "same-origin");
        fields.set("cross-origin-resource-policy", "same-origin");
    }
}

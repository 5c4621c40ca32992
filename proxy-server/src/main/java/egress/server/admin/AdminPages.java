package egress.server.admin;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;

/** Pages beside the probes, with a door of their own. */
public interface AdminPages {
    /** The most bytes that a body for them has. */
    int MOST_BODY = 1 << 20;

    /**
     * A request with a Host field that may be there.
     *
     * @param uri path and query
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Request(HttpMethod method, String uri, HttpHeaders fields, byte[] body) {}

    /** Whether a path is theirs. */
    boolean holds(String path);

    /** Whether this head may bring a body: asked before any of it is kept. */
    boolean mayBringBody(HttpRequest head);

    /** Answers on the event loop or later, once; the connection then closes. */
    void serve(ChannelHandlerContext ctx, Request request);
}

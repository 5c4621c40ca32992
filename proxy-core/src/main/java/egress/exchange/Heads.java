package egress.exchange;

import egress.http.HopByHop;
import egress.policy.Route;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** What changes in a head on its way through: hop-by-hop fields, credentials, framing. Nothing else does. */
final class Heads {
    private static final String WEBSOCKET = "websocket";

    private Heads() {}

    /** Whether the caller asks for a WebSocket (RFC 6455 §4.1). */
    static boolean asksForWebSocket(HttpRequest request) {
        return request.method().equals(HttpMethod.GET)
                && request.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && request.headers().containsValue(HttpHeaderNames.CONNECTION, "upgrade", true)
                && request.headers().getAll(HttpHeaderNames.UPGRADE).size() == 1
                && WEBSOCKET.equalsIgnoreCase(request.headers().get(HttpHeaderNames.UPGRADE));
    }

    /**
     * Whether the caller asks for some other protocol. {@code h2c} is only removed: no caller needs it and every caller
     * goes on without (RFC 9113 §3.1).
     */
    static boolean asksForOtherUpgrade(HttpRequest request) {
        for (String value : request.headers().getAll(HttpHeaderNames.UPGRADE)) {
            for (String protocol : value.split(",", -1)) {
                if (!protocol.trim().equalsIgnoreCase("h2c")) {
                    return request.headers().containsValue(HttpHeaderNames.CONNECTION, "upgrade", true);
                }
            }
        }
        return false;
    }

    /** Whether the framing declares a body. */
    static boolean hasBody(HttpHeaders fields) {
        String length = fields.get(HttpHeaderNames.CONTENT_LENGTH);
        return fields.contains(HttpHeaderNames.TRANSFER_ENCODING) || length != null && !length.equals("0");
    }

    /**
     * The head for the origin: a copy, because the same request may be sent a second time.
     *
     * @param fields the caller's without hop-by-hop fields
     * @param trace passed on to the origin where the route allows it
     */
    static HttpRequest forOrigin(
            HttpRequest asked,
            String target,
            HttpHeaders fields,
            Route route,
            boolean tls,
            boolean webSocket,
            @Nullable TraceContext trace) {
        HttpHeaders toOrigin = fields.copy();
        if (trace != null && route.trace()) {
            toOrigin.set(TraceContext.TRACEPARENT, trace.traceparent());
            if (!trace.isOfCaller()) {
                toOrigin.remove(TraceContext.TRACESTATE);
            }
        }
        if (tls) {
            route.inject(toOrigin);
        } else {
            route.strip(toOrigin);
        }
        if (webSocket) {
            toOrigin.set(HttpHeaderNames.CONNECTION, "Upgrade");
            toOrigin.set(HttpHeaderNames.UPGRADE, WEBSOCKET);
        }
        return new DefaultHttpRequest(HttpVersion.HTTP_1_1, asked.method(), target, toOrigin);
    }

    /** On h1, Connection marks TE as meant for the next hop alone (RFC 9110 §10.1.4); h2 has no Connection. */
    static void nameTeInConnection(HttpHeaders toOrigin) {
        if (toOrigin.contains(HttpHeaderNames.TE)) {
            toOrigin.add(HttpHeaderNames.CONNECTION, "TE");
        }
    }

    /**
     * The head for the caller.
     *
     * @param chunked whether the caller takes a chunked body
     */
    static HttpResponse forCaller(HttpResponse response, HttpMethod method, boolean chunked, boolean upgrade) {
        HttpHeaders fields = response.headers();
        HopByHop.stripResponse(fields);
        int code = response.status().code();
        if (upgrade) {
            fields.set(HttpHeaderNames.CONNECTION, "Upgrade");
            fields.set(HttpHeaderNames.UPGRADE, WEBSOCKET);
        }
        if (code == 204 || code == 101) {
            fields.remove(HttpHeaderNames.CONTENT_LENGTH); // RFC 9110 §8.6
            fields.remove(HttpHeaderNames.TRANSFER_ENCODING);
        } else if (code == 304 || method.equals(HttpMethod.HEAD)) {
            fields.remove(HttpHeaderNames.TRANSFER_ENCODING);
        } else if (!chunked) {
            fields.remove(HttpHeaderNames.TRANSFER_ENCODING);
        } else if (!fields.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            fields.set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
        }
        return new DefaultHttpResponse(HttpVersion.HTTP_1_1, response.status(), fields);
    }
}

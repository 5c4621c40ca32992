package egress.downstream;

import egress.http.Authority;
import egress.http.HttpFormatException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;

/**
 * Whom a request asks for what: its target (RFC 9112 §3.2) and Host, which must agree with each other and with the
 * tunnel they came through.
 *
 * @param target origin-form exactly as sent, or {@code *}
 */
record RequestedTarget(Authority authority, boolean tls, String target) {

    /**
     * Of a request inside a tunnel.
     *
     * @throws HttpFormatException a 400, or a 421 where it names another authority (RFC 9110 §15.5.20)
     */
    static RequestedTarget inside(Authority tunnel, boolean tls, HttpRequest request) {
        String target = request.uri();
        if (!isOriginForm(request)) {
            RequestedTarget absolute = absolute(target);
            if (absolute.tls != tls || !absolute.authority.equals(tunnel)) {
                throw misdirected(tunnel);
            }
            target = absolute.target;
        }
        HttpHeaders fields = request.headers();
        String host = fields.get(HttpHeaderNames.HOST);
        if (host != null && !tunnel.isNamedBy(host, tls ? 443 : 80)) {
            throw misdirected(tunnel);
        }
        if (host == null) {
            fields.set(HttpHeaderNames.HOST, tunnel.toHostField(tls)); // HTTP/1.0
        }
        return new RequestedTarget(tunnel, tls, target);
    }

    /**
     * Of a request to the proxy itself: absolute-form, {@code http} only, for what is asked for by https comes by
     * CONNECT.
     *
     * @throws HttpFormatException a 400, or a 421 where Host disagrees
     */
    static RequestedTarget ofProxy(HttpRequest request) {
        if (isOriginForm(request)) {
            throw new HttpFormatException(
                    "this is a proxy: ask by CONNECT, or with a whole URL (http://host/path) as the target");
        }
        RequestedTarget url = absolute(request.uri());
        if (url.tls) {
            throw new HttpFormatException("an https URL is asked for by CONNECT");
        }
        String host = request.headers().get(HttpHeaderNames.HOST);
        if (host != null && !host.isEmpty() && !url.authority.isNamedBy(host, 80)) {
            throw misdirected(url.authority);
        }
        request.headers().set(HttpHeaderNames.HOST, url.authority.toHostField(false)); // RFC 9112 §3.2.2
        return url;
    }

    private static boolean isOriginForm(HttpRequest request) {
        String target = request.uri();
        return target.charAt(0) == '/' || target.equals("*") && request.method().equals(HttpMethod.OPTIONS);
    }

    /** Takes {@code http://authority/path?query}, or {@code https://…}, apart. Without a path it is {@code /}, before a query too. */
    static RequestedTarget absolute(String target) {
        boolean tls = target.regionMatches(true, 0, "https://", 0, 8);
        if (!tls && !target.regionMatches(true, 0, "http://", 0, 7)) {
            throw new HttpFormatException("request target (expected: a path, or a whole http URL)");
        }
        int from = tls ? 8 : 7;
        int to = from;
        while (to < target.length() && target.charAt(to) != '/' && target.charAt(to) != '?') {
            to++;
        }
        String rest = target.substring(to);
        try {
            return new RequestedTarget(
                    Authority.parse(target.substring(from, to), tls ? 443 : 80),
                    tls,
                    rest.startsWith("/") ? rest : "/" + rest);
        } catch (IllegalArgumentException e) {
            throw new HttpFormatException("request target: " + e.getMessage());
        }
    }

    private static HttpFormatException misdirected(Authority expected) {
        return new HttpFormatException(
                HttpResponseStatus.MISDIRECTED_REQUEST, "the request names another host than " + expected);
    }

    /**
     * The authority of a CONNECT (RFC 9110 §9.3.6), from its target alone: some callers put the proxy's own name into Host,
     * and nothing is done by it.
     */
    static Authority ofConnect(HttpRequest request) {
        try {
            return Authority.parse(request.uri(), 0);
        } catch (IllegalArgumentException e) {
            throw new HttpFormatException("CONNECT: " + e.getMessage());
        }
    }
}

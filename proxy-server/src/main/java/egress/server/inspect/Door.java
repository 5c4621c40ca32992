package egress.server.inspect;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import java.util.List;
import java.util.Optional;

/**
 * Who may see the page: who shows the token as a cookie, which only the page's own origin sends, or as a bearer. The Host field was looked
 * at before.
 */
final class Door {
    private static final String BEARER = "Bearer ";

    private final InspectToken token;

    Door(InspectToken token) {
        this.token = token;
    }

    /** Why a request is not let in; empty where it is. */
    Optional<String> refusal(HttpMethod method, HttpHeaders fields) {
        if (isForeign(fields)) {
            return Optional.of("asked for by another site");
        }
        List<String> authorization = fields.getAll(HttpHeaderNames.AUTHORIZATION);
        if (authorization.size() == 1 && authorization.getFirst().startsWith(BEARER)) {
            return token.is(authorization.getFirst().substring(BEARER.length()))
                    ? Optional.empty()
                    : Optional.of("the token is another gate's");
        }
        if (!hasCookie(fields)) {
            return Optional.of(
                    "open the address that the gate printed at its start: the token in it is what lets you in");
        }
        // A form of another site could post without Origin in an old browser alone: those do not get in.
        return method.equals(HttpMethod.GET) || fields.contains(HttpHeaderNames.ORIGIN)
                ? Optional.empty()
                : Optional.of("a request that changes something needs its Origin");
    }

    /** Whether a page of another origin asks. */
    static boolean isForeign(HttpHeaders fields) {
        String own = "http://" + fields.get(HttpHeaderNames.HOST, "");
        String site = fields.get("sec-fetch-site", "none");
        return !fields.getAll(HttpHeaderNames.ORIGIN).stream().allMatch(own::equalsIgnoreCase)
                || !(site.equals("same-origin") || site.equals("none"));
    }

    private boolean hasCookie(HttpHeaders fields) {
        for (String field : fields.getAll(HttpHeaderNames.COOKIE)) {
            for (Cookie cookie : ServerCookieDecoder.LAX.decodeAll(field)) {
                if (cookie.name().equals(token.cookie()) && token.is(cookie.value())) {
                    return true;
                }
            }
        }
        return false;
    }
}

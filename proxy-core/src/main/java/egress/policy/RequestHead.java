package egress.policy;

import egress.http.Authority;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * What policy looks at.
 *
 * @param tls true for https, false for plain http
 * @param authority the one that CONNECT, SNI and Host agree on
 * @param target origin-form exactly as sent ({@code /path?query}), or {@code *}
 * @param fields the request's fields without the hop-by-hop ones
 */
public record RequestHead(boolean tls, Authority authority, String method, String target, HttpHeaders fields) {}

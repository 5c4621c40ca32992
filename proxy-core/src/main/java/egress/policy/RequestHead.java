package egress.policy;

import egress.http.Authority;
import egress.http.Printable;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * What policy looks at.
 *
 * @param tls true for https, false for plain http
 * @param authority the one that CONNECT, SNI and Host agree on
 * @param target origin-form exactly as sent ({@code /path?query}), or {@code *}
 * @param fields the request's fields without the hop-by-hop ones
 */
public record RequestHead(boolean tls, Authority authority, String method, String target, HttpHeaders fields) {
    /**
     * The head of a plain request for a URL, for saying what would become of it.
     *
     * @throws IllegalArgumentException with what was expected
     */
    public static RequestHead of(String method, String text) {
        try {
            URI url = new URI(text.strip());
            String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
            if (url.getRawAuthority() == null || !(scheme.equals("https") || scheme.equals("http"))) {
                throw new IllegalArgumentException(
                        "URL: " + Printable.quote(text) + " (expected: https:// or http:// and a host)");
            }
            boolean tls = scheme.equals("https");
            Authority authority = Authority.parse(url.getRawAuthority(), tls ? 443 : 80);
            HttpHeaders fields = DefaultHttpHeadersFactory.headersFactory().newHeaders();
            fields.set(HttpHeaderNames.HOST, authority.toHostField(tls));
            String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
            String target = url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
            return new RequestHead(tls, authority, method.strip().toUpperCase(Locale.ROOT), target, fields);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("URL: " + Printable.line(String.valueOf(e.getMessage())), e);
        }
    }
}

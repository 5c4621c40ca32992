package egress.upstream;

import egress.http.Authority;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A proxy behind us, asked by CONNECT for every origin, plain-http ones too, so that no request line ever differs with
 * the way out. It is sent names: the address guard is then its business.
 *
 * @param tls whether the proxy itself is spoken to by TLS, verified as any origin is
 * @param credentials the value of Proxy-Authorization
 */
public record UpstreamProxy(Authority authority, boolean tls, Optional<String> credentials) {
    /**
     * Reads {@code http://[user:password@]host[:port]} or the same with {@code https}; the ports are 80 and 443 where
     * none is given, user and password may be percent-encoded.
     *
     * @throws IllegalArgumentException with what was expected; the credentials are not in its words
     */
    public static UpstreamProxy parse(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw malformed("a URL such as http://proxy.example:8888");
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw malformed("the scheme http or https");
        }
        // Not by getHost, which knows no name with an underscore.
        String place = uri.getRawAuthority();
        if (place == null) {
            throw malformed("a host, as in http://proxy.example:8888");
        }
        if (uri.getRawPath() != null
                        && !uri.getRawPath().isEmpty()
                        && !uri.getRawPath().equals("/")
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            throw malformed("nothing behind host and port");
        }
        boolean tls = scheme.equals("https");
        int at = place.lastIndexOf('@');
        return new UpstreamProxy(
                authority(place.substring(at + 1), tls), tls, credentials(at < 0 ? null : place.substring(0, at)));
    }

    private static Authority authority(String hostAndPort, boolean tls) {
        try {
            return Authority.parse(hostAndPort, tls ? 443 : 80);
        } catch (IllegalArgumentException e) {
            throw malformed("a host and at most a port, as in http://proxy.example:8888");
        }
    }

    private static Optional<String> credentials(@Nullable String userInfo) {
        if (userInfo == null) {
            return Optional.empty();
        }
        String pair;
        try {
            pair = URLDecoder.decode(userInfo.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw malformed("user:password in valid percent encoding");
        }
        if (pair.indexOf(':') < 0 || pair.chars().anyMatch(c -> c < ' ' || c == 0x7F)) {
            throw malformed("user:password without control characters");
        }
        return Optional.of("Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
    }

    private static IllegalArgumentException malformed(String expected) {
        return new IllegalArgumentException("upstream proxy (expected: " + expected + ")");
    }

    /** Without the credentials. */
    @Override
    public String toString() {
        return (tls ? "https://" : "http://") + authority;
    }
}

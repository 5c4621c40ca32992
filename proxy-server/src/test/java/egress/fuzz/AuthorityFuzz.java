package egress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.http.Authority;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** What CONNECT and Host name: refused, or one normal form that java.net.URI reads as the same host. */
public final class AuthorityFuzz {
    private AuthorityFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String raw = new String(input, ISO_8859_1);
        Authority authority;
        try {
            authority = Authority.parse(raw, 443);
        } catch (IllegalArgumentException e) {
            return;
        }
        if (!authority.host().matches("[a-z0-9._:-]+")) {
            throw new AssertionError("host: " + authority.host());
        }
        if (!Authority.parse(authority.toString(), 0).equals(authority)
                || !new Authority(authority.host(), authority.port()).equals(authority)) {
            throw new AssertionError("not stable: " + authority);
        }
        if (!authority.isNamedBy(raw, 443)) {
            throw new AssertionError("not named by what it was read from: " + authority);
        }
        sameAsUri(raw, authority);
    }

    private static void sameAsUri(String raw, Authority authority) {
        URI uri;
        try {
            uri = new URI("https://" + raw + "/");
        } catch (URISyntaxException e) {
            return; // the stricter of the two has refused it
        }
        String host = uri.getHost();
        if (host == null || host.startsWith("[")) {
            return; // IPv6 has many spellings; ours is checked against its own
        }
        String plain = host.toLowerCase(Locale.ROOT);
        plain = plain.endsWith(".") ? plain.substring(0, plain.length() - 1) : plain;
        int port = uri.getPort() < 0 ? 443 : uri.getPort();
        if (uri.getUserInfo() != null || !plain.equals(authority.host()) || port != authority.port()) {
            throw new AssertionError(raw + " is " + authority + " here and " + plain + ":" + port + " to java.net.URI");
        }
    }
}

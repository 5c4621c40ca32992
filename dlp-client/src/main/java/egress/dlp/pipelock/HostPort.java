package egress.dlp.pipelock;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an http URL leads. Read from its authority rather than by {@link URI#getHost}, which knows no name with an underscore,
 * as container networks have.
 *
 * @param host a name or an IPv4 address, or an IPv6 address in brackets
 */
record HostPort(String host, int port) {
    private static final int HTTP = 80;
    private static final Pattern AUTHORITY = Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::([0-9]{1,5}))?");

    /** @return null where the URL has no authority, or user information in it */
    static @Nullable HostPort of(URI url) {
        String authority = url.getRawAuthority();
        Matcher parts = AUTHORITY.matcher(authority == null ? "" : authority);
        if (!parts.matches()) {
            return null;
        }
        int port = parts.group(2) == null ? HTTP : Integer.parseInt(parts.group(2));
        return port < 1 || port > 65_535 ? null : new HostPort(parts.group(1), port);
    }

    /** Without the brackets of an IPv6 address. */
    String address() {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}

package egress.http;

/**
 * A normalised host and port as asked for: what CONNECT, the SNI, Host and {@code :authority} must agree on.
 *
 * @param host lower case, without the root's dot; an IP literal in canonical form, IPv6 without brackets
 * @param port 1-65535
 */
public record Authority(String host, int port) {
    public Authority {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 1-65535)");
        }
    }

    /** {@code host:port}, an IPv6 literal in brackets (RFC 3986 §3.2.2). */
    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}

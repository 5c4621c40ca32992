package egress.server.config;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * An address to listen on, as written.
 *
 * @param host a name or an IP literal, IPv6 without brackets; empty for every interface
 * @param port 0-65535; 0 takes a free one
 */
public record Endpoint(String host, int port) {
    public Endpoint {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 0-65535)");
        }
    }

    /**
     * Reads {@code HOST:PORT}, {@code [V6]:PORT} or {@code :PORT}.
     *
     * @throws IllegalArgumentException with the text and what was expected
     */
    public static Endpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        String digits = text.substring(colon + 1);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        boolean plain = host.indexOf(':') < 0 && host.indexOf('[') < 0 && host.indexOf(']') < 0;
        if (colon < 0
                || !(bracketed ? NetUtil.isValidIpV6Address(host.substring(1, host.length() - 1)) : plain)
                || host.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)
                || digits.isEmpty()
                || digits.length() > 5
                || !digits.chars().allMatch(c -> c >= '0' && c <= '9')
                || Integer.parseInt(digits) > 65_535) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" (expected: HOST:PORT, such as 127.0.0.1:9099 or [::1]:9099)");
        }
        return new Endpoint(bracketed ? host.substring(1, host.length() - 1) : host, Integer.parseInt(digits));
    }

    /**
     * The address to bind.
     *
     * @throws UnknownHostException when the name has no address
     */
    public InetSocketAddress address() throws UnknownHostException {
        return host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(InetAddress.getByName(host), port);
    }

    /** {@code HOST:PORT}, IPv6 in brackets, as {@link #parse} reads it. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** An address as people and programs read it: never a name that was looked up. */
    public static String text(InetSocketAddress address) {
        return new Endpoint(NetUtil.toAddressString(address.getAddress()), address.getPort()).toString();
    }
}

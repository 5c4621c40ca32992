package egress.share;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Whose share of a budget something counts in: a proxy user whose password was checked, else the address. All of loopback is one
 * caller, and so is an IPv6 /64, since one machine has as many addresses of either as it likes.
 *
 * @param key {@code user:NAME} or {@code addr:ADDRESS}; equal for the same caller
 */
public record Caller(String key) {
    private static final Caller LOOPBACK = new Caller("addr:loopback");
    private static final int PREFIX_BYTES = 8;

    /** @param name of a user whose password was checked */
    public static Caller ofUser(String name) {
        return new Caller("user:" + name);
    }

    /** What is not an IP address (a test's channel) is the caller that its text names. */
    public static Caller ofAddress(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? ofAddress(inet.getAddress())
                : new Caller("addr:" + address);
    }

    private static Caller ofAddress(InetAddress address) {
        if (address.isLoopbackAddress()) {
            return LOOPBACK;
        }
        if (address instanceof Inet6Address) { // the JDK gives an IPv4-mapped address as IPv4
            byte[] prefix = Arrays.copyOf(address.getAddress(), PREFIX_BYTES);
            return new Caller("addr:" + HexFormat.of().formatHex(prefix) + "::/64");
        }
        return new Caller("addr:" + address.getHostAddress());
    }

    @Override
    public String toString() {
        return key;
    }
}

package egress.upstream;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * A block of addresses (RFC 4632), IPv4 or IPv6.
 *
 * @param network its first address
 * @param prefix leading bits that all its addresses share, 0 to 32 or 128
 */
public record Cidr(InetAddress network, int prefix) {
    public Cidr {
        int bits = network.getAddress().length * 8;
        if (prefix < 0 || prefix > bits) {
            throw new IllegalArgumentException("prefix length: " + prefix + " (expected: 0-" + bits + ")");
        }
        byte[] octets = network.getAddress();
        for (int bit = prefix; bit < bits; bit++) {
            if ((octets[bit / 8] & 0x80 >> bit % 8) != 0) {
                throw new IllegalArgumentException("address block: " + network.getHostAddress() + "/" + prefix
                        + " (expected: no bit set behind the prefix)");
            }
        }
    }

    /**
     * Reads {@code 10.0.0.0/8}, {@code fd00::/8} or a single address.
     *
     * @throws IllegalArgumentException with the text and what was expected
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        InetAddress network = literal(address);
        if (network == null || address.indexOf('%') >= 0) {
            throw new IllegalArgumentException(
                    "address block: \"" + text + "\" (expected: an IP address, or a block such as 10.0.0.0/8)");
        }
        if (slash < 0) {
            return new Cidr(network, network.getAddress().length * 8);
        }
        String digits = text.substring(slash + 1);
        if (digits.isEmpty() || digits.length() > 3 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException(
                    "address block: \"" + text + "\" (expected: a prefix length in digits after the slash)");
        }
        return new Cidr(network, Integer.parseInt(digits));
    }

    /** The address that a literal names, without any lookup, a mapped one as IPv4; null when the text is a name. */
    static @Nullable InetAddress literal(String host) {
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(host);
        try {
            return octets == null ? null : InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            return null; // never: the octets are 4 or 16
        }
    }

    /** Whether the address is of the same family and in the block. */
    public boolean contains(InetAddress address) {
        return contains(address.getAddress());
    }

    boolean contains(byte[] address) {
        byte[] first = network.getAddress();
        if (address.length != first.length) {
            return false;
        }
        int whole = prefix / 8;
        for (int i = 0; i < whole; i++) {
            if (address[i] != first[i]) {
                return false;
            }
        }
        int rest = prefix % 8;
        return rest == 0 || ((address[whole] ^ first[whole]) & 0xFF00 >> rest & 0xFF) == 0;
    }

    @Override
    public String toString() {
        return network.getHostAddress() + "/" + prefix;
    }
}

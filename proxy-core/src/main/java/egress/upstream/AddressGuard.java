package egress.upstream;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Which addresses may be dialled for a name: global unicast alone, after the IANA special-purpose address registries
 * (RFC 6890, RFC 8190), so that no name leads to the host, its network or a cloud's metadata. An IPv4 address inside
 * an IPv6 one (mapped, NAT64, 6to4, Teredo, ISATAP) is judged too. IPv6 outside of 2000::/3 is refused even where no
 * registry names it.
 */
final class AddressGuard {
    /** The guard's decision on an address. */
    sealed interface Judgement {}

    enum Allowed implements Judgement {
        ALLOWED
    }

    /**
     * @param words what the address is, as the end of a sentence: "a private address"
     */
    record Refused(String words) implements Judgement {}

    private record Range(Cidr block, String words) {
        Range(String block, String words) {
            this(Cidr.parse(block), words);
        }
    }

    private static final List<Range> IPV4 = List.of(
            new Range("255.255.255.255/32", "the broadcast address"),
            new Range("0.0.0.0/8", "an address of this host (0.0.0.0/8)"),
            new Range("10.0.0.0/8", "a private address"),
            new Range("100.64.0.0/10", "a carrier-grade NAT address"),
            new Range("127.0.0.0/8", "a loopback address"),
            new Range("169.254.0.0/16", "a link-local address, where clouds serve metadata"),
            new Range("172.16.0.0/12", "a private address"),
            new Range("192.0.0.0/24", "an IETF protocol assignment"),
            new Range("192.0.2.0/24", "a documentation address"),
            new Range("192.88.99.0/24", "a 6to4 relay address"),
            new Range("192.168.0.0/16", "a private address"),
            new Range("198.18.0.0/15", "a benchmarking address"),
            new Range("198.51.100.0/24", "a documentation address"),
            new Range("203.0.113.0/24", "a documentation address"),
            new Range("224.0.0.0/4", "a multicast address"),
            new Range("240.0.0.0/4", "a reserved address"),
            new Range("168.63.129.16/32", "a cloud's metadata address"));

    private static final List<Range> IPV6 = List.of(
            new Range("::/128", "the unspecified address"),
            new Range("::1/128", "the loopback address"),
            new Range("::/96", "an IPv4-compatible address"),
            new Range("64:ff9b:1::/48", "a local NAT64 address"),
            new Range("100::/64", "a discard address"),
            new Range("2001::/32", "a Teredo address"),
            new Range("2001::/23", "an IETF protocol assignment"),
            new Range("2001:db8::/32", "a documentation address"),
            new Range("3fff::/20", "a documentation address"),
            new Range("5f00::/16", "a segment routing identifier"),
            new Range("fc00::/7", "a unique local address"),
            new Range("fe80::/10", "a link-local address"),
            new Range("fec0::/10", "a site-local address"),
            new Range("ff00::/8", "a multicast address"));

    private static final List<InetAddress> LOOPBACK = List.of(literal("127.0.0.1"), literal("::1"));

    private static final Cidr GLOBAL_UNICAST = Cidr.parse("2000::/3");
    private static final Cidr NAT64 = Cidr.parse("64:ff9b::/96");
    private static final Cidr SIX_TO_FOUR = Cidr.parse("2002::/16");
    private static final Cidr TEREDO = Cidr.parse("2001::/32");

    private static InetAddress literal(String text) {
        return Objects.requireNonNull(Cidr.literal(text), text);
    }

    private final List<Cidr> allowed;
    private final Supplier<Set<InetSocketAddress>> own;
    private final Predicate<InetAddress> isLocal;

    /**
     * @param allowed blocks that may be dialled all the same; they hold for an inner IPv4 address too
     * @param own the proxy's listeners, never dialled: loops end (a listener on every interface is one on each)
     * @param isLocal whether an address is one of this host's
     */
    AddressGuard(List<Cidr> allowed, Supplier<Set<InetSocketAddress>> own, Predicate<InetAddress> isLocal) {
        this.allowed = List.copyOf(allowed);
        this.own = own;
        this.isLocal = isLocal;
    }

    Judgement judge(InetAddress address, int port) {
        return judgeOwn(address, port) instanceof Refused refused ? refused : judge(address.getAddress());
    }

    /** The part of the judgement that holds for pinned addresses too. */
    Judgement judgeOwn(InetAddress address, int port) {
        for (InetSocketAddress listener : own.get()) {
            if (listener.getPort() == port && reaches(address, listener.getAddress())) {
                return new Refused("the proxy's own listener");
            }
        }
        return Allowed.ALLOWED;
    }

    /** The same of a name that a proxy behind us would look up, perhaps on this host: of those that need no look-up. */
    Judgement judgeOwn(String host, int port) {
        InetAddress literal = Cidr.literal(host);
        List<InetAddress> known = literal != null
                ? List.of(literal)
                : host.equals("localhost") || host.endsWith(".localhost") ? LOOPBACK : List.of(); // RFC 6761 §6.3
        for (InetAddress address : known) {
            if (judgeOwn(address, port) instanceof Refused refused) {
                return refused;
            }
        }
        return Allowed.ALLOWED;
    }

    private boolean reaches(InetAddress address, InetAddress listener) {
        return address.equals(listener)
                || address.isAnyLocalAddress() && (listener.isLoopbackAddress() || isLocal.test(listener))
                || listener.isAnyLocalAddress()
                        && (address.isAnyLocalAddress() || address.isLoopbackAddress() || isLocal.test(address));
    }

    private Judgement judge(byte[] octets) {
        return octets.length == 4 ? judgeIpv4(octets) : judgeIpv6(octets);
    }

    private Judgement judgeIpv4(byte[] octets) {
        return isAllowed(octets) ? Allowed.ALLOWED : firstOf(IPV4, octets);
    }

    private Judgement judgeIpv6(byte[] octets) {
        boolean outerIsInner = isMapped(octets) || NAT64.contains(octets);
        if (!outerIsInner && !isAllowed(octets)) {
            Judgement named = firstOf(IPV6, octets);
            if (named instanceof Refused) {
                return named;
            }
            if (!GLOBAL_UNICAST.contains(octets)) {
                return new Refused("no global unicast address");
            }
        }
        for (byte[] inner : innerAddresses(octets)) {
            if (judgeIpv4(inner) instanceof Refused refused) {
                return new Refused(refused.words() + " inside IPv6");
            }
        }
        return Allowed.ALLOWED;
    }

    /** The IPv4 addresses to which the packets of this one may be led. */
    private static List<byte[]> innerAddresses(byte[] octets) {
        if (isMapped(octets) || NAT64.contains(octets) || isIpv4Compatible(octets)) {
            return List.of(Arrays.copyOfRange(octets, 12, 16));
        }
        if (SIX_TO_FOUR.contains(octets)) { // RFC 3056 §2
            return isIsatap(octets)
                    ? List.of(Arrays.copyOfRange(octets, 2, 6), Arrays.copyOfRange(octets, 12, 16))
                    : List.of(Arrays.copyOfRange(octets, 2, 6));
        }
        if (TEREDO.contains(octets)) { // RFC 4380 §4: the server, and the client with its bits inverted
            byte[] client = Arrays.copyOfRange(octets, 12, 16);
            for (int i = 0; i < client.length; i++) {
                client[i] = (byte) ~client[i];
            }
            return List.of(Arrays.copyOfRange(octets, 4, 8), client);
        }
        return isIsatap(octets) ? List.of(Arrays.copyOfRange(octets, 12, 16)) : List.of();
    }

    /** {@code ::ffff:a.b.c.d} (RFC 4291 §2.5.5.2). */
    private static boolean isMapped(byte[] octets) {
        return isZero(octets, 10) && octets[10] == -1 && octets[11] == -1;
    }

    /** {@code ::a.b.c.d} (RFC 4291 §2.5.5.1), other than :: and ::1. */
    private static boolean isIpv4Compatible(byte[] octets) {
        return isZero(octets, 12) && !isZero(octets, 15);
    }

    /** An interface identifier {@code 0000:5efe:a.b.c.d} or {@code 0200:5efe:a.b.c.d} (RFC 5214 §6.1). */
    private static boolean isIsatap(byte[] octets) {
        return (octets[8] & ~0x02) == 0 && octets[9] == 0 && octets[10] == 0x5E && octets[11] == (byte) 0xFE;
    }

    private static boolean isZero(byte[] octets, int length) {
        for (int i = 0; i < length; i++) {
            if (octets[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private boolean isAllowed(byte[] octets) {
        for (Cidr block : allowed) {
            if (block.contains(octets)) {
                return true;
            }
        }
        return false;
    }

    private static Judgement firstOf(List<Range> ranges, byte[] octets) {
        for (Range range : ranges) {
            if (range.block().contains(octets)) {
                return new Refused(range.words());
            }
        }
        return Allowed.ALLOWED;
    }
}

package egress.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressGuardTest {
    private static final int PORT = 443;

    private static AddressGuard guard(String... allowed) {
        return new AddressGuard(List.of(allowed).stream().map(Cidr::parse).toList(), Set::of, address -> false);
    }

    /** The address as 16 octets where it is written with colons, even a mapped one, which Java would make IPv4. */
    private static InetAddress address(String text) throws UnknownHostException {
        InetAddress address = InetAddress.getByName(text);
        if (text.indexOf(':') < 0 || address.getAddress().length == 16) {
            return address;
        }
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        System.arraycopy(address.getAddress(), 0, mapped, 12, 4);
        return Inet6Address.getByAddress("", mapped, -1);
    }

    @ParameterizedTest
    @CsvSource({
        // the IANA IPv4 registry: first and last address of each block that is not globally reachable
        "0.0.0.0, this host",
        "0.255.255.255, this host",
        "10.0.0.0, private",
        "10.255.255.255, private",
        "100.64.0.0, carrier-grade",
        "100.100.100.200, carrier-grade",
        "100.127.255.255, carrier-grade",
        "127.0.0.0, loopback",
        "127.0.0.1, loopback",
        "127.255.255.255, loopback",
        "169.254.0.0, link-local",
        "169.254.169.254, metadata",
        "169.254.255.255, link-local",
        "172.16.0.0, private",
        "172.31.255.255, private",
        "192.0.0.0, IETF",
        "192.0.0.170, IETF",
        "192.0.0.192, IETF",
        "192.0.0.255, IETF",
        "192.0.2.0, documentation",
        "192.0.2.255, documentation",
        "192.88.99.1, 6to4",
        "192.168.0.0, private",
        "192.168.255.255, private",
        "198.18.0.0, benchmarking",
        "198.19.255.255, benchmarking",
        "198.51.100.0, documentation",
        "198.51.100.255, documentation",
        "203.0.113.0, documentation",
        "203.0.113.255, documentation",
        "224.0.0.0, multicast",
        "239.255.255.255, multicast",
        "240.0.0.0, reserved",
        "255.255.255.254, reserved",
        "255.255.255.255, broadcast",
        "168.63.129.16, metadata",
        // the IANA IPv6 registry
        "::, unspecified",
        "::1, loopback",
        "::127.0.0.1, IPv4-compatible",
        "::8.8.8.8, IPv4-compatible",
        "::ffff:127.0.0.1, loopback address inside IPv6",
        "::ffff:10.1.2.3, private address inside IPv6",
        "::ffff:169.254.169.254, metadata inside IPv6",
        "::ffff:0:127.0.0.1, no global unicast",
        "64:ff9b::127.0.0.1, loopback address inside IPv6",
        "64:ff9b::a9fe:a9fe, metadata inside IPv6",
        "64:ff9b::192.168.1.1, private address inside IPv6",
        "64:ff9b:1::8.8.8.8, local NAT64",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff, local NAT64",
        "64:ff9b:0:0:0:1::, no global unicast",
        "100::, discard",
        "100::ffff:ffff:ffff:ffff, discard",
        "100:0:0:1::1, no global unicast",
        "2001::, Teredo",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2, Teredo",
        "2001:1::1, IETF",
        "2001:2::, IETF",
        "2001:10::, IETF",
        "2001:20::, IETF",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff, IETF",
        "2001:db8::, documentation",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, documentation",
        "2002:7f00:1::, loopback address inside IPv6",
        "2002:a00:1::, private address inside IPv6",
        "2002:a9fe:a9fe::1, metadata inside IPv6",
        "2002:808:808::5efe:10.0.0.1, private address inside IPv6",
        "3fff::, documentation",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff, documentation",
        "4000::1, no global unicast",
        "5f00::1, segment routing",
        "fc00::, unique local",
        "fd00:ec2::254, unique local",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, unique local",
        "fe80::, link-local",
        "fe80::a9fe:a9fe, link-local",
        "febf:ffff::1, link-local",
        "fec0::1, site-local",
        "ff00::, multicast",
        "ff02::1, multicast",
        // ISATAP in an otherwise global prefix
        "2606:4700::5efe:127.0.0.1, loopback address inside IPv6",
        "2606:4700::200:5efe:10.0.0.1, private address inside IPv6"
    })
    void refusesWhatIsNotGlobalUnicast(String text, String words) throws UnknownHostException {
        assertThat(guard().judge(address(text), PORT))
                .isInstanceOfSatisfying(
                        AddressGuard.Refused.class,
                        refused -> assertThat(refused.words()).contains(words));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.0.0.0",
                "8.8.8.8",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.0",
                "192.0.3.0",
                "192.31.196.1",
                "192.52.193.1",
                "192.88.98.255",
                "192.167.255.255",
                "192.169.0.0",
                "192.175.48.1",
                "198.17.255.255",
                "198.20.0.0",
                "198.51.99.255",
                "203.0.112.255",
                "223.255.255.255",
                "::ffff:8.8.8.8",
                "64:ff9b::8.8.8.8",
                "2001:200::1",
                "2001:4860:4860::8888",
                "2001:db7:ffff::1",
                "2001:db9::",
                "2002:808:808::1",
                "2606:4700::5efe:8.8.8.8",
                "2620:4f:8000::1",
                "2a00:1450::1",
                "3ffe::1",
                "3fff:1000::1"
            })
    void letsGlobalUnicastThrough(String text) throws UnknownHostException {
        assertThat(guard().judge(address(text), PORT)).isEqualTo(AddressGuard.Allowed.ALLOWED);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.1.2.3, true",
        "10.0.0.0/8, 11.1.2.3, true",
        "10.0.0.0/8, 192.168.0.1, false",
        "10.0.0.0/8, ::ffff:10.1.2.3, true",
        "10.0.0.0/8, 64:ff9b::10.1.2.3, true",
        "10.0.0.0/8, 64:ff9b::192.168.0.1, false",
        "10.0.0.0/8, 2002:a01:203::1, true",
        "64:ff9b::/96, 64:ff9b::10.1.2.3, false",
        "::1/128, ::1, true",
        "::1, ::1, true",
        "127.0.0.1, 127.0.0.1, true",
        "127.0.0.1, 127.0.0.2, false",
        "fd00:ec2::/32, fd00:ec2::254, true",
        "2001::/32, 2001:0:4136:e378:8000:63bf:3fff:fdd2, false",
        "2001::/32, 2001:0:808:808:8000:63bf:f7f7:f7f7, true"
    })
    void allowedBlocksHoldForTheInnerAddressToo(String block, String text, boolean allowed)
            throws UnknownHostException {
        assertThat(guard(block).judge(address(text), PORT) == AddressGuard.Allowed.ALLOWED)
                .isEqualTo(allowed);
    }

    @Test
    void letsEverythingThroughWhenEverythingIsAllowed() throws UnknownHostException {
        AddressGuard guard = guard("0.0.0.0/0", "::/0");
        for (String text : List.of("127.0.0.1", "::1", "169.254.169.254", "fd00:ec2::254", "64:ff9b::7f00:1", "::")) {
            assertThat(guard.judge(address(text), PORT)).as(text).isEqualTo(AddressGuard.Allowed.ALLOWED);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 9099, 127.0.0.1, 9099, true",
        "127.0.0.1, 9099, 127.0.0.1, 9100, false",
        "127.0.0.1, 9099, 127.0.0.2, 9099, false",
        "127.0.0.1, 9099, 0.0.0.0, 9099, true",
        "0.0.0.0, 9099, 127.0.0.1, 9099, true",
        "0.0.0.0, 9099, 10.0.0.5, 9099, true",
        "0.0.0.0, 9099, 10.0.0.6, 9099, false",
        "10.0.0.5, 9099, 0.0.0.0, 9099, true",
        "::, 9099, ::1, 9099, true",
        "::, 9099, ::, 9099, true"
    })
    void neverLeadsToTheProxysOwnListeners(
            String listener, int listenerPort, String dialled, int dialledPort, boolean refused)
            throws UnknownHostException {
        Set<InetSocketAddress> own = Set.of(new InetSocketAddress(address(listener), listenerPort));
        AddressGuard guard = new AddressGuard(
                List.of(Cidr.parse("0.0.0.0/0"), Cidr.parse("::/0")),
                () -> own,
                local -> local.getHostAddress().equals("10.0.0.5"));

        assertThat(guard.judge(address(dialled), dialledPort) instanceof AddressGuard.Refused)
                .isEqualTo(refused);
        assertThat(guard.judgeOwn(address(dialled), dialledPort) instanceof AddressGuard.Refused)
                .isEqualTo(refused);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1/8, no bit set behind the prefix",
        "10.0.0.0/33, 0-32",
        "fd00::/129, 0-128",
        "10.0.0.0/, a prefix length in digits",
        "10.0.0.0/+8, a prefix length in digits",
        "10.0.0/8, an IP address",
        "api.example, an IP address",
        "fe80::1%eth0, an IP address",
        "'', an IP address"
    })
    void aMalformedBlockNamesItselfAndWhatWasExpected(String text, String expected) {
        assertThatThrownBy(() -> Cidr.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(expected);
    }
}

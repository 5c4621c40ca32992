package egress.ca;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.Locale;
import java.util.regex.Pattern;

/** The one name that a leaf certificate is for, normalised: the key of the cache and the content of the subjectAltName. */
sealed interface LeafName {

    /** The name as a certificate's subject shows it. */
    String text();

    /** A DNS name in lower case, without a trailing dot (RFC 5280 section 4.2.1.6: dNSName in the preferred name syntax). */
    record Dns(String text) implements LeafName {}

    /** An IP literal in its canonical text form, without brackets or zone. */
    record Ip(String text) implements LeafName {}

    int MAX_DNS_LENGTH = 253;

    /** Labels of letters, digits, hyphen and (as many real hosts have it) underscore; never a wildcard. */
    Pattern DNS =
            Pattern.compile("(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?");

    Pattern IPV4 = Pattern.compile("(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\\.(?!$)|$)){4}");

    /** A last label that begins with a digit and is all digits, or hexadecimal, is an IPv4 address to many resolvers. */
    Pattern NUMERIC_END = Pattern.compile("(?:.*\\.)?(?:[0-9]+|0x[0-9a-f]*)");

    Pattern IPV6 = Pattern.compile("[0-9a-f:.]{2,45}");

    /**
     * Reads a host as an authority or a ClientHello has it: a DNS name (A-labels), an IPv4 literal, or an IPv6 literal with or without brackets.
     *
     * @throws MintException with {@link MintException.Reason#BAD_NAME} for anything else
     */
    static LeafName parse(String host) {
        if (host.length() > MAX_DNS_LENGTH + 1) {
            throw bad(host.substring(0, 64) + "...", "at most " + MAX_DNS_LENGTH + " characters");
        }
        String name = host.toLowerCase(Locale.ROOT);
        if (name.startsWith("[") && name.endsWith("]")) {
            return ipv6(host, name.substring(1, name.length() - 1));
        }
        if (name.indexOf(':') >= 0) {
            return ipv6(host, name);
        }
        if (IPV4.matcher(name).matches()) {
            return new Ip(Inet4Address.ofLiteral(name).getHostAddress());
        }
        String dns = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        if (dns.length() > MAX_DNS_LENGTH
                || !DNS.matcher(dns).matches()
                || NUMERIC_END.matcher(dns).matches()) {
            throw bad(host, "a DNS name or an IP literal");
        }
        return new Dns(dns);
    }

    private static LeafName ipv6(String host, String literal) {
        if (!IPV6.matcher(literal).matches()) {
            throw bad(host, "an IPv6 literal without a zone");
        }
        try {
            if (Inet6Address.ofLiteral(literal) instanceof Inet6Address address) {
                return new Ip(address.getHostAddress());
            }
        } catch (IllegalArgumentException e) {
            throw bad(host, "an IPv6 literal", e);
        }
        throw bad(host, "an IPv6 literal that is not an IPv4-mapped one");
    }

    private static MintException bad(String host, String expected) {
        return new MintException(MintException.Reason.BAD_NAME, describe(host, expected));
    }

    private static MintException bad(String host, String expected, Throwable cause) {
        return new MintException(MintException.Reason.BAD_NAME, describe(host, expected), cause);
    }

    private static String describe(String host, String expected) {
        return "no certificate can be minted for \"" + host.replaceAll("[^ -~]", "?") + "\" (expected: " + expected
                + ")";
    }
}

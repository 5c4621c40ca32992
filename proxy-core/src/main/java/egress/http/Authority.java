package egress.http;

import java.net.IDN;
import org.jspecify.annotations.Nullable;

/**
 * A normalised host and port as asked for: what CONNECT, the SNI, Host and {@code :authority} must agree on.
 *
 * @param host lower case, without the root's dot; an IP literal in canonical form, IPv6 without brackets
 * @param port 1-65535
 */
public record Authority(String host, int port) {
    private static final int LONGEST_NAME = 253;
    private static final int LONGEST_LABEL = 63;

    /**
     * Normalises the host.
     *
     * @throws IllegalArgumentException saying what is wrong with host or port
     */
    public Authority {
        host = host.indexOf(':') >= 0 ? v6(host, host) : host(host);
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 1-65535)");
        }
    }

    // Written out, as in Route.Served: what a record has by itself is made at its first use by generating code, some 10
    // ms of each start.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Authority that && port == that.port && host.equals(that.host);
    }

    @Override
    public int hashCode() {
        return 31 * host.hashCode() + port;
    }

    /**
     * Parses {@code host:port} or {@code [v6]:port} (RFC 3986 §3.2.2 and §3.2.3, without user information).
     *
     * @param defaultPort the port where none is written; 0 when one must be written, as in CONNECT
     * @throws IllegalArgumentException with a sentence that names the text and what was expected
     */
    public static Authority parse(String raw, int defaultPort) {
        int colon = portColon(raw);
        if (colon < 0) {
            if (defaultPort == 0) {
                throw refused(raw, "a host and a port, host:port");
            }
            return new Authority(bracketed(raw, raw), defaultPort);
        }
        return new Authority(bracketed(raw.substring(0, colon), raw), port(raw, colon + 1));
    }

    /**
     * A host alone, as in an SNI, in its one spelling.
     *
     * @param raw a name, an IPv4 address, or an IPv6 address in brackets
     * @throws IllegalArgumentException with a sentence that names the text and what was expected
     */
    public static String host(String raw) {
        if (raw.startsWith("[")) {
            return bracketed(raw, raw);
        }
        String name = isPlain(raw) ? raw : folded(raw);
        if (name.length() > LONGEST_NAME) {
            throw refused(raw, "a name of at most 253 characters");
        }
        checkLabels(name, raw);
        if (IpLiterals.endsInNumber(name) && (name.length() != raw.length() || !IpLiterals.isCanonicalV4(name))) {
            throw refused(raw, "a name, or an IPv4 address as four decimal numbers");
        }
        return name;
    }

    /** Whether the host is an address and not a name. */
    public boolean isIpLiteral() {
        return host.indexOf(':') >= 0 || IpLiterals.endsInNumber(host);
    }

    /**
     * Whether a Host or {@code :authority} value names this authority. Never throws: what is no authority is none of
     * ours.
     *
     * @param defaultPort the scheme's port, which may be left out
     */
    public boolean isNamedBy(String raw, int defaultPort) {
        if (port == defaultPort && raw.equals(host)) {
            return host.indexOf(':') < 0;
        }
        try {
            return equals(parse(raw, defaultPort));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** {@code host:port}, an IPv6 literal in brackets (RFC 3986 §3.2.2). */
    @Override
    public String toString() {
        return hostInUri() + ":" + port;
    }

    /** As in a Host field: without the port where it is the scheme's default. */
    public String toHostField(boolean tls) {
        return port == (tls ? 443 : 80) ? hostInUri() : toString();
    }

    private String hostInUri() {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }

    /** Where the port's colon is, or -1: after the bracket of an IPv6 literal, else the only colon. */
    private static int portColon(String raw) {
        int bracket = raw.startsWith("[") ? raw.indexOf(']') : -1;
        if (bracket >= 0) {
            if (bracket + 1 == raw.length()) {
                return -1;
            }
            if (raw.charAt(bracket + 1) != ':') {
                throw refused(raw, "a colon and a port after the bracket");
            }
            return bracket + 1;
        }
        int colon = raw.indexOf(':');
        if (colon >= 0 && raw.indexOf(':', colon + 1) >= 0) {
            throw refused(raw, "host:port, and an IPv6 address in brackets");
        }
        return colon;
    }

    private static int port(String raw, int start) {
        int length = raw.length() - start;
        boolean digits = length >= 1 && length <= 5 && raw.charAt(start) != '0';
        int port = 0;
        for (int i = start; digits && i < raw.length(); i++) {
            char c = raw.charAt(i);
            digits = c >= '0' && c <= '9';
            port = port * 10 + c - '0';
        }
        if (!digits || port > 65_535) {
            throw refused(raw, "a port of 1-65535 in plain digits");
        }
        return port;
    }

    private static String bracketed(String host, String raw) {
        if (!host.startsWith("[")) {
            return host(host);
        }
        if (!host.endsWith("]")) {
            throw refused(raw, "an IPv6 address in brackets");
        }
        return v6(host.substring(1, host.length() - 1), raw);
    }

    private static String v6(String address, String raw) {
        String canonical = IpLiterals.canonicalV6(address);
        if (canonical == null) {
            throw refused(raw, "an IPv6 address in brackets, without a zone");
        }
        return canonical;
    }

    /** Whether nothing needs folding: lower case, digits, hyphens, underscores and inner dots. */
    private static boolean isPlain(String raw) {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_') {
                return false;
            }
        }
        return !raw.endsWith(".");
    }

    /** ASCII lower case, by hand, since no locale may influence it, and without the root's dot. */
    private static String folded(String raw) {
        int end = raw.endsWith(".") ? raw.length() - 1 : raw.length();
        StringBuilder name = new StringBuilder(end);
        for (int i = 0; i < end; i++) {
            char c = raw.charAt(i);
            name.append(c >= 'A' && c <= 'Z' ? (char) (c | 0x20) : c);
        }
        String folded = name.toString();
        if (!isPlain(folded) && !folded.endsWith(".")) {
            throw refused(raw, expectedInstead(raw));
        }
        return folded;
    }

    private static String expectedInstead(String raw) {
        if (raw.indexOf('@') >= 0) {
            return "no user information";
        }
        if (raw.chars().anyMatch(c -> c > 0x7e)) {
            return "ASCII; a name in other letters is written in punycode" + punycode(raw);
        }
        return "letters, digits, hyphens, underscores and dots";
    }

    private static String punycode(String raw) {
        try {
            String ascii = IDN.toASCII(raw, IDN.USE_STD3_ASCII_RULES);
            return ascii.equals(raw) ? "" : ", here " + Printable.quote(ascii);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static void checkLabels(String name, String raw) {
        int start = 0;
        while (start <= name.length()) {
            int dot = name.indexOf('.', start);
            int end = dot < 0 ? name.length() : dot;
            if (end == start) {
                throw refused(raw, name.isEmpty() ? "a host" : "no empty label");
            }
            if (end - start > LONGEST_LABEL) {
                throw refused(raw, "labels of at most 63 characters");
            }
            // An A-label is "xn--" and at least one more, which Punycode never ends with a hyphen (RFC 5890 §2.3.2.1).
            if (name.startsWith("xn--", start) && (end - start == 4 || name.charAt(end - 1) == '-')) {
                throw refused(raw, "something valid after xn--");
            }
            start = end + 1;
        }
    }

    private static IllegalArgumentException refused(String raw, String expected) {
        return new IllegalArgumentException("host: " + Printable.quoteHost(raw) + " (expected: " + expected + ")");
    }
}

package egress.upstream;

import egress.http.Authority;
import java.util.List;
import java.util.Optional;

/**
 * A pinned address, {@code HOST:PORT:ADDR:PORT} as curl's {@code --connect-to}: a request for the first pair is
 * connected to the second. An empty HOST or first PORT stands for any, an empty ADDR or second PORT for the one asked
 * for. TLS names, certificates and pools stay those of the authority asked for; the address guard does not judge it.
 *
 * @param host lower case; empty for any
 * @param port 0 for any
 * @param toHost a name or an IP literal, IPv6 without brackets; empty for the host asked for
 * @param toPort 0 for the port asked for
 */
public record ConnectTo(String host, int port, String toHost, int toPort) {
    /**
     * @throws IllegalArgumentException with the rule and what was expected
     */
    public static ConnectTo parse(String rule) {
        int at = endOfHost(rule, 0);
        String host = host(rule, 0, at);
        int portEnd = rule.indexOf(':', at + 1);
        if (portEnd < 0) {
            throw malformed(rule, "four parts HOST:PORT:ADDR:PORT");
        }
        int port = port(rule, at + 1, portEnd);
        int toEnd = endOfHost(rule, portEnd + 1);
        String toHost = host(rule, portEnd + 1, toEnd);
        if (rule.indexOf(':', toEnd + 1) >= 0) {
            throw malformed(rule, "four parts HOST:PORT:ADDR:PORT, IPv6 literals in brackets");
        }
        return new ConnectTo(host, port, toHost, port(rule, toEnd + 1, rule.length()));
    }

    private static int endOfHost(String rule, int from) {
        int end;
        if (rule.startsWith("[", from)) {
            end = rule.indexOf(']', from) + 1;
        } else {
            end = rule.indexOf(':', from);
        }
        if (end < from || end >= rule.length() || rule.charAt(end) != ':') {
            throw malformed(rule, "four parts HOST:PORT:ADDR:PORT");
        }
        return end;
    }

    private static String host(String rule, int from, int end) {
        if (from == end) {
            return "";
        }
        try {
            return Authority.host(rule.substring(from, end));
        } catch (IllegalArgumentException e) {
            throw malformed(rule, String.valueOf(e.getMessage()));
        }
    }

    private static int port(String rule, int from, int end) {
        String digits = rule.substring(from, end);
        if (digits.isEmpty()) {
            return 0;
        }
        if (digits.length() > 5 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw malformed(rule, "a port in digits");
        }
        int port = Integer.parseInt(digits);
        if (port < 1 || port > 65_535) {
            throw malformed(rule, "a port of 1-65535");
        }
        return port;
    }

    private static IllegalArgumentException malformed(String rule, String expected) {
        return new IllegalArgumentException("connect-to: \"" + rule + "\" (expected: " + expected + ")");
    }

    boolean matches(Authority asked) {
        return (host.isEmpty() || host.equals(asked.host())) && (port == 0 || port == asked.port());
    }

    Authority target(Authority asked) {
        return new Authority(toHost.isEmpty() ? asked.host() : toHost, toPort == 0 ? asked.port() : toPort);
    }

    /** Where the first rule that holds leads. */
    static Optional<Authority> firstOf(List<ConnectTo> rules, Authority asked) {
        for (ConnectTo rule : rules) {
            if (rule.matches(asked)) {
                return Optional.of(rule.target(asked));
            }
        }
        return Optional.empty();
    }
}

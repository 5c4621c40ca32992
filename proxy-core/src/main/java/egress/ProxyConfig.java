package egress;

import egress.exchange.Limits;
import egress.exchange.Timeouts;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;

/**
 * What does not change while the proxy runs.
 *
 * @param listen where callers connect; port 0 takes a free one
 * @param limits bounds of connections and heads
 * @param timeouts how long each phase may take
 * @param proxyCredentials user name to password, asked for on every request of the listener; empty for none
 * @param scans where several share the listener: the user name must be one of them
 */
public record ProxyConfig(
        InetSocketAddress listen,
        Limits limits,
        Timeouts timeouts,
        Map<String, String> proxyCredentials,
        Set<String> scans) {
    public ProxyConfig {
        proxyCredentials = Map.copyOf(proxyCredentials);
        scans = Set.copyOf(scans);
    }

    /** Without named scans. */
    public ProxyConfig(
            InetSocketAddress listen, Limits limits, Timeouts timeouts, Map<String, String> proxyCredentials) {
        this(listen, limits, timeouts, proxyCredentials, Set.of());
    }

    /** The defaults on an address, without proxy authentication. */
    public static ProxyConfig on(InetSocketAddress listen) {
        return new ProxyConfig(listen, Limits.DEFAULT, Timeouts.DEFAULT, Map.of());
    }

    /** Never shows a password. */
    @Override
    public String toString() {
        return "ProxyConfig[listen=" + listen + ", limits=" + limits + ", timeouts=" + timeouts + ", "
                + proxyCredentials.size() + " proxy user(s)]";
    }
}

package egress.server.config;

import egress.exchange.Limits;
import egress.exchange.Timeouts;
import egress.exchange.UpstreamHttp;
import egress.upstream.UpstreamConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that flags and variables decide, checked.
 *
 * @param routes the routes file; without one it is the debugging proxy, which allows everything
 * @param reloadInterval how often to look whether the routes changed
 * @param passthrough hosts whose TLS is relayed unread
 * @param proxyUsers name to password; empty lets every caller in
 * @param admin where probes are answered for this machine
 * @param metrics where probes are answered for others
 * @param loops event loops
 * @param leaves leaf certificates kept
 * @param environment the process's, for tokens
 * @param unknownVariables those that begin as the gate's do and are no flag's; a token may be in one
 */
public record Settings(
        Optional<Path> routes,
        Optional<Duration> reloadInterval,
        List<String> passthrough,
        Endpoint listen,
        Map<String, String> proxyUsers,
        Optional<Endpoint> admin,
        Optional<Endpoint> metrics,
        int loops,
        int leaves,
        Limits limits,
        Timeouts timeouts,
        UpstreamHttp upstreamHttp,
        UpstreamConfig upstream,
        DlpConfig dlp,
        LogSettings log,
        Map<String, String> environment,
        Set<String> unknownVariables) {
    public Settings {
        passthrough = List.copyOf(passthrough);
        proxyUsers = Map.copyOf(proxyUsers);
        environment = Map.copyOf(environment);
        unknownVariables = Set.copyOf(unknownVariables);
    }

    /** Never shows a password or a token. */
    @Override
    public String toString() {
        return "Settings[routes=" + routes + ", listen=" + listen + ", " + proxyUsers.size() + " proxy user(s)]";
    }
}

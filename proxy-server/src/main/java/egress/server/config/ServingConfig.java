package egress.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is allowed, where callers connect, and who sees how it is doing.
 *
 * @param routes the routes file; without one it is the debugging proxy, which allows everything
 * @param shadowRoutes a candidate that is judged beside them, and decides nothing
 * @param reloadInterval how often to look whether the routes changed
 * @param passthrough hosts whose TLS is relayed unread
 * @param proxyUsers name to password; empty lets every caller in
 * @param admin where probes are answered for this machine
 * @param metrics where probes are answered for others
 */
public record ServingConfig(
        Optional<Path> routes,
        Optional<Path> shadowRoutes,
        Optional<Duration> reloadInterval,
        List<String> passthrough,
        Endpoint listen,
        Map<String, String> proxyUsers,
        Optional<Endpoint> admin,
        Optional<Endpoint> metrics) {
    public ServingConfig {
        passthrough = List.copyOf(passthrough);
        proxyUsers = Map.copyOf(proxyUsers);
    }

    /** Never shows a password. */
    @Override
    public String toString() {
        return "ServingConfig[routes=" + routes + ", listen=" + listen + ", " + proxyUsers.size() + " proxy user(s)]";
    }
}

package egress.server.cli;

import egress.server.cli.OptionTypes.Switchable;
import egress.server.config.Endpoint;
import egress.server.config.ServingConfig;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Picocli mixin: what is allowed, where callers connect, and who sees how it is doing. */
final class ListenOptions {
    /** Where the image keeps its routes; the first that exists. */
    private static final List<Path> IMAGE_ROUTES =
            List.of(Path.of("/etc/egress/routes.yaml"), Path.of("/etc/egress-proxy/routes.yaml"));

    @Option(
            names = "--routes",
            paramLabel = "FILE",
            description = {
                "What may leave, and with which credentials (docs/routes.md).",
                "Without it: a debugging proxy on loopback that allows everything."
            })
    @Nullable
    Path routes;

    @Option(
            names = "--shadow-routes",
            paramLabel = "FILE",
            description = {
                "Judge every request by this routes file too, and tell which it would decide otherwise:",
                "in the log and in egress_shadow_flips_total. It decides nothing."
            })
    @Nullable
    Path shadowRoutes;

    @Option(
            names = "--reload-interval",
            paramLabel = "TIME",
            description = "Also reload the routes when their content has changed, looked at this often. Default: off")
    @Nullable
    Duration reloadInterval;

    @Option(
            names = "--passthrough",
            paramLabel = "HOST",
            split = ",",
            description = "Relay the TLS of this host unread, as tls: passthrough in a route does. May be repeated.")
    List<String> passthrough = List.of();

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "Where callers connect. Default: ${DEFAULT-VALUE}")
    Endpoint listen = new Endpoint("127.0.0.1", 9099);

    @Option(
            names = "--proxy-auth-env",
            paramLabel = "NAME",
            description = {
                "Ask callers for a user and a password: the variable of this name",
                "holds user:password pairs, with white space or commas between them."
            })
    @Nullable
    String proxyAuthEnv;

    @Option(
            names = "--admin",
            paramLabel = "HOST:PORT",
            description = "Serve /healthz, /readyz and /metrics here, or off. Default: ${DEFAULT-VALUE}")
    Switchable admin = defaultAdmin();

    @Option(
            names = "--metrics",
            paramLabel = "HOST:PORT",
            description = {
                "The same for probes and scrapers that come by the machine's address.",
                "Default: ${DEFAULT-VALUE}"
            })
    Switchable metrics = new Switchable(Optional.empty());

    /** Where probes of the same machine ask, unless another place is named. */
    static Switchable defaultAdmin() {
        return new Switchable(Optional.of(new Endpoint("127.0.0.1", 9901)));
    }

    /**
     * What the flags say.
     *
     * @throws IllegalArgumentException naming the flag and what was expected
     */
    ServingConfig config(Map<String, String> environment) {
        Optional<Path> found = routes(environment);
        if (found.isEmpty()) {
            requireLoopback();
        }
        return new ServingConfig(
                found,
                Optional.ofNullable(shadowRoutes),
                Optional.ofNullable(reloadInterval),
                passthrough,
                listen,
                proxyAuthEnv == null ? Map.of() : ProxyUsers.of(proxyAuthEnv, environment),
                admin.endpoint(),
                metrics.endpoint());
    }

    private Optional<Path> routes(Map<String, String> environment) {
        if (routes != null || !environment.containsKey(EnvironmentDefaults.IMAGE)) {
            return Optional.ofNullable(routes);
        }
        // Never the debugging proxy in the image: a mount that is missing must not open the gate.
        return Optional.of(
                IMAGE_ROUTES.stream().filter(Files::exists).findFirst().orElse(IMAGE_ROUTES.getFirst()));
    }

    private void requireLoopback() {
        try {
            if (listen.address().getAddress().isLoopbackAddress()) {
                return;
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("--listen: " + listen + " (expected: a host with an address)", e);
        }
        throw new IllegalArgumentException("--listen: " + listen
                + " (expected: a loopback address, because without --routes everything is allowed)");
    }
}

package egress.server.routes;

import egress.policy.Policy;
import egress.policy.Route;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the gate works by until the next load.
 *
 * @param logLevel 0 off, 1 blocks, 2 full
 * @param secrets every token's value, to be masked
 * @param variables names of the environment variables that hold tokens
 * @param warnings what will not work as it stands
 * @param allowlist the routes as JSON, without any secret
 */
public record RoutesTable(
        Policy policy,
        int logLevel,
        Set<String> secrets,
        Set<String> variables,
        List<String> warnings,
        String allowlist) {
    private static final String NO_ROUTES = "{\"routes\":[]}";

    public RoutesTable {
        secrets = Set.copyOf(secrets);
        variables = Set.copyOf(variables);
        warnings = List.copyOf(warnings);
    }

    static RoutesTable of(RoutesFile.Loaded loaded) {
        return new RoutesTable(
                loaded.policy(),
                loaded.logLevel(),
                loaded.secrets(),
                loaded.variables(),
                loaded.warnings(),
                loaded.allowlist());
    }

    /** A policy that no file made. */
    public static RoutesTable of(Policy policy, int logLevel) {
        return new RoutesTable(policy, logLevel, Set.of(), Set.of(), List.of(), NO_ROUTES);
    }

    /** {@code loaded N route(s): a, b [log=off|blocks|full]}. */
    public String loadedLine() {
        List<Route> routes = policy.routes();
        String names = routes.stream().map(Route::name).collect(Collectors.joining(", "));
        String level = switch (logLevel) {
            case 0 -> "off";
            case 1 -> "blocks";
            default -> "full";
        };
        return "loaded " + routes.size() + " route(s): " + names + (names.isEmpty() ? "" : " ") + "[log=" + level + "]";
    }

    /** Never shows a secret. */
    @Override
    public String toString() {
        return "RoutesTable[" + loadedLine() + "]";
    }
}

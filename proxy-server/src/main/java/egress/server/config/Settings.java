package egress.server.config;

import egress.exchange.Limits;
import egress.exchange.Timeouts;
import egress.exchange.UpstreamHttp;
import egress.upstream.UpstreamConfig;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that flags and variables decide, checked.
 *
 * @param loops event loops
 * @param leaves leaf certificates kept
 * @param trace where spans go; empty where nothing is traced
 * @param environment the process's, for tokens
 * @param unknownVariables those that begin as the gate's do and are no flag's; a token may be in one
 */
public record Settings(
        ServingConfig serving,
        int loops,
        int leaves,
        Limits limits,
        Timeouts timeouts,
        UpstreamHttp upstreamHttp,
        UpstreamConfig upstream,
        DlpConfig dlp,
        LogSettings log,
        FlowSettings flows,
        InspectConfig inspect,
        AskConfig ask,
        Optional<TraceConfig> trace,
        Map<String, String> environment,
        Set<String> unknownVariables) {
    public Settings {
        environment = Map.copyOf(environment);
        unknownVariables = Set.copyOf(unknownVariables);
    }

    /** Never shows a password or a token. */
    @Override
    public String toString() {
        return "Settings[" + serving + "]";
    }
}

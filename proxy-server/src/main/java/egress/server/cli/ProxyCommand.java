package egress.server.cli;

import egress.server.config.ServingConfig;
import egress.server.config.Settings;
import egress.server.config.TraceVariables;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code egress-proxy}: runs the gate when no subcommand is named. */
@Command(
        name = "egress-proxy",
        versionProvider = Version.class,
        customSynopsis = {
            "egress-proxy [--routes FILE] [flags]",
            "       egress-proxy run [flags] -- COMMAND ARG...",
            "       egress-proxy ask|ca|env|check|dlp|explain|har|health|routes|tail ..."
        },
        description = {
            "",
            "The gate between a coding agent and the network: takes its HTTPS by CONNECT, judges each request by",
            "routes.yaml, writes the credentials the agent never has, and streams to the verified origin.",
            ""
        },
        footer = {
            "",
            "Every flag has a variable: --upstream-ca is EGRESS_UPSTREAM_CA; a list is comma-separated there.",
            "TIME is 250ms, 10s, 5m or 1h. BYTES is 65536, 64k or 1m.",
            "SIGHUP reloads the routes, SIGTERM drains and ends. More: docs/running.md"
        })
public class ProxyCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    @Mixin(name = "Serving")
    ListenOptions listen = new ListenOptions();

    @Mixin(name = "Certificate authority")
    CaOptions ca = new CaOptions();

    @Mixin(name = "Upstream")
    UpstreamOptions upstream = new UpstreamOptions();

    @Mixin(name = "DLP")
    DlpOptions dlp = new DlpOptions();

    @Mixin(name = "Logs")
    LogOptions log = new LogOptions();

    @Mixin(name = "Records")
    FlowOptions flows = new FlowOptions();

    @Mixin(name = "Inspection")
    InspectOptions inspect = new InspectOptions();

    @Mixin(name = "Questions")
    AskOptions ask = new AskOptions();

    @Mixin(name = "Timeouts")
    TimeoutOptions timeouts = new TimeoutOptions();

    @Mixin(name = "Limits")
    LimitOptions limits = new LimitOptions();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this and exit.")
    boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version and exit.")
    boolean version;

    final Map<String, String> environment;
    final Runner runner;

    /** What happens with valid settings; returns the exit status. */
    public interface Runner {
        int run(Settings settings, CaOptions ca);

        /** Runs a program that is sent through the gate, for as long as it runs. */
        default int runAround(Settings settings, CaOptions ca, ChildProgram child) {
            throw new UnsupportedOperationException("runs no programs");
        }
    }

    ProxyCommand(Map<String, String> environment, Runner runner) {
        this.environment = environment;
        this.runner = runner;
    }

    @Override
    public Integer call() {
        return runner.run(settings(), ca);
    }

    /**
     * What flags and variables say.
     *
     * @throws ParameterException naming the flag and what was expected
     */
    Settings settings() {
        try {
            ServingConfig serving = listen.config(environment);
            return new Settings(
                    serving,
                    limits.loops(),
                    limits.leaves(),
                    limits.limits(),
                    timeouts.timeouts(),
                    upstream.http,
                    upstream.config(serving.routes().isEmpty(), environment, timeouts.upstream(), limits.upstream()),
                    dlp.config(environment),
                    log.settings(serving.routes().isEmpty()),
                    flows.settings(environment),
                    inspect.config(serving, ca.directory()),
                    ask.config(environment),
                    TraceVariables.read(environment),
                    environment,
                    unknownVariables());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(Commands.required(spec).commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Set<String> unknownVariables() {
        CommandSpec gate = Commands.required(spec);
        return new EnvironmentDefaults(environment).unknown(gate, name -> name.equals(listen.proxyAuthEnv));
    }
}

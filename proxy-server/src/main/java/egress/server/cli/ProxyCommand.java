package egress.server.cli;

import egress.server.config.Settings;
import egress.upstream.Cidr;
import egress.upstream.UpstreamConfig;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
        customSynopsis = "egress-proxy [--routes FILE] [flags]   or   egress-proxy ca|env|check|explain|health ...",
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
public final class ProxyCommand implements Callable<Integer> {
    /** Where the image keeps its routes; the first that exists. */
    private static final List<Path> IMAGE_ROUTES =
            List.of(Path.of("/etc/egress/routes.yaml"), Path.of("/etc/egress-proxy/routes.yaml"));

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

    private final Map<String, String> environment;
    private final Runner runner;

    /** What happens with valid settings; returns the exit status. */
    public interface Runner {
        int run(Settings settings, CaOptions ca);
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
            Optional<Path> routes = routes();
            Settings settings = new Settings(
                    routes,
                    Optional.ofNullable(listen.reloadInterval),
                    listen.passthrough,
                    listen.listen,
                    listen.proxyAuthEnv == null ? Map.of() : ProxyUsers.of(listen.proxyAuthEnv, environment),
                    listen.admin.endpoint(),
                    listen.metrics.endpoint(),
                    limits.loops(),
                    limits.leaves(),
                    limits.limits(),
                    timeouts.timeouts(),
                    upstream.http,
                    upstreamConfig(routes.isEmpty()),
                    dlp.config(environment),
                    log.settings(),
                    environment,
                    unknownVariables());
            if (routes.isEmpty()) {
                requireLoopback();
            }
            return settings;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(Commands.required(spec).commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Set<String> unknownVariables() {
        CommandSpec gate = Commands.required(spec);
        return new EnvironmentDefaults(environment).unknown(gate, name -> name.equals(listen.proxyAuthEnv));
    }

    private Optional<Path> routes() {
        if (listen.routes != null || !environment.containsKey(EnvironmentDefaults.IMAGE)) {
            return Optional.ofNullable(listen.routes);
        }
        // Never the debugging proxy in the image: a mount that is missing must not open the gate.
        return Optional.of(
                IMAGE_ROUTES.stream().filter(Files::exists).findFirst().orElse(IMAGE_ROUTES.getFirst()));
    }

    private UpstreamConfig upstreamConfig(boolean debugging) {
        for (Path file : upstream.extraTrust) {
            if (!Files.isReadable(file) || Files.isDirectory(file)) {
                throw new IllegalArgumentException(
                        "--upstream-ca: " + file + " cannot be read (expected: a PEM file of certificates)");
            }
        }
        List<Cidr> allowed = debugging ? List.of(Cidr.parse("0.0.0.0/0"), Cidr.parse("::/0")) : upstream.allowPrivate;
        UpstreamConfig config = UpstreamConfig.DEFAULTS
                .withAllowPrivate(allowed)
                .withConnectTo(upstream.connectTo)
                .withExtraTrust(upstream.extraTrust)
                .withNames(upstream.names)
                .withEnvironment(environment)
                .withTimeouts(timeouts.upstream())
                .withLimits(limits.upstream());
        return upstream.proxy == null ? config : config.withProxy(upstream.proxy);
    }

    private void requireLoopback() {
        try {
            if (listen.listen.address().getAddress().isLoopbackAddress()) {
                return;
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("--listen: " + listen.listen + " (expected: a host with an address)", e);
        }
        throw new IllegalArgumentException("--listen: " + listen.listen
                + " (expected: a loopback address, because without --routes everything is allowed)");
    }
}

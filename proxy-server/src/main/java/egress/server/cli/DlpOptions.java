package egress.server.cli;

import egress.dlp.Profile;
import egress.dlp.pipelock.PipelockMode;
import egress.dlp.pipelock.PipelockSettings;
import egress.server.cli.OptionTypes.Bytes;
import egress.server.config.BodyRate;
import egress.server.config.DlpConfig;
import egress.server.config.DlpConfig.Mode;
import egress.server.config.Endpoint;
import egress.server.config.KnownHits;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Picocli mixin: what is scanned before it leaves, by whom, and what may be held meanwhile. */
final class DlpOptions {
    private static final DlpConfig DEFAULTS = DlpConfig.defaults();

    @Option(
            names = "--dlp",
            paramLabel = "builtin|pipelock|both|off",
            description = {
                "Who scans requests for secrets before they leave: the scanner of this program, pipelock,",
                "both (a deny by either denies), or nobody. Default: builtin; with --pipelock, both"
            })
    @Nullable
    Mode mode;

    @Option(
            names = "--dlp-max-body",
            paramLabel = "BYTES",
            description =
                    "Longest body; a longer one is refused (413), never scanned in part. Default: ${DEFAULT-VALUE}")
    Bytes maxBody = new Bytes((int) DEFAULTS.maxBody());

    @Option(
            names = "--dlp-memory",
            paramLabel = "BYTES",
            description = {
                "Memory for bodies that wait for their verdict; shared by callers, a spent share is a 503.",
                "Default: an eighth of the heap, here ${DEFAULT-VALUE}"
            })
    Bytes memory = new Bytes((int) Math.min(DEFAULTS.memory(), 1 << 30));

    @Option(
            names = "--spool-dir",
            paramLabel = "DIR",
            description = "Where larger bodies wait, in files without a name. Default: ${DEFAULT-VALUE}")
    Path spoolDirectory = DEFAULTS.spoolDirectory();

    @Option(
            names = "--spool-max",
            paramLabel = "BYTES",
            description = "For all of them; shared by callers, a spent share is a 503. Default: ${DEFAULT-VALUE}")
    Bytes spoolMax = new Bytes((int) DEFAULTS.spoolMax());

    @Option(
            names = "--body-rate",
            paramLabel = "BYTES",
            description = {
                "Least bytes a second of a held body, counted over 30 s; a slower one is a 408.",
                "Only time in which the caller alone is waited for counts. Default: ${DEFAULT-VALUE}"
            })
    Bytes bodyRate = new Bytes((int) BodyRate.DEFAULT.bytes());

    @Option(
            names = "--dlp-timeout",
            paramLabel = "TIME",
            defaultValue = "5s",
            description = "Longest wait for a verdict; then the request is denied. Default: ${DEFAULT-VALUE}")
    Duration timeout = DEFAULTS.timeout();

    @Option(
            names = "--dlp-known-hits",
            paramLabel = "N/TIME|off",
            description = {
                "A caller with N different hits on known secrets within TIME is locked out for TIME:",
                "everything it sends is a 403 (dlp_locked). Default: ${DEFAULT-VALUE}"
            })
    OptionTypes.Rate knownHits = new OptionTypes.Rate(KnownHits.DEFAULT.count(), KnownHits.DEFAULT.span());

    @Option(
            names = "--dlp-profile",
            paramLabel = "strict|balanced|quiet",
            description = {
                "What a token that looks made up does, on routes without a profile of their own. strict: placeholders",
                "and examples block too. quiet: what looks made up only warns. Default: ${DEFAULT-VALUE}"
            })
    Profile profile = Profile.BALANCED;

    @Option(
            names = "--dlp-allow",
            paramLabel = "FINGERPRINT",
            split = ",",
            description = {
                "Let the value of this fingerprint leave on every route: fp: and 16 hexadecimal digits,",
                "as a block's log line shows it. It stays the same as long as the CA. May be repeated."
            })
    List<String> allowed = List.of();

    @Option(
            names = "--pipelock",
            paramLabel = "URL",
            description = "Ask pipelock here: http://HOST:PORT of its reverse proxy, scan API or forward proxy.")
    @Nullable
    URI pipelock;

    @Option(
            names = "--pipelock-way",
            paramLabel = "sink|scan|forward",
            description = {
                "How it is asked. sink (the default): through its reverse proxy, whose upstream is --pipelock-sink.",
                "scan: by its scan API. forward: through its forward proxy, which sends a clear-text copy to the host."
            })
    PipelockMode way = PipelockMode.SINK;

    @Option(
            names = "--pipelock-sink",
            paramLabel = "HOST:PORT",
            description = "Where its reverse proxy has its upstream. Default: ${DEFAULT-VALUE}")
    Endpoint sink = new Endpoint("127.0.0.1", 9902);

    @Option(
            names = "--pipelock-scan",
            paramLabel = "URL",
            description = "Ask its scan API about the URL too, beside the sink or forward way.")
    @Nullable
    URI scan;

    @Option(
            names = "--pipelock-token-env",
            paramLabel = "NAME",
            description = "The variable that holds the scan API's bearer token.")
    @Nullable
    String tokenEnv;

    /**
     * What the flags say.
     *
     * @throws IllegalArgumentException naming the flag and what was expected
     */
    DlpConfig config(Map<String, String> environment) {
        Mode chosen = mode == null ? (pipelock == null ? Mode.BUILTIN : Mode.BOTH) : mode;
        boolean asksPipelock = chosen == Mode.PIPELOCK || chosen == Mode.BOTH;
        if (asksPipelock && pipelock == null) {
            throw new IllegalArgumentException(
                    "--dlp: " + OptionTypes.name(chosen) + " (expected: --pipelock with it, to say where pipelock is)");
        }
        if (pipelock == null && (scan != null || tokenEnv != null)) {
            throw new IllegalArgumentException(
                    (scan != null ? "--pipelock-scan" : "--pipelock-token-env") + ": expected --pipelock with it");
        }
        if (!Files.isDirectory(spoolDirectory)) {
            throw new IllegalArgumentException("--spool-dir: " + spoolDirectory + " (expected: a directory)");
        }
        for (String fingerprint : allowed) {
            if (!fingerprint.matches("fp:[0-9a-f]{16}")) {
                // Not shown: it may be the value itself by mistake.
                throw new IllegalArgumentException(
                        "--dlp-allow: no fingerprint (expected: fp: and 16 hexadecimal digits)");
            }
        }
        return new DlpConfig(
                chosen == Mode.BUILTIN || chosen == Mode.BOTH,
                asksPipelock ? Optional.of(asked(environment)) : Optional.empty(),
                maxBody.count(),
                memory.count(),
                spoolDirectory,
                spoolMax.count(),
                timeout,
                new HashSet<>(allowed),
                profile,
                new BodyRate(bodyRate.count(), BodyRate.DEFAULT.over()),
                new KnownHits(knownHits.count(), knownHits.span()));
    }

    private PipelockSettings asked(Map<String, String> environment) {
        URI base = pipelock;
        if (base == null) {
            throw new IllegalStateException("no pipelock is named");
        }
        return PipelockSettings.of(way, base, token(environment))
                .withSink(sinkAddress())
                .withScan(scan)
                .withTimeout(timeout)
                .withMaxBody(maxBody.count());
    }

    private @Nullable String token(Map<String, String> environment) {
        if (tokenEnv == null) {
            return null;
        }
        String token = environment.getOrDefault(tokenEnv, "").strip();
        if (token.isEmpty()) {
            throw new IllegalArgumentException(
                    "--pipelock-token-env: " + tokenEnv + " is unset or empty (expected: the scan API's token in it)");
        }
        return token;
    }

    private InetSocketAddress sinkAddress() {
        try {
            return sink.address();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("--pipelock-sink: " + sink + " (expected: a host with an address)", e);
        }
    }
}

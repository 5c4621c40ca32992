package egress.server.cli;

import egress.dlp.Profile;
import egress.dlp.builtin.BuiltInScanner;
import egress.http.Authority;
import egress.policy.DlpRules;
import egress.policy.Route;
import egress.server.dlp.DlpTrial;
import egress.server.routes.RoutesFile;
import egress.server.routes.TokenSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code egress-proxy dlp}: the scanner by itself. */
@Command(
        name = "dlp",
        description = "The scanner for secrets by itself.",
        subcommands = DlpCommand.Try.class,
        mixinStandardHelpOptions = true)
final class DlpCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "dlp: what is to be done? (expected: try)");
    }

    /** {@code egress-proxy dlp try < BODY}: what would become of a body, and why. */
    @Command(
            name = "try",
            description = {
                "Read a body from standard input and say what the scanner would do with it, where and why.",
                "Nothing is sent anywhere. A value that every scanning route blocks: " + BuiltInScanner.TEST_VALUE
            },
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:it would leave", "1:it would not, or the routes file does not hold", "2:wrong usage"})
    static final class Try implements Callable<Integer> {
        /** As {@code --dlp-max-body} is by default. */
        private static final int MOST = 16 << 20;

        @Option(
                names = "--routes",
                paramLabel = "FILE",
                description =
                        "the routes file: its credentials must not leave, and the host's route says how it is scanned")
        private @Nullable Path routes;

        @Option(
                names = "--host",
                paramLabel = "HOST[:PORT]",
                description =
                        "to whom it would go; port 443 where none is named. Without it: a route without a dlp of its own")
        private @Nullable String host;

        @Option(names = "--type", paramLabel = "TYPE", description = "its Content-Type. Default: ${DEFAULT-VALUE}")
        private String type = "application/octet-stream";

        @Option(
                names = "--coding",
                paramLabel = "CODING",
                description = "its Content-Encoding: gzip, deflate, br, zstd")
        private String coding = "";

        @Option(
                names = "--dlp-profile",
                paramLabel = "strict|balanced|quiet",
                description = "of a route that names none. Default: ${DEFAULT-VALUE}")
        private Profile profile = Profile.BALANCED;

        @Spec
        @SuppressWarnings("NullAway.Init")
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            Path file = routes;
            if (file == null) {
                if (host != null) {
                    throw new ParameterException(
                            spec.commandLine(), "--host: " + host + " (expected: --routes with it)");
                }
                return tell(new DlpTrial(List.of(), List.of(), System.getenv()), DlpRules.DEFAULT);
            }
            return switch (RoutesFile.load(file, TokenSource.of(System.getenv()), List.of())) {
                case RoutesFile.Result.Invalid invalid -> {
                    PrintWriter err = spec.commandLine().getErr();
                    invalid.errors().forEach(err::println);
                    err.flush();
                    yield 1;
                }
                case RoutesFile.Result.Valid valid -> by(valid.loaded());
            };
        }

        private int by(RoutesFile.Loaded loaded) throws IOException {
            DlpTrial trial = new DlpTrial(loaded.policy().routes(), loaded.secrets(), System.getenv());
            return tell(
                    trial, host == null ? DlpRules.DEFAULT : route(loaded, host).dlp());
        }

        private Route route(RoutesFile.Loaded loaded, String text) {
            Authority authority;
            try {
                authority = Authority.parse(text, 443);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), "--host: " + e.getMessage());
            }
            return loaded.policy()
                    .routeAt(authority)
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(), "--host: " + authority + " (expected: a host that a route names)"));
        }

        private int tell(DlpTrial trial, DlpRules rules) throws IOException {
            byte[] body = read(System.in);
            DlpTrial.Outcome outcome = trial.scan(rules, profile, type, coding, body);
            PrintWriter out = spec.commandLine().getOut();
            outcome.lines().forEach(out::println);
            out.flush();
            return outcome.leaves() ? 0 : 1;
        }

        private byte[] read(InputStream in) throws IOException {
            byte[] body = in.readNBytes(MOST + 1);
            if (body.length > MOST) {
                throw new ParameterException(
                        spec.commandLine(), "standard input: over 16 MiB (expected: a body of at most that)");
            }
            return body;
        }
    }
}

package egress.server.cli;

import egress.policy.Route;
import egress.server.routes.RoutesFile;
import egress.server.routes.TokenSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code egress-proxy check FILE}: what the proxy would say of a routes file. */
@Command(
        name = "check",
        description = "Read a routes file as the proxy does, and say everything that is wrong with it.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the file holds", "1:it does not"})
final class CheckCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE", description = "the routes file")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        return switch (RoutesFile.load(file, TokenSource.of(System.getenv()), List.of())) {
            case RoutesFile.Result.Invalid invalid -> {
                invalid.errors().forEach(err::println);
                err.flush();
                yield 1;
            }
            case RoutesFile.Result.Valid valid -> {
                RoutesFile.Loaded loaded = valid.loaded();
                loaded.warnings().forEach(warning -> err.println(file + ": warning: " + warning));
                plainHttp(loaded.policy().routes())
                        .ifPresent(hosts -> err.println(file + ": note: plain http passes too, to port 80 of " + hosts
                                + " (host: NAME:443 is https alone)"));
                err.flush();
                PrintWriter out = spec.commandLine().getOut();
                out.println(file + ": " + loaded.policy().routes().size() + " route(s), no mistake");
                out.flush();
                yield 0;
            }
        };
    }

    /** The hosts that plain HTTP reaches: with a credential it does not, which is written on TLS alone. */
    private static Optional<String> plainHttp(List<Route> routes) {
        List<String> hosts = routes.stream()
                .filter(route -> route.credential().isEmpty() && !route.passthrough())
                .filter(route -> route.serves().stream().anyMatch(Route.Served::tls)
                        && route.serves().stream().anyMatch(served -> !served.tls()))
                .map(Route::name)
                .toList();
        return hosts.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", hosts));
    }
}

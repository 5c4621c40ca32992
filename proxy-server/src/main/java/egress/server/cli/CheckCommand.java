package egress.server.cli;

import egress.policy.HostPattern;
import egress.policy.Route;
import egress.server.routes.RoutesFile;
import egress.server.routes.TokenSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
                loaded.policy().routes().stream()
                        .filter(Route::isPattern)
                        .forEach(route -> err.println(file + ": note: " + opens(route)));
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

    /** What a pattern lets through that no line of the file names. */
    private static String opens(Route route) {
        HostPattern names = route.patterns().getFirst().names();
        String ports = route.patterns().stream()
                .map(served -> served.port() + (served.tls() ? " (https)" : " (plain http)"))
                .collect(Collectors.joining(" and "));
        return route.name() + " opens every name with " + (names.anyDepth() ? "one label or more" : "one label")
                + " before ." + names.suffix() + ", such as " + (names.anyDepth() ? "any.name." : "any-name.")
                + names.suffix() + ", at port " + ports + "; not " + names.suffix()
                + " itself, and no name that has an entry; " + route.dlp().names()
                + " new names in 10 minutes for each caller";
    }

    /** The hosts that plain HTTP reaches: with a credential it does not, which is written on TLS alone. */
    private static Optional<String> plainHttp(List<Route> routes) {
        List<String> hosts = routes.stream()
                .filter(route -> route.credential().isEmpty() && !route.passthrough())
                .filter(route -> route.serves().size() == 2 || route.patterns().size() == 2)
                .map(Route::name)
                .toList();
        return hosts.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", hosts));
    }
}

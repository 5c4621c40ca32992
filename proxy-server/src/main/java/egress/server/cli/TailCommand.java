package egress.server.cli;

import egress.server.cli.OptionTypes.Switchable;
import egress.server.flows.FilterParser;
import egress.server.flows.FilterSyntaxException;
import egress.server.inspect.Tail;
import egress.server.inspect.TokenFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code egress-proxy tail}: what the page shows, as lines in another terminal. */
@Command(
        name = "tail",
        description = {
            "Show what goes through the gate that runs here, live: what its page shows, as lines.",
            "A FILTER is mitmproxy's language, such as: ~d example.com & !~c 200"
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the gate has ended", "1:it cannot be asked", "2:wrong use"})
final class TailCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    @Mixin
    CaLocation location = new CaLocation();

    @Option(
            names = "--admin",
            paramLabel = "HOST:PORT",
            description = "Where the gate has its --admin. Default: ${DEFAULT-VALUE}")
    Switchable admin = ListenOptions.defaultAdmin();

    @Option(names = "--new", description = "Only what comes from now on.")
    boolean onlyNew;

    @Parameters(paramLabel = "FILTER", arity = "0..*", description = "What to show; everything without it.")
    List<String> filter = List.of();

    @Override
    public Integer call() {
        CommandSpec command = Commands.required(spec);
        String sought = String.join(" ", filter);
        try {
            FilterParser.parse(sought);
        } catch (FilterSyntaxException e) {
            throw new ParameterException(command.commandLine(), "filter: " + e.getMessage(), e);
        }
        int port = admin.endpoint()
                .orElseThrow(() -> new ParameterException(
                        command.commandLine(), "--admin: is off (expected: the one of the gate that runs)"))
                .port();
        Path file = TokenFile.in(location.directory(), port);
        PrintWriter out = command.commandLine().getOut();
        try {
            new Tail(TokenFile.read(file)).follow(sought, onlyNew, out);
            return 0;
        } catch (NoSuchFileException e) {
            return Commands.fail(
                    command,
                    "no gate with a page runs with --admin on port " + port + ": there is no " + file
                            + " (expected: a gate with --inspect, and the same --ca-dir)");
        } catch (IOException e) {
            return Commands.fail(command, e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }
}

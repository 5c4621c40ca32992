package egress.server.cli;

import egress.server.cli.OptionTypes.Switchable;
import egress.server.config.Endpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code egress-proxy run -- COMMAND}: a gate around one program, for as long as it runs. */
@Command(
        name = "run",
        customSynopsis = "egress-proxy run [flags] -- COMMAND ARG...",
        description = {
            "",
            "Run a program through a gate of its own: on a free port, with a CA made for this run, and with the",
            "variables set that send programs through it and make them trust it. Says at the end what was denied,",
            "found or failed (-v: every exchange), and exits with the program's status.",
            "",
            "  egress-proxy run -- curl https://example.com/",
            "  egress-proxy run --routes routes.yaml -- claude",
            "  egress-proxy run --learn routes.yaml -- npm ci",
            "",
            "Variables are a courtesy and no wall: a program that ignores them is not stopped, and one of the same",
            "user could read the credentials of the routes in this process's memory. docs/image.md has walls.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "N:the program's own",
            "128+N:it was ended by signal N",
            "127:there is no such program",
            "126:it cannot be run",
            "2:wrong usage",
            "1:the gate cannot start"
        },
        footer = {"", "Every other flag of egress-proxy --help holds here too. More: docs/run.md"})
final class RunCommand extends ProxyCommand {
    /** What its help shows of the flags. */
    static final List<String> SHOWN = List.of(
            "--routes",
            "--learn",
            "--flows",
            "--inspect",
            "--verbose",
            "--quiet",
            "--log-format",
            "--flow-detail",
            "--filter",
            "--ca",
            "--ca-dir",
            "--connect-to",
            "--upstream-ca",
            "--upstream-proxy",
            "--help");

    @Option(
            names = "--learn",
            paramLabel = "FILE",
            description = "Write, when the program has ended, the routes file that what it did would need.")
    @Nullable
    Path learn;

    @Parameters(paramLabel = "COMMAND", arity = "0..*", hidden = true)
    List<String> command = List.of();

    RunCommand(Map<String, String> environment, Runner runner) {
        super(environment, runner);
    }

    @Override
    public Integer call() {
        if (command.isEmpty()) {
            throw wrong("run: no command (expected: egress-proxy run [flags] -- COMMAND ARG...)");
        }
        if (learn != null && Files.exists(learn)) {
            throw wrong("--learn: " + learn + " is there already (expected: a file that is not)");
        }
        ofItsOwn();
        return runner.runAround(settings(), ca, new ChildProgram(command, Optional.ofNullable(learn), hidden()));
    }

    /** What flags say that variables hold. */
    private Set<String> hidden() {
        Set<String> names = new HashSet<>();
        for (String name : new @Nullable String[] {listen.proxyAuthEnv, dlp.tokenEnv}) {
            if (name != null) {
                names.add(name);
            }
        }
        return names;
    }

    private ParameterException wrong(String words) {
        return new ParameterException(Commands.required(spec).commandLine(), words);
    }

    /** What a gate for one program has to itself by default. */
    private void ofItsOwn() {
        ask.ofChild = true;
        if (!isGiven("--listen")) {
            listen.listen = new Endpoint("127.0.0.1", 0);
        }
        if (!isGiven("--admin")) {
            listen.admin = new Switchable(Optional.of(new Endpoint("127.0.0.1", 0)));
        }
        if (!isGiven("--inspect")) {
            inspect.inspect = false; // its page would be gone with the program
        }
        if (ca.exclusive().stream().noneMatch(this::isGiven)) {
            ca.ofThisRun();
        }
    }

    private boolean isGiven(String flag) {
        var option = Commands.required(spec).findOption(flag);
        boolean byVariable = EnvironmentDefaults.variableOf(option)
                .map(environment::get)
                .filter(value -> !value.isEmpty())
                .isPresent();
        return byVariable
                || Commands.required(spec).commandLine().getParseResult().hasMatchedOption(flag);
    }
}

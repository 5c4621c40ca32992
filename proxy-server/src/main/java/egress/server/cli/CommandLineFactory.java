package egress.server.cli;

import egress.server.log.Notices;
import egress.server.routes.DidYouMean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line, with its errors as one sentence each. */
public final class CommandLineFactory {
    /** As of most programs: called wrongly. */
    private static final int WRONG_USE = 2;

    private static final Pattern PICOCLI_PREFIX =
            Pattern.compile("^Invalid value for option '[^']*'(?: at index \\d+)?(?: \\([^)]*\\))?: ");

    private static final Set<String> SUBCOMMANDS = Set.of(
            "aot", "ask", "ca", "check", "dlp", "env", "explain", "har", "health", "mcp", "routes", "run", "tail");

    private CommandLineFactory() {}

    /** Runs what the arguments say; returns the exit status. */
    public static int run(
            Map<String, String> environment, ProxyCommand.Runner runner, Notices notices, String... arguments) {
        // The subcommands take a tenth of the start to read, and a run of the gate names none: its own flags all begin
        // with a hyphen, and a value that is another word costs no more than that.
        boolean plain = Arrays.stream(arguments)
                .noneMatch(word -> SUBCOMMANDS.contains(word) || word.equals("-h") || word.equals("--help"));
        return (plain ? gate(environment, runner, notices) : of(environment, runner, notices)).execute(arguments);
    }

    /** The command line with everything in it. */
    public static CommandLine of(Map<String, String> environment, ProxyCommand.Runner runner, Notices notices) {
        CommandLine gate = gate(environment, runner, notices);
        CommandLine run = new CommandLine(new RunCommand(environment, runner));
        gate.addSubcommand(run);
        gate.addSubcommand(new AotCommand());
        gate.addSubcommand(AskCommand.of(environment));
        gate.addSubcommand(new CaCommand());
        gate.addSubcommand(new EnvCommand());
        gate.addSubcommand(new CheckCommand());
        gate.addSubcommand(new DlpCommand());
        gate.addSubcommand(new ExplainCommand());
        gate.addSubcommand(new HarCommand());
        gate.addSubcommand(new HealthCommand());
        gate.addSubcommand(new McpCommand(environment));
        gate.addSubcommand(new RoutesCommand());
        gate.addSubcommand(new TailCommand());
        settle(gate, environment, notices);
        HelpLayout.applyPicked(run, RunCommand.SHOWN);
        return gate;
    }

    private static CommandLine gate(Map<String, String> environment, ProxyCommand.Runner runner, Notices notices) {
        CommandLine gate = new CommandLine(new ProxyCommand(environment, runner));
        settle(gate, environment, notices);
        return gate;
    }

    /** What holds for all commands; a subcommand takes it on from what is there when this is called. */
    private static void settle(CommandLine gate, Map<String, String> environment, Notices notices) {
        OptionTypes.register(gate);
        gate.setDefaultValueProvider(new EnvironmentDefaults(environment));
        gate.setUnmatchedOptionsArePositionalParams(false);
        gate.setParameterExceptionHandler((e, arguments) -> {
            notices.say(sentence(e, environment));
            return WRONG_USE;
        });
        gate.setExecutionExceptionHandler((e, commandLine, result) -> {
            notices.say(String.valueOf(e.getMessage() == null ? e.toString() : e.getMessage()));
            return 1;
        });
        HelpLayout.apply(gate);
    }

    private static String sentence(ParameterException e, Map<String, String> environment) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        if (e instanceof UnmatchedArgumentException unmatched) {
            return unknown(unmatched);
        }
        if (e.getArgSpec() instanceof OptionSpec option) {
            String value = e.getValue();
            boolean fromVariable = value != null
                    && EnvironmentDefaults.variableOf(option)
                            .map(environment::get)
                            .filter(text -> text.contains(value))
                            .isPresent()
                    && !isOnCommandLine(e, option);
            String name = fromVariable
                    ? EnvironmentDefaults.variableOf(option).orElse(option.longestName())
                    : option.longestName();
            return name + ": " + PICOCLI_PREFIX.matcher(message).replaceFirst("");
        }
        return message;
    }

    private static String unknown(UnmatchedArgumentException e) {
        CommandSpec command = e.getCommandLine().getCommandSpec();
        String first = e.getUnmatched().getFirst();
        String flag = first.split("=", 2)[0];
        List<String> names = new ArrayList<>();
        if (flag.startsWith("-")) {
            command.options().forEach(option -> names.addAll(Arrays.asList(option.names())));
        } else if (command.parent() == null) {
            names.addAll(SUBCOMMANDS);
        } else {
            names.addAll(command.subcommands().keySet());
        }
        String meant = DidYouMean.nearest(flag, names)
                .map(name -> "did you mean " + name + "? ")
                .orElse("");
        return "unknown: " + String.join(" ", e.getUnmatched()) + " (" + meant + "expected: what "
                + command.qualifiedName() + " --help lists)";
    }

    private static boolean isOnCommandLine(ParameterException e, OptionSpec option) {
        return e.getCommandLine().getParseResult() != null
                && e.getCommandLine().getParseResult().hasMatchedOption(option);
    }
}

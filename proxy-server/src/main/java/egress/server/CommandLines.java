package egress.server;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line, with its errors as one sentence each. */
final class CommandLines {
    /** As of most programs: called wrongly. */
    private static final int WRONG_USE = 2;

    private static final Pattern PICOCLI_PREFIX =
            Pattern.compile("^Invalid value for option '[^']*'(?: at index \\d+)?(?: \\([^)]*\\))?: ");

    private CommandLines() {}

    static CommandLine of(Map<String, String> environment, GateCommand.Runner runner, Notices notices) {
        CommandLine gate = new CommandLine(new GateCommand(environment, runner));
        gate.addSubcommand(new CaCommand());
        gate.addSubcommand(new EnvCommand());
        gate.addSubcommand(new CheckCommand());
        gate.addSubcommand(new ExplainCommand());
        Flags.register(gate);
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
        return gate;
    }

    /** The {@code EGRESS_*} variables that are neither a flag's twin nor hold a token. */
    static Set<String> unknownVariables(Map<String, String> environment, Set<String> tokens, Notices notices) {
        CommandLine gate = of(environment, (settings, ca) -> 0, notices);
        String users = environment.getOrDefault("EGRESS_PROXY_AUTH_ENV", "");
        return new EnvironmentDefaults(environment)
                .unknown(gate.getCommandSpec(), name -> tokens.contains(name) || name.equals(users));
    }

    private static String sentence(ParameterException e, Map<String, String> environment) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        if (e instanceof UnmatchedArgumentException unmatched) {
            return "unknown: " + String.join(" ", unmatched.getUnmatched()) + " (expected: what "
                    + e.getCommandLine().getCommandSpec().qualifiedName() + " --help lists)";
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

    private static boolean isOnCommandLine(ParameterException e, OptionSpec option) {
        return e.getCommandLine().getParseResult() != null
                && e.getCommandLine().getParseResult().hasMatchedOption(option);
    }
}

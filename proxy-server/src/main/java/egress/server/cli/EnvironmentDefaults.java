package egress.server.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The {@code EGRESS_*} twin of each flag of the gate: {@code --upstream-ca} is {@code EGRESS_UPSTREAM_CA}. The command
 * line comes first, then the variable, then the default. An empty variable is an unset one.
 */
final class EnvironmentDefaults implements IDefaultValueProvider {
    static final String PREFIX = "EGRESS_";

    /** Says that this is the image, whose routes and CA are at a known place, and which listens for other containers. */
    static final String IMAGE = "EGRESS_IMAGE";

    /** What other defaults the image has than a run by hand. */
    private static final Map<String, String> IN_IMAGE = Map.of(
            "--listen", "0.0.0.0:9099", "--ca", "/home/mitmproxy/.mitmproxy/mitmproxy-ca.pem", "--lines", "blocks");

    /** Whoever says one of these asks for another authority than the image's. */
    private static final Set<String> OTHER_CA = Set.of("EGRESS_CA_DIR", "EGRESS_CA_EPHEMERAL");

    private static final Pattern TOKEN = Pattern.compile("EGRESS_TOKEN_[A-Za-z0-9_]+");
    /** Read by the launch script, and the marker of the image. */
    private static final Set<String> OTHERS = Set.of("EGRESS_JAVA_OPTS", "EGRESS_JDK_DIRS", IMAGE);

    private final Map<String, String> environment;

    EnvironmentDefaults(Map<String, String> environment) {
        this.environment = environment;
    }

    /** The variable of a flag; none for {@code --help} and {@code --version}. */
    static Optional<String> variableOf(OptionSpec option) {
        String name = option.longestName();
        return option.usageHelp() || option.versionHelp() || !name.startsWith("--")
                ? Optional.empty()
                : Optional.of(PREFIX + name.substring(2).replace('-', '_').toUpperCase(Locale.ROOT));
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option) || !isOfGate(option)) {
            return null;
        }
        String value = variableOf(option).map(environment::get).orElse("");
        return value.isEmpty() ? imageDefault(option.longestName()) : value;
    }

    private @Nullable String imageDefault(String flag) {
        boolean other = flag.equals("--ca")
                && OTHER_CA.stream()
                        .anyMatch(name -> !environment.getOrDefault(name, "").isEmpty());
        return environment.containsKey(IMAGE) && !other ? IN_IMAGE.get(flag) : null;
    }

    /** A subcommand shares the variables of the flags that it shares; its own have none. */
    private static boolean isOfGate(OptionSpec option) {
        return option.command().root().findOption(option.longestName()) != null;
    }

    /**
     * The {@code EGRESS_*} variables that mean nothing: mistyped, most likely.
     *
     * @param known further names in use, such as the variables that hold tokens
     */
    Set<String> unknown(CommandSpec gate, Predicate<String> known) {
        Set<String> unknown = new TreeSet<>();
        for (String name : environment.keySet()) {
            if (name.startsWith(PREFIX)
                    && !OTHERS.contains(name)
                    && !TOKEN.matcher(name).matches()
                    && !known.test(name)) {
                unknown.add(name);
            }
        }
        gate.options().forEach(option -> variableOf(option).ifPresent(unknown::remove));
        return unknown;
    }
}

package egress.server.cli;

import egress.ca.CaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** What the commands share. */
final class Commands {
    private Commands() {}

    /** What picocli has put into a command. */
    static CommandSpec required(@Nullable CommandSpec spec) {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return spec;
    }

    /** Says what is wrong in one line; the exit status of a failure that is not one of usage. */
    static int fail(CommandSpec spec, CaException e) {
        spec.commandLine().getErr().println("egress: " + e.getMessage());
        spec.commandLine().getErr().flush();
        return 1;
    }
}

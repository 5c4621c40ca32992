package egress.server.cli;

import egress.ca.CaException;
import egress.upstream.tls.TrustedRoots;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
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

    /** What the proxy that runs here verifies origins by, so that a bundle made of it trusts the same. */
    static List<X509Certificate> machineTrust(Map<String, String> environment) throws CaException {
        try {
            return TrustedRoots.ofMachine(environment).certificates();
        } catch (IOException | GeneralSecurityException e) {
            throw new CaException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Says what is wrong in one line; the exit status of a failure that is not one of usage. */
    static int fail(CommandSpec spec, Exception e) {
        return fail(spec, String.valueOf(e.getMessage()));
    }

    /** The same in words. */
    static int fail(CommandSpec spec, String words) {
        spec.commandLine().getErr().println("egress: " + words);
        spec.commandLine().getErr().flush();
        return 1;
    }
}

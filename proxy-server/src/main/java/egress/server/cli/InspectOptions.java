package egress.server.cli;

import egress.server.cli.OptionTypes.Bytes;
import egress.server.config.Endpoint;
import egress.server.config.InspectConfig;
import egress.server.config.ServingConfig;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Picocli mixin: the page on which a person sees what goes through. */
final class InspectOptions {
    @Option(
            names = "--inspect",
            negatable = true,
            fallbackValue = "true",
            description = {
                "Serve a page for a person on --admin, with what went through, live (docs/inspector.md).",
                "Its address, with a token, is printed at the start. Default: on without --routes"
            })
    @Nullable
    Boolean inspect;

    @Option(
            names = "--inspect-max",
            paramLabel = "BYTES",
            description = "Memory for what the page shows; the oldest goes first. Default: ${DEFAULT-VALUE}")
    Bytes max = new Bytes((int) InspectConfig.DEFAULT_MOST);

    /**
     * What the flags say.
     *
     * @param directory where the page's address is written
     * @throws IllegalArgumentException naming the flag and what was expected
     */
    InspectConfig config(ServingConfig serving, Path directory) {
        boolean loopback = isLoopback(serving.admin());
        if (Boolean.TRUE.equals(inspect) && !loopback) {
            throw new IllegalArgumentException("--inspect: --admin is "
                    + serving.admin().map(Endpoint::toString).orElse("off")
                    + " (expected: an --admin on a loopback address, where the page is served)");
        }
        boolean on = inspect == null ? serving.routes().isEmpty() && loopback : inspect;
        return new InspectConfig(on, max.count(), directory);
    }

    private static boolean isLoopback(Optional<Endpoint> admin) {
        try {
            return admin.isPresent() && admin.get().address().getAddress().isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false; // said when it is bound
        }
    }
}

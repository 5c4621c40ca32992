package egress.server.cli;

import egress.server.config.AskConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Picocli mixin: who is asked about what the routes do not allow. */
final class AskOptions {
    /** As those who run the gate for many agents set them. */
    static final String QUEUE_DIR = "SUPERVISE_QUEUE_DIR";

    private static final String BOTTLE = "SUPERVISE_BOTTLE_SLUG";
    private static final String TIMEOUT_SECONDS = "EGRESS_TOKEN_ALLOW_TIMEOUT_SECONDS";

    @Option(
            names = "--ask-queue",
            paramLabel = "DIR",
            description = {
                "Where questions to an operator wait for answers (docs/ask.md). Default: the variable",
                "SUPERVISE_QUEUE_DIR; without one, and without --inspect, ask means deny"
            })
    @Nullable
    Path queue;

    @Option(
            names = "--ask-owner",
            paramLabel = "UID",
            description = "The user whose answers count. Default: the one that the gate runs as")
    @Nullable
    Integer owner;

    @Option(
            names = "--ask-timeout",
            paramLabel = "TIME",
            description = {
                "How long a question waits, at most 1h.",
                "Default: the variable EGRESS_TOKEN_ALLOW_TIMEOUT_SECONDS, or 300s"
            })
    @Nullable
    Duration timeout;

    /** Set by the command that runs a program: it is of the gate's own user. */
    boolean ofChild;

    /** @throws IllegalArgumentException naming the flag or variable and what was expected */
    AskConfig config(Map<String, String> environment) {
        return new AskConfig(
                Optional.ofNullable(queue).or(() -> queueOf(environment)),
                owner(),
                timeout == null ? timeoutOf(environment) : timeout,
                ofChild,
                environment.getOrDefault(BOTTLE, ""));
    }

    /** The queue that a variable names. */
    static Optional<Path> queueOf(Map<String, String> environment) {
        String named = environment.getOrDefault(QUEUE_DIR, "");
        return named.isEmpty() ? Optional.empty() : Optional.of(CaLocation.expandHome(Path.of(named)));
    }

    private OptionalInt owner() {
        if (owner == null) {
            return OptionalInt.empty();
        }
        if (owner < 0) {
            throw new IllegalArgumentException("--ask-owner: " + owner + " (expected: the number of a user)");
        }
        return OptionalInt.of(owner);
    }

    private static Duration timeoutOf(Map<String, String> environment) {
        String seconds = environment.getOrDefault(TIMEOUT_SECONDS, "");
        if (seconds.isEmpty()) {
            return AskConfig.DEFAULT_TIMEOUT;
        }
        if (!seconds.matches("[0-9]{1,4}") || Integer.parseInt(seconds) < 1) {
            throw new IllegalArgumentException(
                    TIMEOUT_SECONDS + ": \"" + seconds + "\" (expected: seconds, 1 to 3600)");
        }
        return Duration.ofSeconds(Integer.parseInt(seconds));
    }
}

package egress.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Asking an operator.
 *
 * @param queue the directory of questions and answers; empty where there is none
 * @param owner the user id whose answers count; empty for the gate's own
 * @param timeout how long a question waits
 * @param ofChild whether what goes through the gate is a program of the gate's own user
 * @param bottle what the operator calls the sandbox; empty where it has no name
 */
public record AskConfig(Optional<Path> queue, OptionalInt owner, Duration timeout, boolean ofChild, String bottle) {
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

    /** A connection that waits longer has been given up by its peer. */
    private static final Duration LONGEST = Duration.ofHours(1);

    public AskConfig {
        if (timeout.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("--ask-timeout: " + timeout.toSeconds() + "s (expected: at most 1h)");
        }
        if (owner.isPresent() && queue.isEmpty()) {
            throw new IllegalArgumentException("--ask-owner: needs --ask-queue DIR");
        }
    }
}

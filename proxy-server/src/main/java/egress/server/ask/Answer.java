package egress.server.ask;

import java.time.Duration;
import java.util.Optional;

/** What an operator says. */
public sealed interface Answer {
    /** One request: one that waits, or the next. */
    record AllowOnce(Optional<String> pathPrefix) implements Answer {}

    /** @param span up to {@link #LONGEST} */
    record AllowFor(Duration span, Optional<String> pathPrefix) implements Answer {}

    /** For as long as the gate runs. */
    record AllowUntilExit(Optional<String> pathPrefix) implements Answer {}

    /** @param why for the agent; may be empty */
    record Deny(String why) implements Answer {}

    /** The longest {@link AllowFor}. */
    Duration LONGEST = Duration.ofDays(7);
}

package egress.server.ask;

import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What a desk works by.
 *
 * @param bottle what the operator calls the sandbox
 * @param page whether the page's answers count
 * @param random not to be foretold: ids are all that a question can be named by
 */
record DeskSettings(
        Duration timeout,
        String bottle,
        boolean page,
        InstantSource clock,
        LongSupplier ticks,
        RandomGenerator random) {
    long nanoTime() {
        return ticks.getAsLong();
    }
}

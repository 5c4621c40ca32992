package egress.server.config;

import java.time.Duration;

/**
 * The least rate at which a held body must come.
 *
 * @param bytes a second; 0 asks for nothing
 * @param over the time over which they are counted
 */
public record BodyRate(long bytes, Duration over) {
    public static final BodyRate DEFAULT = new BodyRate(1000, Duration.ofSeconds(30));

    public BodyRate {
        if (bytes < 0 || over.toMillis() < 6) {
            throw new IllegalArgumentException(
                    "rate: " + bytes + " in " + over + " (expected: 0 or more, over 6 ms or more)");
        }
    }

    /** The bytes that must come within {@link #over}. */
    public long least() {
        return bytes * over.toMillis() / 1000;
    }
}

package egress.server.config;

import java.time.Duration;

/**
 * How many different hits on known secrets of one caller in how long a time lock that caller out, for as long again.
 *
 * @param count 0: no caller is ever locked out
 */
public record KnownHits(int count, Duration span) {
    public static final KnownHits DEFAULT = new KnownHits(20, Duration.ofMinutes(10));
    public static final KnownHits OFF = new KnownHits(0, Duration.ofMinutes(10));

    /** The most that are remembered of a caller. */
    public static final int MOST = 10_000;

    public KnownHits {
        if (count < 0 || count > MOST) {
            throw new IllegalArgumentException("count: " + count + " (expected: 0-" + MOST + ")");
        }
    }

    /** Whether anybody can be locked out. */
    public boolean isOn() {
        return count > 0;
    }
}

package egress.server.config;

import java.nio.file.Path;

/**
 * The page.
 *
 * @param on whether it is served
 * @param most bytes of flows to hold at most; the oldest goes first
 * @param directory where the file with its address is written
 */
public record InspectConfig(boolean on, long most, Path directory) {
    public static final long DEFAULT_MOST = 64 << 20;

    public InspectConfig {
        if (most < 1 << 20) {
            throw new IllegalArgumentException("--inspect-max: " + most + " (expected: at least 1m)");
        }
    }
}

package egress.server.config;

import egress.server.dlp.body.SlowBodies;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * What the operator asked for.
 *
 * @param builtIn whether the scanner of the jar looks
 * @param maxBody in bytes; a body is scanned whole or not sent
 * @param memory in bytes, for everything held at once
 * @param spoolDirectory for bodies that are too large for memory
 * @param spoolMax in bytes, for all of them
 * @param timeout of a verdict
 * @param allowed fingerprints that may leave on every route
 * @param bodyRate the least that a held body comes at
 * @param knownHits how many hits on known secrets lock a caller out
 */
public record DlpSettings(
        boolean builtIn,
        long maxBody,
        long memory,
        Path spoolDirectory,
        long spoolMax,
        Duration timeout,
        Set<String> allowed,
        SlowBodies.Rate bodyRate,
        KnownHits knownHits) {
    /** A part of the heap, which already knows the container's bound. */
    private static final int HEAP_SHARE = 8;

    private static final long LEAST_MEMORY = 4L << 20;

    public DlpSettings {
        allowed = Set.copyOf(allowed);
    }

    /** With the default floor for held bodies, and the default bound of hits on known secrets. */
    public DlpSettings(
            boolean builtIn,
            long maxBody,
            long memory,
            Path spoolDirectory,
            long spoolMax,
            Duration timeout,
            Set<String> allowed) {
        this(
                builtIn,
                maxBody,
                memory,
                spoolDirectory,
                spoolMax,
                timeout,
                allowed,
                SlowBodies.Rate.DEFAULT,
                KnownHits.DEFAULT);
    }

    /** With another floor for held bodies: so many bytes a second, counted over that time. */
    public DlpSettings withBodyRate(long bytes, Duration over) {
        SlowBodies.Rate rate = new SlowBodies.Rate(bytes, over);
        return new DlpSettings(builtIn, maxBody, memory, spoolDirectory, spoolMax, timeout, allowed, rate, knownHits);
    }

    /** With another bound of hits on known secrets. */
    public DlpSettings withKnownHits(KnownHits bound) {
        return new DlpSettings(builtIn, maxBody, memory, spoolDirectory, spoolMax, timeout, allowed, bodyRate, bound);
    }

    /** The scanner of the jar alone, with the default bounds. */
    public static DlpSettings defaults() {
        return new DlpSettings(
                true,
                16L << 20,
                defaultMemory(),
                Path.of(System.getProperty("java.io.tmpdir")),
                1L << 30,
                Duration.ofSeconds(5),
                Set.of());
    }

    /** An eighth of the heap, in bytes. */
    public static long defaultMemory() {
        return Math.max(LEAST_MEMORY, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }
}

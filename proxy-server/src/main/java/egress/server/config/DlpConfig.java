package egress.server.config;

import egress.dlp.Profile;
import egress.dlp.pipelock.PipelockSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Who scans what leaves, and within which bounds.
 *
 * @param builtIn whether the scanner of the jar looks
 * @param pipelock how it is asked; empty where it is not
 * @param maxBody in bytes; a body is scanned whole or not sent
 * @param memory in bytes, for everything held at once
 * @param spoolDirectory for bodies that are too large for memory
 * @param spoolMax in bytes, for all of them
 * @param timeout of a verdict
 * @param allowed fingerprints that may leave on every route
 * @param profile of routes that name none
 * @param bodyRate the least that a held body comes at
 * @param knownHits how many hits on known secrets lock a caller out
 */
public record DlpConfig(
        boolean builtIn,
        Optional<PipelockSettings> pipelock,
        long maxBody,
        long memory,
        Path spoolDirectory,
        long spoolMax,
        Duration timeout,
        Set<String> allowed,
        Profile profile,
        BodyRate bodyRate,
        KnownHits knownHits) {
    /** A part of the heap, which already knows the container's bound. */
    private static final int HEAP_SHARE = 8;

    private static final long LEAST_MEMORY = 4L << 20;

    /** Who scans, as written on the command line. */
    public enum Mode {
        BUILTIN,
        PIPELOCK,
        BOTH,
        OFF
    }

    public DlpConfig {
        allowed = Set.copyOf(allowed);
    }

    /** Without pipelock, with the default rate for held bodies and the default bound of hits on known secrets. */
    public DlpConfig(
            boolean builtIn,
            long maxBody,
            long memory,
            Path spoolDirectory,
            long spoolMax,
            Duration timeout,
            Set<String> allowed) {
        this(
                builtIn,
                Optional.empty(),
                maxBody,
                memory,
                spoolDirectory,
                spoolMax,
                timeout,
                allowed,
                Profile.BALANCED,
                BodyRate.DEFAULT,
                KnownHits.DEFAULT);
    }

    /** With another least rate for held bodies. */
    public DlpConfig withBodyRate(BodyRate rate) {
        return new DlpConfig(
                builtIn,
                pipelock,
                maxBody,
                memory,
                spoolDirectory,
                spoolMax,
                timeout,
                allowed,
                profile,
                rate,
                knownHits);
    }

    /** With another bound of hits on known secrets. */
    public DlpConfig withKnownHits(KnownHits bound) {
        return new DlpConfig(
                builtIn,
                pipelock,
                maxBody,
                memory,
                spoolDirectory,
                spoolMax,
                timeout,
                allowed,
                profile,
                bodyRate,
                bound);
    }

    /** The scanner of the jar alone, with the default bounds. */
    public static DlpConfig defaults() {
        return new DlpConfig(
                true,
                16L << 20,
                defaultMemory(),
                Path.of(System.getProperty("java.io.tmpdir")),
                1L << 30,
                Duration.ofSeconds(5),
                Set.of());
    }

    /** An eighth of the heap, in bytes. */
    private static long defaultMemory() {
        return Math.max(LEAST_MEMORY, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }

    public boolean isOff() {
        return !builtIn && pipelock.isEmpty();
    }
}

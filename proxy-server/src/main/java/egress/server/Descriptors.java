package egress.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** How many connections of callers there are file descriptors for. */
final class Descriptors {
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Path OPEN = Path.of("/proc/self/fd");
    private static final String LIMIT = "Max open files";

    /** For listeners, spool files and the verdict service. */
    private static final int MOST_RESERVED = 64;
    /** The part of a small limit that is kept for those. */
    private static final int RESERVED_SHARE = 8;
    /** A caller's connection may need one to an origin. */
    private static final int OF_A_CALLER = 2;

    private Descriptors() {}

    /** As many as were asked for, or fewer where the limit in force allows no more. */
    static int connections(int asked) {
        try (Stream<Path> open = Files.list(OPEN)) {
            OptionalLong limit = limit(Files.readAllLines(LIMITS));
            return limit.isEmpty() ? asked : connections(asked, limit.getAsLong(), open.count());
        } catch (IOException e) {
            return asked; // not Linux, or no /proc
        }
    }

    /** @param open descriptors that the program has without any caller */
    static int connections(int asked, long limit, long open) {
        long left = limit - open - Math.min(MOST_RESERVED, limit / RESERVED_SHARE);
        return (int) Math.max(1, Math.min(asked, left / OF_A_CALLER));
    }

    /** The soft limit in lines of {@code /proc/self/limits}; empty when there is none. */
    static OptionalLong limit(List<String> lines) {
        for (String line : lines) {
            if (line.startsWith(LIMIT)) {
                String soft = line.substring(LIMIT.length()).trim().split("\\s+", 2)[0];
                return soft.matches("[0-9]{1,18}") ? OptionalLong.of(Long.parseLong(soft)) : OptionalLong.empty();
            }
        }
        return OptionalLong.empty();
    }
}

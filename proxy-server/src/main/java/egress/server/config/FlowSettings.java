package egress.server.config;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is recorded of exchanges, and where to.
 *
 * @param log the flow log
 * @param bodyLimit bytes kept of a body; the rest is counted
 * @param memory for all that is being recorded, in bytes
 * @param required whether a request that cannot be recorded must not leave
 * @param rotateAt bytes of the log after which it is renamed; empty for never
 * @param keep renamed logs that stay
 * @param scans whose record it is; of several the caller names one
 */
public record FlowSettings(
        Optional<Path> log,
        int bodyLimit,
        long memory,
        boolean required,
        Optional<Long> rotateAt,
        int keep,
        List<String> scans) {
    public FlowSettings {
        scans = List.copyOf(scans);
    }

    /** The scan of all exchanges; empty where callers name it, or there is none. */
    public String onlyScan() {
        return scans.size() == 1 ? scans.getFirst() : "";
    }

    /** The scans among which callers must name one; empty where they need not. */
    public Set<String> namedScans() {
        return scans.size() > 1 ? new LinkedHashSet<>(scans) : Set.of();
    }
}

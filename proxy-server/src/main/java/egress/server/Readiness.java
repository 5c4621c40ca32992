package egress.server;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Whether the gate should be sent work, and why not. Safe for use by every thread. */
final class Readiness {
    /** What can stand in the way. */
    enum Part {
        STARTING,
        ROUTES,
        PIPELOCK,
        DRAINING
    }

    private final Map<Part, String> faults = new LinkedHashMap<>();

    synchronized void fault(Part part, String words) {
        faults.put(part, words);
    }

    synchronized void clear(Part part) {
        faults.remove(part);
    }

    /** Everything that stands in the way; empty when ready. */
    synchronized Optional<String> whyNot() {
        return faults.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", faults.values()));
    }
}

package egress.server.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Whether the gate should be sent work, and why not. Safe for use by every thread. */
public final class Readiness {
    /** What can stand in the way. */
    public enum Part {
        STARTING,
        ROUTES,
        PIPELOCK,
        DRAINING
    }

    private final Map<Part, String> faults = new LinkedHashMap<>();
    private Supplier<Optional<String>> byTime = Optional::empty;

    public synchronized void fault(Part part, String words) {
        faults.put(part, words);
    }

    public synchronized void clear(Part part) {
        faults.remove(part);
    }

    /** Conditions that only the clock changes, without an event: checked each time. */
    public synchronized void watch(Supplier<Optional<String>> fault) {
        byTime = fault;
    }

    /** Everything that stands in the way; empty when ready. */
    public synchronized Optional<String> whyNot() {
        List<String> all = new ArrayList<>(faults.values());
        byTime.get().ifPresent(all::add);
        return all.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", all));
    }
}

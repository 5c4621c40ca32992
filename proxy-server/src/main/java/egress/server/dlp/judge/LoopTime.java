package egress.server.dlp.judge;

import egress.share.Caller;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** How much of one event loop's time each caller's scans have taken; belongs to that loop. */
final class LoopTime {
    private static final long PERIOD = 100_000_000;
    /** The part of the loop's time that scans may take. */
    private static final int PART = 2;

    private final LongSupplier nanoTime;
    /** Time that each has used, in nanoseconds; it shrinks by the caller's share in each period. */
    private final Map<Caller, Long> used = new HashMap<>();

    private long periodBegan;

    LoopTime(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.periodBegan = nanoTime.getAsLong();
    }

    /** Whether the caller has not had its share yet. */
    boolean isLeft(Caller caller) {
        long periods = (nanoTime.getAsLong() - periodBegan) / PERIOD;
        if (periods > 0) {
            long back = share() * periods;
            used.entrySet().removeIf(each -> each.setValue(each.getValue() - back) <= back);
            periodBegan += periods * PERIOD;
        }
        return used.getOrDefault(caller, 0L) < share();
    }

    void used(Caller caller, long nanos) {
        used.merge(caller, nanos, Long::sum);
    }

    private long share() {
        return PERIOD / PART / Math.max(1, used.size());
    }
}

package egress.server.metrics;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/** How late the event loops run their timers: what holds a loop up holds up everything on it. */
public final class EventLoopLag {
    private static final long PERIOD_NANOS = Duration.ofSeconds(1).toNanos();
    private static final int KEPT = 15;

    private final List<Probe> probes = new ArrayList<>();

    /** Looks at each loop once a second, for as long as it lives. */
    public EventLoopLag(EventLoopGroup loops) {
        for (EventExecutor loop : loops) {
            Probe probe = new Probe();
            probes.add(probe);
            loop.scheduleAtFixedRate(probe, PERIOD_NANOS, PERIOD_NANOS, TimeUnit.NANOSECONDS);
        }
    }

    /** The worst of the last fifteen seconds over all loops, in seconds. */
    double worstSeconds() {
        long worst = 0;
        for (Probe probe : probes) {
            for (int i = 0; i < KEPT; i++) {
                worst = Math.max(worst, probe.lags.get(i));
            }
        }
        return worst / 1e9;
    }

    private static final class Probe implements Runnable {
        private final AtomicLongArray lags = new AtomicLongArray(KEPT);
        private long due = System.nanoTime() + PERIOD_NANOS;
        private int next;

        @Override
        public void run() {
            long now = System.nanoTime();
            lags.set(next, Math.max(0, now - due));
            next = (next + 1) % KEPT;
            due += PERIOD_NANOS;
            if (due < now) {
                due = now + PERIOD_NANOS; // what was missed is one lag, not many
            }
        }
    }
}

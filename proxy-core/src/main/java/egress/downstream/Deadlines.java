package egress.downstream;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every connection of one event loop ten times a second. One timer for all instead of one for each phase of
 * each exchange: those would be set and cancelled for every request.
 */
final class Deadlines {
    private static final long PERIOD_MILLIS = 100;

    /** Something that may have waited too long. */
    interface Timed {
        /** Called on the event loop; may remove itself. */
        void check(long nowNanos);
    }

    private final EventLoop loop;
    private final Set<Timed> all = new LinkedHashSet<>();
    private @Nullable ScheduledFuture<?> timer;

    Deadlines(EventLoop loop) {
        this.loop = loop;
    }

    void add(Timed timed) {
        all.add(timed);
        if (timer == null) {
            timer = loop.scheduleAtFixedRate(this::checkAll, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    void remove(Timed timed) {
        all.remove(timed);
        ScheduledFuture<?> running = timer;
        if (all.isEmpty() && running != null) {
            running.cancel(false);
            timer = null;
        }
    }

    /** A copy, because looking at one may end it. */
    Timed[] snapshot() {
        return all.toArray(Timed[]::new);
    }

    private void checkAll() {
        long now = System.nanoTime();
        for (Timed timed : snapshot()) {
            timed.check(now);
        }
    }
}

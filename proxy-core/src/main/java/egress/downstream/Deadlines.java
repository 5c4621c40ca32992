package egress.downstream;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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

        /** It cannot be looked at any more: ends it. */
        void abandon();
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

    /** What one of them throws ends that one, and neither the timer nor the others. */
    void forEach(Consumer<Timed> action) {
        for (Timed timed : all.toArray(Timed[]::new)) { // a copy, because looking at one may end it
            try {
                action.accept(timed);
            } catch (RuntimeException e) {
                Unexpected.log("looking at every connection", e);
                timed.abandon();
            }
        }
    }

    private void checkAll() {
        long now = System.nanoTime();
        forEach(timed -> timed.check(now));
    }
}

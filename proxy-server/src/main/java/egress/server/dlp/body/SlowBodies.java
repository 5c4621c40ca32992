package egress.server.dlp.body;

import egress.server.config.BodyRate;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds, by one timer for each loop, held bodies that are not whole yet and come slower than a least rate. Only time in which the gate
 * reads counts. Belongs to the loop.
 */
public final class SlowBodies {
    /** The window is looked at in so many parts. */
    private static final int PARTS = 6;

    /** One for each event loop, made when that loop first asks. */
    public static final class PerLoop {
        private final BodyRate rate;
        private final Map<EventLoop, SlowBodies> loops = new ConcurrentHashMap<>();

        public PerLoop(BodyRate rate) {
            this.rate = rate;
        }

        public SlowBodies on(EventLoop loop) {
            SlowBodies known = loops.get(loop);
            return known != null ? known : loops.computeIfAbsent(loop, each -> new SlowBodies(each, rate));
        }
    }

    /** A body on its way. */
    interface Body {
        /** Whether its caller could send now, and only the caller is waited for. */
        boolean isAwaited();

        /** Bytes, so far. */
        long length();

        /** It came slower than the least rate, and is not looked at any more. */
        void onTooSlow();
    }

    /** What came in the last parts of the window. */
    private static final class Course {
        private final long[] lengths = new long[PARTS];
        private int looks;

        /** Another part of the window is over; returns what came in the window, or -1 while it is not full. */
        long look(long length) {
            long before = lengths[looks % PARTS];
            lengths[looks % PARTS] = length;
            looks++;
            return looks > PARTS ? length - before : -1;
        }
    }

    private final EventLoop loop;
    private final BodyRate rate;
    private final long part;
    private final Map<Body, Course> bodies = new LinkedHashMap<>();
    private @Nullable Future<?> timer;

    private SlowBodies(EventLoop loop, BodyRate rate) {
        this.loop = loop;
        this.rate = rate;
        this.part = rate.over().toMillis() / PARTS;
    }

    void watch(Body body) {
        if (rate.bytes() > 0 && bodies.putIfAbsent(body, new Course()) == null && timer == null) {
            timer = loop.scheduleAtFixedRate(this::look, part, part, TimeUnit.MILLISECONDS);
        }
    }

    void forget(Body body) {
        bodies.remove(body);
    }

    private void look() {
        List<Body> slow = List.of();
        for (Iterator<Map.Entry<Body, Course>> all = bodies.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Body, Course> each = all.next();
            Body body = each.getKey();
            if (!body.isAwaited()) {
                continue;
            }
            long came = each.getValue().look(body.length());
            if (came >= 0 && came < rate.least()) {
                all.remove();
                slow = slow.isEmpty() ? new ArrayList<>() : slow;
                slow.add(body);
            }
        }
        slow.forEach(Body::onTooSlow);
        Future<?> armed = timer;
        if (bodies.isEmpty() && armed != null) {
            timer = null;
            armed.cancel(false);
        }
    }
}

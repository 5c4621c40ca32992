package egress.server.flows;

import egress.server.log.Notices;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** Counts flows that are recorded nowhere, and says so now and then. */
final class FlowLosses {
    private static final long PAUSE = Duration.ofMinutes(1).toNanos();

    private final LongAdder lost = new LongAdder();
    private final Notices notices;
    private long said;
    private long saidNanos;

    FlowLosses(Notices notices) {
        this.notices = notices;
    }

    void lose() {
        lost.increment();
    }

    long count() {
        return lost.sum();
    }

    /** On the recorder's thread, after each burst. */
    void say() {
        long now = lost.sum();
        if (now > said && (said == 0 || System.nanoTime() - saidNanos > PAUSE)) {
            saidNanos = System.nanoTime();
            notices.say(
                    "flows are lost, " + now + " so far: there are more than can be recorded, or their log cannot be"
                            + " written (metric egress_flows_lost_total)");
            said = now;
        }
    }
}

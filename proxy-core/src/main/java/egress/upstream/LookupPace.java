package egress.upstream;

import egress.share.Caller;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * How fast a caller may begin look-ups: a number at once, and so many in each second, so that a caller that asks for thousands of
 * different names is no flood to a name server. For use under a lock.
 */
final class LookupPace {
    /** Callers beyond which those are forgotten that have all of their number again. */
    private static final int LOOKED_THROUGH = 256;

    private final Duration each;
    private final Duration atOnce;
    /** Until when what a caller has begun is paid for, at one each time. */
    private final Map<Caller, Instant> paid = new HashMap<>();

    private int nextLook = LOOKED_THROUGH;

    LookupPace(int atOnce, int aSecond) {
        this.each = Duration.ofSeconds(1).dividedBy(aSecond);
        this.atOnce = each.multipliedBy(atOnce);
    }

    /** How long it is until the caller may begin another; zero when it may now. */
    Duration wait(Caller caller, Instant now) {
        Instant until = paid.get(caller);
        if (until == null) {
            return Duration.ZERO;
        }
        Duration wait = Duration.between(now, until).plus(each).minus(atOnce);
        return wait.isNegative() ? Duration.ZERO : wait;
    }

    /** The caller has begun one. */
    void begun(Caller caller, Instant now) {
        Instant until = paid.get(caller);
        paid.put(caller, (until == null || until.isBefore(now) ? now : until).plus(each));
        if (paid.size() > nextLook) {
            paid.values().removeIf(end -> !end.isAfter(now));
            nextLook = Math.max(LOOKED_THROUGH, 2 * paid.size());
        }
    }

    /** Callers that are remembered. */
    int remembered() {
        return paid.size();
    }
}

package egress.exchange;

import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.util.internal.PlatformDependent;
import java.util.function.LongSupplier;

/**
 * Whether there is room for more work in the memory outside of the heap, where bodies are on their way. Each reader that stops holds some
 * of it. Once most of it is taken, new work of a caller that holds an equal part or more of what callers hold is refused, so that what is
 * under way has the rest: a buffer that cannot be had breaks off the exchange that needs it, whichever that is. Another caller's work
 * goes on, and those that hold most give way to it. Safe for use by every thread.
 */
public final class Headroom {
    /** Nothing is ever refused. */
    public static final Headroom UNLIMITED = new Headroom(() -> 0, Long.MAX_VALUE);

    /** What is under way may grow by this part of the whole. */
    private static final int RESERVED_SHARE = 4;

    private static final Admission SPENT = new Admission.Refused(new Failure.Overloaded(
            "this caller has its share of the memory for traffic, and most of that is taken: try again later"));

    private final LongSupplier used;
    private final long bound;
    private final FairBudget holdings;

    /** @param bound of {@code used}, in bytes; beyond it there is no room */
    Headroom(LongSupplier used, long bound) {
        this.used = used;
        this.bound = bound;
        this.holdings = new FairBudget(Math.max(1, bound));
    }

    /** Of Netty's direct memory, whose whole is {@code -XX:MaxDirectMemorySize}, or else the size of the heap. */
    public static Headroom ofDirectMemory() {
        long most = PlatformDependent.maxDirectMemory();
        return new Headroom(PlatformDependent::usedDirectMemory, most - most / RESERVED_SHARE);
    }

    /** What each connection holds of it, as it is measured now and then. */
    public FairBudget holdings() {
        return holdings;
    }

    /** Whether there is room for new work of a caller. */
    public Admission admit(Claimant who) {
        long beyond = used.getAsLong() - bound;
        if (beyond <= 0) {
            return Admission.ADMITTED;
        }
        if (!holdings.isBelow(who)) {
            return SPENT;
        }
        holdings.relieve(beyond);
        return Admission.ADMITTED;
    }
}

package egress.upstream;

import egress.share.Claimant;
import egress.share.FairBudget;
import org.jspecify.annotations.Nullable;

/**
 * What one exchange, or one connection, holds of a budget that callers share. It can be taken back while it does not get on.
 * Its fields are read by any thread, and written by the loop of the work.
 */
final class Place implements FairBudget.Reclaim {
    private final FairBudget budget;
    private Claimant who;
    private final FairBudget.Lease lease;
    /** Set while it is idle, or stalled. */
    private volatile @Nullable Runnable end;

    Place(FairBudget budget, Claimant who) {
        this.budget = budget;
        this.who = who;
        this.lease = budget.lease(who, this);
    }

    /** False where the claimant has its share, or nothing is left. */
    boolean take(long amount) {
        return lease.take(amount);
    }

    boolean isOf(FairBudget other) {
        return budget == other;
    }

    /** It counts in another's share from now on. */
    void transfer(Claimant to) {
        if (!who.equals(to)) {
            who = to;
            lease.transfer(to);
        }
    }

    /** @param action ends the work, from any thread; null while the work gets on */
    void mayEnd(@Nullable Runnable action) {
        end = action;
    }

    void close() {
        lease.close();
    }

    @Override
    public boolean isReclaimable() {
        return end != null;
    }

    @Override
    public void reclaim() {
        Runnable action = end;
        if (action != null) { // got on meanwhile
            action.run();
        }
    }
}

package egress.server.flows;

import egress.share.Claimant;
import egress.share.FairBudget;
import org.jspecify.annotations.Nullable;

/**
 * What one flow holds of the memory for all of them, taken in pieces so that small bodies cost no look at the budget. What its bodies hold
 * counts in a part of that memory too, so that bodies leave room for the heads of others, and gives way to others that have less.
 */
final class Credit implements AutoCloseable {
    /** Taken at once, in bytes. */
    private static final int PIECE = 16 * 1024;

    private final FairBudget budgetOfBodies;
    private final Claimant who;
    private final FairBudget.Lease all;
    private FairBudget.@Nullable Lease bodies;
    private int left;
    /** Runs where bodies are to give way; null where they cannot. */
    private volatile @Nullable Runnable givesWay;

    private volatile boolean holdsBodies;

    private final FairBudget.Reclaim reclaim = new FairBudget.Reclaim() {
        @Override
        public boolean isReclaimable() {
            return holdsBodies && givesWay != null;
        }

        @Override
        public void reclaim() {
            Runnable action = givesWay;
            if (action != null) {
                action.run();
            }
        }
    };

    private Credit(FairBudget budget, FairBudget budgetOfBodies, Claimant who, int left) {
        this.budgetOfBodies = budgetOfBodies;
        this.who = who;
        this.left = left;
        this.all = budget.lease(who, reclaim);
    }

    /**
     * Takes so much to begin with.
     *
     * @param ahead of that, what is not used yet
     * @return null where it cannot be had
     */
    static @Nullable Credit take(FairBudget budget, FairBudget ofBodies, Claimant who, int bytes, int ahead) {
        Credit credit = new Credit(budget, ofBodies, who, ahead);
        if (credit.all.take(bytes)) {
            return credit;
        }
        credit.close();
        return null;
    }

    /** @param action gives the bodies up, soon; called by any thread, and must not wait */
    void givesWay(Runnable action) {
        givesWay = action;
    }

    /** From now on nothing gives way: it is about to be written. */
    void stays() {
        givesWay = null;
    }

    /** Takes so much for bodies, or nothing. */
    synchronized boolean take(int bytes) {
        if (bytes <= left) {
            left -= bytes;
            return true;
        }
        int more = Math.max(PIECE, bytes - left);
        FairBudget.Lease ofBodies = bodies == null ? budgetOfBodies.lease(who, reclaim) : bodies;
        bodies = ofBodies;
        if (!ofBodies.take(more)) {
            return false;
        }
        if (!all.take(more)) {
            ofBodies.give(more);
            return false;
        }
        holdsBodies = true;
        left += more - bytes;
        return true;
    }

    /** Takes so much in any case: what is small beside what the exchange itself holds. */
    synchronized void force(int bytes) {
        if (bytes > left) {
            all.set(all.held() + bytes - left);
        }
        left = Math.max(0, left - bytes);
    }

    /** Gives back what bodies took. */
    synchronized void give(int bytes) {
        all.give(bytes);
        if (bodies != null) {
            bodies.give(bytes);
        }
    }

    /** Gives back all that bodies took. */
    synchronized void giveBodies() {
        holdsBodies = false;
        left = 0;
        if (bodies != null) {
            long held = bodies.held();
            bodies.give(held);
            all.give(held);
        }
    }

    /** Gives back everything. */
    @Override
    public synchronized void close() {
        givesWay = null;
        left = 0;
        all.close();
        if (bodies != null) {
            bodies.close();
        }
    }
}

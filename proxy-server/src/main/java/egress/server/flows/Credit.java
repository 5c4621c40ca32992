package egress.server.flows;

import egress.share.FairBudget;

/** What one flow holds of the memory for all of them, taken in pieces so that small bodies cost no look at the budget. */
final class Credit implements AutoCloseable {
    /** Taken at once, in bytes. */
    private static final int PIECE = 16 * 1024;

    private final FairBudget.Lease lease;
    private int left;

    /** @param left of what the lease holds, not yet used */
    Credit(FairBudget.Lease lease, int left) {
        this.lease = lease;
        this.left = left;
    }

    /** Takes so much, or nothing. */
    synchronized boolean take(int bytes) {
        if (bytes <= left) {
            left -= bytes;
            return true;
        }
        int more = Math.max(PIECE, bytes - left);
        if (!lease.take(more)) {
            return false;
        }
        left += more - bytes;
        return true;
    }

    /** Takes so much in any case: what is small beside what the exchange itself holds. */
    synchronized void force(int bytes) {
        if (!take(bytes)) {
            lease.set(lease.held() + bytes - left);
            left = 0;
        }
    }

    /** Gives back what was taken. */
    synchronized void give(int bytes) {
        lease.give(bytes);
    }

    /** Gives back everything. */
    @Override
    public synchronized void close() {
        left = 0;
        lease.close();
    }
}

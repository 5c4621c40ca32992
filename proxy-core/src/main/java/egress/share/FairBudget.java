package egress.share;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded amount of something (bytes, connections) that callers share max-min fairly. Alone a caller may hold nearly all of it: an
 * eighth is kept for callers below their share. When that reserve is drawn on, whoever holds most above its share gives way: its leases
 * that can be ended without loss of finished work are reclaimed. Within a caller its connections share its part by the same rule.
 * Safe for use by every thread; a lock is held for some map look-ups only.
 */
public final class FairBudget {
    /** The part kept for who holds less than its share. */
    private static final int RESERVE = 8;
    /** Of a caller's part, the part kept for its connections that hold less than theirs. */
    private static final int CONNECTION_RESERVE = 16;
    /** A search for leases to reclaim looks at many of them: not more often than this. */
    private static final long SEARCH_NANOS = 1_000_000;
    /** And not for more than this part of the time. */
    private static final int SEARCH_PART = 20;

    private static final int MOST_FOUND = 16;

    private long capacity;
    private final LongSupplier nanoTime;
    private final Map<Caller, Account> accounts = new LinkedHashMap<>();
    private final Object lock = new Object();

    private long used;
    private long reclaiming;
    private int active;
    private long refused;
    private long reclaimed;
    private long nextSearchNanos;

    /** What a lease does when others need its part more. */
    public interface Reclaim {
        /** Cannot be ended: it is finishing, or a verdict is being made. */
        Reclaim NEVER = new Reclaim() {
            @Override
            public boolean isReclaimable() {
                return false;
            }

            @Override
            public void reclaim() {
                throw new IllegalStateException("not reclaimable");
            }
        };

        /** Whether the work is half-sent, idle or stalled. Called by any thread, under the budget's lock: only reads a field. */
        boolean isReclaimable();

        /** Ends the work, which closes its lease. Called by any thread, once, without the lock; hops to the loop of the work. */
        void reclaim();
    }

    /**
     * How it stands.
     *
     * @param callers that hold something
     * @param refused takes that were refused, ever
     * @param reclaimed leases that were asked to give way, ever
     */
    public record Statistics(long capacity, long used, int callers, long refused, long reclaimed) {}

    public FairBudget(long capacity) {
        this(capacity, System::nanoTime);
    }

    FairBudget(long capacity, LongSupplier nanoTime) {
        this.capacity = checked(capacity);
        this.nanoTime = nanoTime;
        this.nextSearchNanos = nanoTime.getAsLong();
    }

    /** Opens an empty lease; close it. */
    public Lease lease(Claimant who, Reclaim reclaim) {
        synchronized (lock) {
            return new Lease(holdings(who), reclaim);
        }
    }

    private static long checked(long capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity: " + capacity + " (expected: 1 or more)");
        }
        return capacity;
    }

    public long capacity() {
        synchronized (lock) {
            return capacity;
        }
    }

    /** There is so much from now on; what is held beyond it stays held. */
    public void resize(long changed) {
        synchronized (lock) {
            capacity = checked(changed);
        }
    }

    public Statistics statistics() {
        synchronized (lock) {
            return new Statistics(capacity, used, active, refused, reclaimed);
        }
    }

    private Holdings holdings(Claimant who) {
        Account account = accounts.computeIfAbsent(who.caller(), Account::new);
        return account.connections.computeIfAbsent(who.connection(), id -> new Holdings(account, id));
    }

    /** What one caller holds. */
    private static final class Account {
        private final Caller caller;
        private final Map<Long, Holdings> connections = new LinkedHashMap<>(4);
        private long used;
        private long reclaiming;
        /** Connections that hold something. */
        private int active;

        Account(Caller caller) {
            this.caller = caller;
        }
    }

    /** What one connection of a caller holds. */
    private static final class Holdings {
        private final Account account;
        private final long connection;
        private final Set<Lease> leases = new LinkedHashSet<>(2);
        private long used;
        private long reclaiming;

        Holdings(Account account, long connection) {
            this.account = account;
            this.connection = connection;
        }
    }

    /** What one piece of work holds of the budget. */
    public final class Lease implements AutoCloseable {
        private final Reclaim reclaim;
        private Holdings holdings;
        private long held;
        private boolean asked;
        private boolean closed;

        private Lease(Holdings holdings, Reclaim reclaim) {
            this.holdings = holdings;
            this.reclaim = reclaim;
            holdings.leases.add(this);
        }

        /**
         * Takes so much more, or nothing.
         *
         * @return false when the claimant has its share, or nothing is left: the work is refused
         */
        public boolean take(long amount) {
            List<Lease> giving;
            boolean granted;
            synchronized (lock) {
                if (closed) {
                    return false;
                }
                granted = fits(holdings, amount);
                if (granted) {
                    add(amount);
                } else {
                    refused++;
                }
                giving = whoGivesWay(holdings, granted ? 0 : amount);
            }
            giving.forEach(lease -> lease.reclaim.reclaim());
            return granted;
        }

        /** Gives back a part of what was taken. */
        public void give(long amount) {
            synchronized (lock) {
                if (!closed) {
                    add(-Math.min(amount, held));
                }
            }
        }

        /** So much is held now. */
        public long held() {
            synchronized (lock) {
                return held;
            }
        }

        /** Gives back everything; harmless afterwards. */
        @Override
        public void close() {
            synchronized (lock) {
                if (!closed) {
                    add(-held);
                    closed = true;
                    leave();
                }
            }
        }

        /** What is held counts in another's share from now on: the caller has said who it is. */
        public void transfer(Claimant to) {
            synchronized (lock) {
                if (closed) {
                    return;
                }
                long moved = held;
                add(-moved);
                leave();
                holdings = holdings(to);
                holdings.leases.add(this);
                add(moved);
            }
        }

        private void add(long amount) {
            Account account = holdings.account;
            active -= account.used > 0 ? 1 : 0;
            account.active -= holdings.used > 0 ? 1 : 0;
            held += amount;
            holdings.used += amount;
            account.used += amount;
            used += amount;
            active += account.used > 0 ? 1 : 0;
            account.active += holdings.used > 0 ? 1 : 0;
            if (asked) {
                reclaiming(amount);
            }
        }

        private void reclaiming(long amount) {
            reclaiming += amount;
            holdings.reclaiming += amount;
            holdings.account.reclaiming += amount;
        }

        private void leave() {
            holdings.leases.remove(this);
            if (holdings.leases.isEmpty()) {
                Account account = holdings.account;
                account.connections.remove(holdings.connection);
                if (account.connections.isEmpty()) {
                    accounts.remove(account.caller);
                }
            }
        }

        private Lease askedBack() {
            asked = true;
            reclaimed++;
            reclaiming(held);
            return this;
        }
    }

    private long shared() {
        return capacity - capacity / RESERVE;
    }

    /** What each of the callers that hold something may hold in any case. */
    private long share(Account asking) {
        return shared() / Math.max(1, active + (asking.used == 0 ? 1 : 0));
    }

    /** What the caller may hold now, as the others leave it. */
    private long most(Account account) {
        return Math.max(share(account), shared() - (used - account.used));
    }

    private long share(Holdings holdings) {
        long most = most(holdings.account);
        int connections = holdings.account.active + (holdings.used == 0 ? 1 : 0);
        return (most - most / CONNECTION_RESERVE) / Math.max(1, connections);
    }

    private boolean fits(Holdings holdings, long amount) {
        Account account = holdings.account;
        boolean callerIsBelow = account.used + amount <= share(account);
        if (used + amount > (callerIsBelow ? capacity : shared())) {
            return false;
        }
        long most = most(account);
        boolean connectionIsBelow = holdings.used + amount <= share(holdings);
        return account.used + amount <= (connectionIsBelow ? most : most - most / CONNECTION_RESERVE);
    }

    /** @param missing what was asked for and refused */
    private List<Lease> whoGivesWay(Holdings asking, long missing) {
        Account account = asking.account;
        boolean callerIsBelow = account.used + missing <= share(account);
        long overall = callerIsBelow ? used + missing - reclaiming - shared() : 0;
        long most = most(account);
        boolean connectionIsBelow = asking.used + missing <= share(asking);
        long within = connectionIsBelow
                ? account.used + missing - account.reclaiming - (most - most / CONNECTION_RESERVE)
                : 0;
        if (overall <= 0 && within <= 0) {
            return List.of();
        }
        long now = nanoTime.getAsLong();
        if (now - nextSearchNanos < 0) {
            return List.of();
        }
        List<Lease> found = overall > 0 ? fromOthers(asking, overall) : List.of();
        if (found.isEmpty() && within > 0) {
            found = fromSiblings(asking, within);
        }
        long took = nanoTime.getAsLong() - now;
        nextSearchNanos = now + Math.max(SEARCH_NANOS, SEARCH_PART * took);
        return found;
    }

    private List<Lease> fromOthers(Holdings asking, long needed) {
        List<Lease> found = new ArrayList<>();
        Account largest;
        while (needed > 0 && found.size() < MOST_FOUND && (largest = largest(asking.account)) != null) {
            Lease lease = oldest(largest, asking);
            if (lease == null) {
                break;
            }
            needed -= lease.held;
            found.add(lease.askedBack());
        }
        return found;
    }

    private List<Lease> fromSiblings(Holdings asking, long needed) {
        List<Lease> found = new ArrayList<>();
        Lease lease;
        while (needed > 0 && found.size() < MOST_FOUND && (lease = oldest(asking.account, asking)) != null) {
            needed -= lease.held;
            found.add(lease.askedBack());
        }
        return found;
    }

    /** Who holds most above its share, without what is on its way back. */
    private @Nullable Account largest(Account asking) {
        long share = share(asking);
        Account largest = null;
        for (Account account : accounts.values()) {
            long kept = account.used - account.reclaiming;
            if (account != asking && kept > share && (largest == null || kept > largest.used - largest.reclaiming)) {
                largest = account;
            }
        }
        return largest;
    }

    /** The oldest reclaimable lease of the connection that holds most and has one. */
    private static @Nullable Lease oldest(Account account, Holdings asking) {
        Lease best = null;
        long most = 0;
        for (Holdings holdings : account.connections.values()) {
            long kept = holdings.used - holdings.reclaiming;
            if (holdings != asking && kept > most) {
                Lease lease = first(holdings);
                if (lease != null) {
                    best = lease;
                    most = kept;
                }
            }
        }
        return best;
    }

    private static @Nullable Lease first(Holdings holdings) {
        for (Lease lease : holdings.leases) {
            if (!lease.asked && lease.held > 0 && lease.reclaim.isReclaimable()) {
                return lease;
            }
        }
        return null;
    }
}

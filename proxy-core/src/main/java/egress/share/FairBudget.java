package egress.share;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded amount of something (bytes, connections) that callers share max-min fairly. Alone a caller may hold nearly all of it: an
 * eighth is kept for callers below their share. When that reserve is drawn on, the caller that holds most above its share gives way: its leases
 * that can be ended without loss of finished work are reclaimed. Within a caller its connections share its part by the same rule; of
 * {@linkplain #ofUnits units}, where each lease holds one, the oldest that can be ended makes room for the caller's next.
 * Safe for use by every thread; a lock is held for some map look-ups only.
 */
public final class FairBudget {
    /** The part kept for callers that hold less than their share. */
    private static final int RESERVE = 8;
    /** Of a caller's part, the part kept for its connections that hold less than theirs. */
    private static final int CONNECTION_RESERVE = 16;

    /** A search that found something in less time needs no pause after it. */
    private static final long CHEAP_SEARCH_NANOS = 100_000;

    /** A search for leases to reclaim looks at many of them: one that finds none, or takes long, not more often than this. */
    private static final long SEARCH_NANOS = 1_000_000;
    /** And not for more than this part of the time. */
    private static final int SEARCH_PART = 20;

    /** The longest pause after a search, whose measured time includes time in which its thread did not run. */
    private static final long MOST_SEARCH_NANOS = 20_000_000;

    private static final int MOST_FOUND = 16;

    /** Of units of which nothing is known, so many are looked at for one of which something is. */
    private static final int MOST_LOOKED_AT = 512;

    /** A lease that was asked to give way and is open after that time counts as held again, and may be asked again. */
    private static final long GIVE_WAY_NANOS = 1_000_000_000;

    private final boolean units;
    private long capacity;
    private final LongSupplier nanoTime;
    private final Map<Caller, Account> accounts = new LinkedHashMap<>();
    private final Object lock = new Object();
    /** Leases that were asked to give way, in order. */
    private final ArrayDeque<Lease> givingWay = new ArrayDeque<>();

    private long used;
    private long reclaiming;
    private int active;
    private long refused;
    private long reclaimed;
    private long nextSearchNanos;

    /** Of the leases of a caller that can be ended, one of the lowest turn is. */
    public enum Turn {
        FIRST,
        /** Nothing is known of it yet. */
        NEXT,
        /** It is complete, and may be of use again. */
        LAST
    }

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

        /** When it gives way, beside the caller's other leases that can. Called as the other. */
        default Turn turn() {
            return Turn.FIRST;
        }

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
    public record Statistics(long capacity, long used, int callers, long refused, long reclaimed) {
        /** What is not held. */
        public long left() {
            return capacity - used;
        }
    }

    public FairBudget(long capacity) {
        this(capacity, false, System::nanoTime);
    }

    FairBudget(long capacity, LongSupplier nanoTime) {
        this(capacity, false, nanoTime);
    }

    FairBudget(long capacity, boolean units, LongSupplier nanoTime) {
        this.capacity = checked(capacity);
        this.units = units;
        this.nanoTime = nanoTime;
        this.nextSearchNanos = nanoTime.getAsLong();
    }

    /** A budget of things that are had or not, such as connections: each lease takes one. What is on its way back counts as back. */
    public static FairBudget ofUnits(long capacity) {
        return new FairBudget(capacity, true, System::nanoTime);
    }

    /**
     * Opens a lease of so much; close it.
     *
     * @return null when the claimant has its share, or nothing is left: the work is refused
     */
    public @Nullable Lease take(Claimant who, long amount, Reclaim reclaim) {
        Lease lease = lease(who, reclaim);
        if (lease.take(amount)) {
            return lease;
        }
        lease.close();
        return null;
    }

    /**
     * Whether a caller holds less than an equal part of all that is held. One that does not must give way, where something runs short
     * that this budget only counts.
     */
    public boolean isBelow(Claimant who) {
        synchronized (lock) {
            Account account = accounts.get(who.caller());
            long own = account == null ? 0 : account.used;
            return own < used / Math.max(1, active + (own == 0 ? 1 : 0));
        }
    }

    /** What a caller holds of it. */
    public long heldBy(Caller caller) {
        synchronized (lock) {
            Account account = accounts.get(caller);
            return account == null ? 0 : account.used;
        }
    }

    /** Has those that hold most, and an equal part or more, give way until so much is on its way back. */
    public void relieve(long amount) {
        List<Lease> giving = new ArrayList<>();
        synchronized (lock) {
            forgetWhoStays();
            long now = nanoTime.getAsLong();
            if (now - nextSearchNanos >= 0) {
                long needed = amount - reclaiming;
                Account largest;
                while (needed > 0 && giving.size() < MOST_FOUND && (largest = largest(null)) != null) {
                    Lease lease = oldest(largest, null);
                    if (lease == null) {
                        break;
                    }
                    needed -= lease.held;
                    giving.add(lease.askedBack());
                }
                searched(now, !giving.isEmpty());
            }
        }
        giving.forEach(lease -> lease.reclaim.reclaim());
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
        /** Its leases, linked in the order in which they were opened. */
        private @Nullable Lease oldest;

        private @Nullable Lease newest;
        private long used;
        private long reclaiming;

        Holdings(Account account, long connection) {
            this.account = account;
            this.connection = connection;
        }

        Claimant claimant() {
            return new Claimant(account.caller, connection);
        }

        void add(Lease lease) {
            lease.before = newest;
            if (newest == null) {
                oldest = lease;
            } else {
                newest.after = lease;
            }
            newest = lease;
        }

        void remove(Lease lease) {
            if (lease.before == null) {
                oldest = lease.after;
            } else {
                lease.before.after = lease.after;
            }
            if (lease.after == null) {
                newest = lease.before;
            } else {
                lease.after.before = lease.before;
            }
            lease.before = null;
            lease.after = null;
        }
    }

    /** What one piece of work holds of the budget. */
    public final class Lease implements Allowance, AutoCloseable {
        private final Reclaim reclaim;
        private Holdings holdings;
        /** Of the same holdings. */
        private @Nullable Lease before;

        private @Nullable Lease after;
        private long held;
        private boolean asked;
        private long askedNanos;
        private boolean closed;

        private Lease(Holdings holdings, Reclaim reclaim) {
            this.holdings = holdings;
            this.reclaim = reclaim;
            holdings.add(this);
        }

        /**
         * Takes so much more, or nothing.
         *
         * @return false when the claimant has its share, or nothing is left: the work is refused
         */
        @Override
        public boolean take(long amount) {
            List<Lease> giving;
            boolean granted;
            synchronized (lock) {
                if (closed) {
                    return false;
                }
                forgetWhoStays();
                granted = fits(holdings, amount);
                if (granted) {
                    add(amount);
                }
                giving = whoGivesWay(holdings, granted ? 0 : amount);
                if (!granted && units && fits(holdings, amount)) {
                    granted = true; // in the place of what gives way
                    add(amount);
                }
                refused += granted ? 0 : 1;
            }
            giving.forEach(lease -> lease.reclaim.reclaim());
            return granted;
        }

        /** Gives back a part of what was taken. */
        @Override
        public void give(long amount) {
            synchronized (lock) {
                if (!closed) {
                    add(-Math.min(amount, held));
                }
            }
        }

        /** Sets what is held to a measured amount, whether it fits or not. */
        public void set(long amount) {
            synchronized (lock) {
                if (!closed && amount != held) {
                    add(amount - held);
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

        /**
         * What is held counts in another's share from now on: the caller has authenticated.
         *
         * @return false when that is more than the other may hold: the work is refused
         */
        public boolean transfer(Claimant to) {
            List<Lease> giving;
            boolean fits;
            synchronized (lock) {
                if (closed) {
                    return false;
                }
                if (to.equals(holdings.claimant())) {
                    return true;
                }
                long moved = held;
                add(-moved);
                leave();
                holdings = holdings(to);
                holdings.add(this);
                fits = fits(holdings, moved);
                giving = whoGivesWay(holdings, fits ? 0 : moved);
                fits = fits || units && fits(holdings, moved);
                refused += fits ? 0 : 1;
                add(moved);
            }
            giving.forEach(lease -> lease.reclaim.reclaim());
            return fits;
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
            holdings.remove(this);
            if (holdings.oldest == null) {
                Account account = holdings.account;
                account.connections.remove(holdings.connection);
                if (account.connections.isEmpty()) {
                    accounts.remove(account.caller);
                }
            }
        }

        private Lease askedBack() {
            asked = true;
            askedNanos = nanoTime.getAsLong();
            givingWay.add(this);
            reclaimed++;
            reclaiming(held);
            return this;
        }
    }

    private void forgetWhoStays() {
        Lease first = givingWay.peek();
        if (first == null) {
            return;
        }
        long now = nanoTime.getAsLong();
        while (first != null && (first.closed || now - first.askedNanos > GIVE_WAY_NANOS)) {
            givingWay.remove();
            if (!first.closed) {
                first.reclaiming(-first.held);
                first.asked = false;
            }
            first = givingWay.peek();
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
        if (units) {
            boolean below = account.used - account.reclaiming + amount <= share(account);
            return used - reclaiming + amount <= (below ? capacity : shared())
                    && account.used - account.reclaiming + amount <= most(account);
        }
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
        boolean connectionIsBelow = units || asking.used + missing <= share(asking);
        long within = connectionIsBelow
                ? account.used + missing - account.reclaiming - (units ? most : most - most / CONNECTION_RESERVE)
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
        searched(now, !found.isEmpty());
        return found;
    }

    /** What was in vain, or took long, has to be made up for; what is asked to give way is not found again. */
    private void searched(long begunNanos, boolean success) {
        long took = nanoTime.getAsLong() - begunNanos;
        if (!success || !units && took > CHEAP_SEARCH_NANOS) {
            nextSearchNanos = begunNanos + Math.clamp(SEARCH_PART * took, SEARCH_NANOS, MOST_SEARCH_NANOS);
        }
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
    private @Nullable Account largest(@Nullable Account asking) {
        long share = asking == null ? used / Math.max(1, active) - 1 : share(asking);
        Account largest = null;
        for (Account account : accounts.values()) {
            long kept = account.used - account.reclaiming;
            if (account != asking && kept > share && (largest == null || kept > largest.used - largest.reclaiming)) {
                largest = account;
            }
        }
        return largest;
    }

    /** Of the reclaimable leases of the lowest turn, the oldest of the connection that holds most and has one. */
    private @Nullable Lease oldest(Account account, @Nullable Holdings asking) {
        Lease best = null;
        Turn turn = Turn.LAST;
        long most = 0;
        int looked = 0;
        for (Holdings holdings : account.connections.values()) {
            long kept = holdings.used - holdings.reclaiming;
            Lease lease = holdings != asking && kept > 0 ? first(holdings) : null;
            if (lease != null) {
                looked++;
                int order = lease.reclaim.turn().compareTo(turn);
                if (best == null || order < 0 || order == 0 && kept > most) {
                    best = lease;
                    turn = lease.reclaim.turn();
                    most = kept;
                }
            }
            if (units && (turn == Turn.FIRST || turn == Turn.NEXT && looked == MOST_LOOKED_AT)) {
                break; // none holds more
            }
        }
        return best;
    }

    private static @Nullable Lease first(Holdings holdings) {
        for (Lease lease = holdings.oldest; lease != null; lease = lease.after) {
            if (!lease.asked && lease.held > 0 && lease.reclaim.isReclaimable()) {
                return lease;
            }
        }
        return null;
    }
}

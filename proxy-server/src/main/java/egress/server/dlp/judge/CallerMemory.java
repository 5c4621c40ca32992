package egress.server.dlp.judge;

import egress.dlp.SentValues;
import egress.dlp.given.GivenValues;
import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What the gate remembers of each caller from exchange to exchange. No caller can have its own forgotten: that of the caller that was quiet
 * for longest makes room for another's. Safe for every thread.
 */
public final class CallerMemory {
    private static final long IDLE_NANOS = 3_600_000_000_000L;
    /** Looked at for each caller that is asked about. */
    private static final int IDLE_LOOKS = 2;
    /** So many of other callers make room for one, at most. */
    private static final int MOST_FORGOTTEN = 64;

    private final FairBudget budget;
    private final SentValues.Key key;
    private final GivenValues.Key givenKey;
    private final LongSupplier nanoTime;
    /** The longest quiet one first. */
    private final Map<Caller, Entry> callers = new LinkedHashMap<>(16, 0.75f, true);
    /** Until then a caller that is not among them may be one that was forgotten, of which it is not known what it sent. */
    private long blindUntil;

    /** What is remembered of one caller. */
    private final class Entry {
        final Part values;
        final Part gifts;
        final SentValues sent;
        final GivenValues given;
        volatile long usedNanos;

        Entry(Caller caller) {
            this.values = new Part(caller, this);
            this.gifts = new Part(caller, this);
            this.sent = new SentValues(key, nanoTime, values);
            this.given = new GivenValues(givenKey, nanoTime, gifts::hold, blindUntil - nanoTime.getAsLong());
        }

        void close() {
            values.lease.close();
            gifts.lease.close();
        }
    }

    /** The memory of one kind of what is remembered of one caller. */
    private final class Part implements SentValues.Room {
        final FairBudget.Lease lease;
        private final Entry of;

        Part(Caller caller, Entry of) {
            this.lease = budget.lease(new Claimant(caller, 0), FairBudget.Reclaim.NEVER);
            this.of = of;
        }

        @Override
        public boolean hold(long bytes) {
            long more = bytes - lease.held();
            if (more <= 0) {
                lease.give(-more);
                return true;
            }
            for (int i = 0; i < MOST_FORGOTTEN; i++) {
                if (lease.take(more)) {
                    return true;
                }
                if (!forgetAnother(of)) {
                    return false;
                }
            }
            return false;
        }
    }

    /**
     * @param budget of all that is remembered
     * @param random not to be foretold by an agent
     */
    public CallerMemory(FairBudget budget, RandomGenerator random, LongSupplier nanoTime) {
        this.budget = budget;
        this.key = new SentValues.Key(random.nextLong(), random.nextLong());
        this.givenKey = new GivenValues.Key(random);
        this.nanoTime = nanoTime;
        this.blindUntil = nanoTime.getAsLong();
    }

    /** The small values that the caller sent. */
    public SentValues sentBy(Caller caller) {
        return entry(caller).sent;
    }

    /** What origins gave to the caller. */
    public GivenValues givenTo(Caller caller) {
        return entry(caller).given;
    }

    private synchronized Entry entry(Caller caller) {
        long now = nanoTime.getAsLong();
        Entry entry = callers.computeIfAbsent(caller, Entry::new);
        entry.usedNanos = now;
        Iterator<Entry> eldest = callers.values().iterator();
        for (int i = 0; i < IDLE_LOOKS && eldest.hasNext(); i++) {
            Entry each = eldest.next();
            if (now - each.usedNanos > IDLE_NANOS) {
                eldest.remove();
                each.close();
            }
        }
        return entry;
    }

    private synchronized boolean forgetAnother(Entry asking) {
        for (Iterator<Entry> eldest = callers.values().iterator(); eldest.hasNext(); ) {
            Entry each = eldest.next();
            if (each != asking) {
                eldest.remove();
                each.close();
                blindUntil = nanoTime.getAsLong() + GivenValues.blindNanos();
                return true;
            }
        }
        return false;
    }

    public FairBudget.Statistics statistics() {
        return budget.statistics();
    }
}

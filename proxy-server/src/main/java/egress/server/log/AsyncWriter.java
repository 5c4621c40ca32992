package egress.server.log;

import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes log lines on a thread of its own, so that a slow terminal, pipe or disk holds up no exchange. What does not fit
 * into its memory, or into its caller's share of it, is lost, counted, and said.
 */
public final class AsyncWriter implements AutoCloseable {
    /** How long a burst is gathered, so that an event loop wakes the writer once and not for each line. */
    private static final long GATHER_NANOS = Duration.ofMillis(2).toNanos();

    /** Leases of callers of whom nothing waits are kept up to so many. */
    private static final int MOST_OPEN = 256;

    private static final Duration LAST_WORDS = Duration.ofSeconds(1);
    private static final int FLUSH_CHARS = 64 * 1024;

    /** How often it is asked for what was kept, while anything is. */
    private static final long KEPT_NANOS = Duration.ofMillis(10).toNanos();

    private static final long FOREVER_NANOS = Duration.ofDays(1).toNanos();

    /** What an entry may leave for later. */
    interface Kept {
        /** Writes what is due; whether there is more to come. */
        boolean due(long nowNanos, StringBuilder out);
    }

    /** Puts one entry into words: lines for standard output, lines for standard error. */
    interface Entry {
        void render(StringBuilder out, StringBuilder err);
    }

    private record Queued(Entry entry, FairBudget.Lease lease, int weight) {}

    private final Queue<Queued> queue = new ConcurrentLinkedQueue<>();
    private final FairBudget budget;
    /** What the lines of each caller hold, kept open for the next ones. */
    private final ConcurrentHashMap<Caller, FairBudget.Lease> leases = new ConcurrentHashMap<>();

    private final OutputStream out;
    private final OutputStream err;
    private final Thread thread;
    private final AtomicBoolean idle = new AtomicBoolean();
    private final LongAdder lost = new LongAdder();
    private final StringBuilder outText = new StringBuilder();
    private final StringBuilder errText = new StringBuilder();
    private volatile Kept kept = (now, to) -> false;
    private long lostSaid;
    private boolean keeps;
    private volatile boolean closing;

    /** @param bytes what may wait to be written */
    public AsyncWriter(OutputStream out, OutputStream err, long bytes) {
        this.out = out;
        this.err = err;
        this.budget = new FairBudget(bytes);
        this.thread = Thread.ofPlatform().daemon().name("egress-log").start(this::run);
    }

    /**
     * Takes an entry, or counts it as lost; never blocks. A caller that has many lines waiting loses its own.
     *
     * @param caller whom the entry is about
     * @param weight bytes it holds, about
     */
    void offer(Entry entry, Caller caller, int weight) {
        if (closing) {
            lost.increment();
            return;
        }
        leases.compute(caller, (_, open) -> {
            FairBudget.Lease lease =
                    open == null ? budget.lease(new Claimant(caller, 0), FairBudget.Reclaim.NEVER) : open;
            if (lease.take(weight)) {
                queue.add(new Queued(entry, lease, weight));
            } else {
                lost.increment();
            }
            return lease;
        });
        if (idle.get() && idle.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
        }
    }

    /** Asks this from now on for what entries leave for later; on the thread that writes. */
    void keep(Kept source) {
        kept = source;
    }

    /** How its memory is shared. */
    public FairBudget.Statistics statistics() {
        return budget.statistics();
    }

    /** Entries that were never written. */
    public long lost() {
        return lost.sum();
    }

    private void run() {
        while (true) {
            boolean last = closing;
            if (drain()) {
                if (!last) {
                    LockSupport.parkNanos(this, GATHER_NANOS);
                }
                continue;
            }
            if (last) {
                return;
            }
            if (keeps) {
                LockSupport.parkNanos(this, KEPT_NANOS);
                continue;
            }
            idle.set(true);
            if (queue.isEmpty() && !closing) {
                LockSupport.park(this);
            }
            idle.set(false);
        }
    }

    /** Writes what is there; false when nothing was. */
    private boolean drain() {
        boolean any = false;
        for (Queued next = queue.poll(); next != null; next = queue.poll()) {
            any = true;
            guarded(next.entry());
            next.lease().give(next.weight());
            if (outText.length() + errText.length() > FLUSH_CHARS) {
                flush();
            }
        }
        if (leases.size() > MOST_OPEN) {
            leases.keySet().forEach(this::closeUnused);
        }
        long now = System.nanoTime() + (closing ? FOREVER_NANOS : 0);
        guarded((to, err) -> keeps = kept.due(now, to));
        sayLost();
        flush();
        return any;
    }

    private void closeUnused(Caller caller) {
        leases.computeIfPresent(caller, (_, lease) -> {
            if (lease.held() > 0) {
                return lease;
            }
            lease.close();
            return null;
        });
    }

    /** A line less, rather than no log from here on. */
    private void guarded(Entry entry) {
        try {
            entry.render(outText, errText);
        } catch (RuntimeException | OutOfMemoryError e) {
            lost.increment();
        }
    }

    private void sayLost() {
        long now = lost.sum();
        if (now > lostSaid) {
            errText.append("egress: ").append(now - lostSaid).append(" log line(s) lost: written too slowly\n");
            lostSaid = now;
        }
    }

    private void flush() {
        write(out, outText);
        write(err, errText);
    }

    private void write(OutputStream stream, StringBuilder text) {
        if (text.isEmpty()) {
            return;
        }
        try {
            stream.write(text.toString().getBytes(StandardCharsets.UTF_8));
            stream.flush();
        } catch (IOException | OutOfMemoryError e) {
            lost.increment(); // a closed pipe: there is no reader, and no place to report it
        }
        text.setLength(0);
    }

    /** Writes what waits, for at most a second, and ends. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            thread.join(LAST_WORDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

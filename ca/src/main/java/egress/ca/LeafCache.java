package egress.ca;

import egress.ca.MintException.Reason;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Leaf certificates by name: the most recently used ones are kept, each is minted once however many ask at the same time, and renewed in the
 * background before it ends. Safe for use by many threads; no method blocks.
 */
public final class LeafCache implements AutoCloseable {
    /** Leaves kept; at about 1 KB each. */
    public static final int DEFAULT_CAPACITY = 4096;

    private final Issuer issuer;
    private final Executor executor;
    private final InstantSource clock;
    private final int capacity;
    private final MintWatch watch;

    private final Object lock = new Object();
    /** In order of use, the least recent first. */
    private final LinkedHashMap<LeafName, LeafCertificate> leaves = new LinkedHashMap<>(64, 0.75f, true);
    /** Mints under way: no more than the executor takes. */
    private final Map<LeafName, Flight> flights = new HashMap<>();

    private long hits;
    private long misses;
    private long mints;
    private long renewals;
    private long failures;
    private long refusals;
    private long evictions;
    private boolean closed;

    /** A mint under way. Several callers may ask for it, each in its own turn; the first turn that comes does it. */
    private static final class Flight {
        private final CompletableFuture<LeafCertificate> leaf = new CompletableFuture<>();
        private final Set<Object> askers = new HashSet<>(2);
        private boolean begun;
        /** Turns that were asked for, and may still come. */
        private int turns;
    }

    /**
     * What the cache did since it was made.
     *
     * @param hits asked for and served from the cache
     * @param misses asked for and waited for, whether minted for this caller or for another at the same time
     * @param mints certificates signed, renewals among them
     * @param renewals of those, the ones that replaced a leaf still valid
     * @param failures mints that ended in an error
     * @param refusals mints that the executor did not take
     * @param evictions leaves dropped to make room
     * @param size leaves now kept
     */
    public record Statistics(
            long hits,
            long misses,
            long mints,
            long renewals,
            long failures,
            long refusals,
            long evictions,
            int size) {}

    /**
     * @param executor runs the mints; bounds both their concurrency and their queue, and throws {@link RejectedExecutionException} when full
     * @param capacity leaves kept at most
     */
    public LeafCache(Issuer issuer, Executor executor, InstantSource clock, int capacity) {
        this(issuer, executor, clock, capacity, MintWatch.NONE);
    }

    /** @param watch is notified of each mint */
    public LeafCache(Issuer issuer, Executor executor, InstantSource clock, int capacity, MintWatch watch) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity: " + capacity + " (expected: 1 or more)");
        }
        this.issuer = issuer;
        this.executor = executor;
        this.clock = clock;
        this.capacity = capacity;
        this.watch = watch;
    }

    /** An executor fit for a cache: daemon threads that end when idle, a bounded queue, refusal when both are full. */
    public static ThreadPoolExecutor boundedExecutor(int threads, int queue) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                threads,
                threads,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(queue),
                Thread.ofPlatform().daemon().name("leaf-mint-", 0).factory(),
                new ThreadPoolExecutor.AbortPolicy());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /** As {@link #get(String, Object, Executor)}, by the cache's own executor, for no caller in particular. */
    public CompletionStage<LeafCertificate> get(String host) {
        return get(host, this, executor);
    }

    /**
     * The leaf for a name, ready or when it has been minted.
     *
     * @param asker who asks: another one that needs the same leaf does not wait for this one's turn if its own comes first
     * @param turns runs the mint when it is the asker's turn; throws {@link RejectedExecutionException} where the asker has too many
     * @return completes on the caller's thread or the executor's; fails with {@link MintException}
     */
    public CompletionStage<LeafCertificate> get(String host, Object asker, Executor turns) {
        LeafName name;
        try {
            name = LeafName.parse(host);
        } catch (MintException e) {
            return CompletableFuture.failedStage(e);
        }
        Instant now = clock.instant();
        LeafCertificate ready;
        Flight flight;
        boolean asks;
        synchronized (lock) {
            if (closed) {
                return CompletableFuture.failedStage(closed(name));
            }
            ready = usable(leaves.get(name), now);
            if (ready == null) {
                misses++;
            } else {
                hits++;
                if (now.isBefore(ready.renewAfter())) {
                    return CompletableFuture.completedStage(ready);
                }
            }
            flight = flights.computeIfAbsent(name, n -> new Flight());
            asks = !flight.begun && flight.askers.add(asker);
            flight.turns += asks ? 1 : 0;
        }
        boolean accepted = !asks || launch(name, flight, turns);
        if (ready != null) {
            return CompletableFuture.completedStage(ready);
        }
        return accepted ? flight.leaf.minimalCompletionStage() : CompletableFuture.failedStage(overloaded(name));
    }

    /** Null where a handshake that begins now could not rely on the leaf; a clock that was set back counts too. */
    private static @Nullable LeafCertificate usable(@Nullable LeafCertificate leaf, Instant now) {
        return leaf != null
                        && now.isBefore(leaf.notAfter().minus(LeafMint.LEAST_REMAINING))
                        && !now.isBefore(leaf.notBefore())
                ? leaf
                : null;
    }

    /** @return false where the asker is refused a turn; if no other turn is left, all who wait fail */
    private boolean launch(LeafName name, Flight flight, Executor turns) {
        try {
            turns.execute(() -> mint(name, flight));
            return true;
        } catch (RejectedExecutionException e) {
            boolean lost;
            synchronized (lock) {
                refusals++;
                flight.turns--;
                lost = flight.turns == 0 && !flight.begun && flights.remove(name, flight);
            }
            if (lost) {
                flight.leaf.completeExceptionally(overloaded(name));
            }
            return false;
        }
    }

    private static MintException overloaded(LeafName name) {
        return new MintException(
                Reason.OVERLOADED, "too many certificates are being minted: none for " + name.text() + " now");
    }

    private void mint(LeafName name, Flight flight) {
        synchronized (lock) {
            if (flight.begun) {
                return; // another's turn came first
            }
            flight.begun = true;
        }
        LeafCertificate leaf;
        MintWatch.Mint watched = watch.begins(name.text());
        try {
            leaf = issuer.issue(name);
            watched.ended(null);
        } catch (Throwable e) { // the waiters must learn of an Error too
            watched.ended(e);
            synchronized (lock) {
                failures++;
                flights.remove(name, flight);
            }
            flight.leaf.completeExceptionally(
                    e instanceof MintException known
                            ? known
                            : new MintException(Reason.FAILED, "cannot mint a certificate for " + name.text(), e));
            return;
        }
        synchronized (lock) {
            mints++;
            flights.remove(name, flight);
            if (!closed) {
                keep(name, leaf);
            }
        }
        flight.leaf.complete(leaf);
    }

    private void keep(LeafName name, LeafCertificate leaf) {
        LeafCertificate old = leaves.put(name, leaf);
        if (usable(old, clock.instant()) != null) {
            renewals++;
        }
        if (leaves.size() > capacity) {
            leaves.pollFirstEntry();
            evictions++;
        }
    }

    public Statistics statistics() {
        synchronized (lock) {
            return new Statistics(hits, misses, mints, renewals, failures, refusals, evictions, leaves.size());
        }
    }

    /** Fails those that still wait, and drops the leaves. The executor is its owner's to end. */
    @Override
    public void close() {
        Map<LeafName, Flight> waiting;
        synchronized (lock) {
            closed = true;
            leaves.clear();
            waiting = Map.copyOf(flights);
            flights.clear();
        }
        waiting.forEach((name, flight) -> flight.leaf.completeExceptionally(closed(name)));
    }

    private static MintException closed(LeafName name) {
        return new MintException(Reason.CLOSED, "the gate is stopping: no certificate for " + name.text());
    }
}

package egress.upstream;

import egress.exchange.Failure;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Looks names up off the event loop, by the machine's own resolver: one lookup at a time for a name, answers and
 * refusals kept for a short while. The futures complete on any thread, possibly at once; they fail with a {@link
 * FailureException} or a {@link TimeoutException}.
 */
final class Resolver {
    /** Asks for a name's addresses; may block. */
    @FunctionalInterface
    interface Lookup {
        InetAddress[] lookup(String host) throws UnknownHostException;
    }

    /**
     * @param timeout how long a caller waits for one lookup
     * @param ttl how long an answer is used; the JDK does not tell the record's own, and keeps it some time too
     * @param negativeTtl the same for "no such name"
     * @param maxKept names in the cache
     */
    record Limits(Duration timeout, Duration ttl, Duration negativeTtl, int maxKept) {
        static final Limits DEFAULTS =
                new Limits(Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(2), 1_024);
    }

    private record Kept(
            List<InetAddress> addresses, @Nullable Failure failure, Instant until) {}

    private final Lookup lookup;
    private final Executor executor;
    private final Limits limits;
    private final InstantSource clock;
    private final ConcurrentHashMap<String, Kept> kept = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, CompletableFuture<List<InetAddress>>> underWay = new ConcurrentHashMap<>();

    /**
     * @param executor bounded: a rejected lookup is an {@link Failure.Overloaded}
     */
    Resolver(Lookup lookup, Executor executor, Limits limits, InstantSource clock) {
        this.lookup = lookup;
        this.executor = executor;
        this.limits = limits;
        this.clock = clock;
    }

    /** Daemon threads for lookups, few and with a bounded queue. */
    static ThreadPoolExecutor lookupThreads(int threads, int queued) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                threads,
                threads,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(queued),
                Thread.ofPlatform().daemon().name("egress-lookup-", 0).factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    CompletableFuture<List<InetAddress>> resolve(String host) {
        Kept known = kept.get(host);
        if (known != null && clock.instant().isBefore(known.until())) {
            return known.failure() == null
                    ? CompletableFuture.completedFuture(known.addresses())
                    : CompletableFuture.failedFuture(new FailureException(known.failure()));
        }
        CompletableFuture<List<InetAddress>> mine = new CompletableFuture<>();
        CompletableFuture<List<InetAddress>> other = underWay.putIfAbsent(host, mine);
        if (other != null) {
            return other;
        }
        try {
            executor.execute(() -> look(host, mine));
        } catch (RejectedExecutionException e) {
            mine.completeExceptionally(new FailureException(
                    new Failure.Overloaded("too many name lookups are under way to look up " + host)));
        }
        return mine.orTimeout(limits.timeout().toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((_, _) -> underWay.remove(host, mine));
    }

    private void look(String host, CompletableFuture<List<InetAddress>> answer) {
        try {
            List<InetAddress> addresses =
                    Arrays.stream(lookup.lookup(host)).distinct().toList();
            if (addresses.isEmpty()) {
                throw new UnknownHostException(host);
            }
            keep(host, new Kept(addresses, null, clock.instant().plus(limits.ttl())));
            answer.complete(addresses);
        } catch (UnknownHostException e) {
            Failure failure = new Failure.UpstreamUnreachable("no address is known for " + host);
            keep(host, new Kept(List.of(), failure, clock.instant().plus(limits.negativeTtl())));
            answer.completeExceptionally(new FailureException(failure));
        } catch (RuntimeException e) {
            answer.completeExceptionally(new FailureException(
                    new Failure.UpstreamUnreachable("looking up " + host + " failed: " + e.getMessage())));
        }
    }

    private void keep(String host, Kept answer) {
        if (kept.size() >= limits.maxKept()) {
            Instant now = clock.instant();
            kept.values().removeIf(old -> !now.isBefore(old.until()));
            if (kept.size() >= limits.maxKept()) {
                kept.clear();
            }
        }
        kept.put(host, answer);
    }
}

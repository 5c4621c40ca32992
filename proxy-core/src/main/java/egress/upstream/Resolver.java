package egress.upstream;

import egress.exchange.Failure;
import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Looks names up off the event loop, one look-up at a time for a name, answers and refusals kept for a short while. Callers share the
 * look-ups under way, the places of those that wait for one, and the names kept: dead names of one hold up no other. The futures
 * complete on any thread, possibly at once; they fail with a {@link FailureException} or a {@link TimeoutException}.
 */
final class Resolver {
    /** Where names are asked for. */
    @FunctionalInterface
    interface Source {
        /**
         * Asks for a name's addresses, without waiting; a name that has none is an {@link UnknownHostException}.
         *
         * @param loop whose thread may be used
         */
        CompletableFuture<Answer> lookup(EventLoop loop, String host);
    }

    /**
     * @param ttl how long it may be used
     */
    record Answer(List<InetAddress> addresses, Duration ttl) {}

    /**
     * @param timeout how long a caller waits for a name
     * @param ttl how long an answer is used at most
     * @param negativeTtl the same for "no such name"
     * @param joined how old a look-up may be for others to wait for it too, instead of asking anew
     * @param maxKept names in the cache
     * @param underWay look-ups at a time
     * @param waiting those that wait for one of these
     * @param atOnce look-ups that a caller may begin one after the other; what is known already is none
     * @param aSecond look-ups that it may begin in each second besides
     */
    record Limits(
            Duration timeout,
            Duration ttl,
            Duration negativeTtl,
            Duration joined,
            int maxKept,
            int underWay,
            int waiting,
            int atOnce,
            int aSecond) {
        static final Limits DEFAULTS = new Limits(
                Duration.ofSeconds(10),
                Duration.ofSeconds(20),
                Duration.ofSeconds(2),
                Duration.ofSeconds(2),
                2_048,
                128,
                1_024,
                256,
                32);
    }

    private record Kept(
            Caller by,
            List<InetAddress> addresses,
            @Nullable Failure failure,
            Instant until) {}

    private final Source source;
    private final Limits limits;
    private final InstantSource clock;
    private final FairBudget lookups;
    private final FairBudget places;
    private final Object lock = new Object();
    private final LinkedHashMap<String, Kept> kept = new LinkedHashMap<>();
    private final Map<String, Running> running = new HashMap<>();
    private final TurnQueue<Ask> queue = new TurnQueue<>();
    private final LookupPace pace;
    private boolean paceAwaited;

    Resolver(Source source, Limits limits, InstantSource clock) {
        this.source = source;
        this.limits = limits;
        this.clock = clock;
        this.lookups = new FairBudget(limits.underWay());
        this.places = new FairBudget(limits.waiting());
        this.pace = new LookupPace(limits.atOnce(), limits.aSecond());
    }

    /** A caller that waits for a name. */
    private static final class Ask implements FairBudget.Reclaim {
        private final EventLoop loop;
        private final Claimant who;
        private final String host;
        private final CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        private FairBudget.@Nullable Lease place;

        Ask(EventLoop loop, Claimant who, String host) {
            this.loop = loop;
            this.who = who;
            this.host = host;
        }

        @Override
        public boolean isReclaimable() {
            return !answer.isDone();
        }

        @Override
        public void reclaim() {
            refuse();
        }

        void refuse() {
            answer.completeExceptionally(new FailureException(
                    new Failure.Overloaded("too many name lookups are under way to look up " + host)));
        }

        private void leave() {
            if (place != null) {
                place.close();
                place = null;
            }
        }
    }

    /** A look-up under way. */
    private final class Running {
        private final Ask first;
        private final FairBudget.Lease lease;
        private final Instant since = clock.instant();
        private final List<Ask> asks = new ArrayList<>(1);

        Running(Ask first, FairBudget.Lease lease) {
            this.first = first;
            this.lease = lease;
            asks.add(first);
        }

        boolean isJoinable() {
            return clock.instant().isBefore(since.plus(limits.joined()));
        }

        void start() {
            CompletableFuture<Answer> asked;
            try {
                asked = source.lookup(first.loop, first.host);
            } catch (RuntimeException e) {
                asked = CompletableFuture.failedFuture(e);
            }
            asked.whenComplete((answer, cause) -> onAnswer(this, answer, cause));
        }
    }

    FairBudget lookups() {
        return lookups;
    }

    FairBudget places() {
        return places;
    }

    CompletableFuture<List<InetAddress>> resolve(EventLoop loop, Claimant who, String host) {
        Ask ask = new Ask(loop, who, host);
        Running begun;
        synchronized (lock) {
            Kept known = fresh(host);
            if (known != null) {
                return known.failure() == null
                        ? CompletableFuture.completedFuture(known.addresses())
                        : CompletableFuture.failedFuture(new FailureException(known.failure()));
            }
            begun = join(ask) ? null : begin(ask);
            if (begun == null && !isJoined(ask) && !enqueue(ask)) {
                ask.refuse();
                return ask.answer;
            }
        }
        ask.answer.orTimeout(limits.timeout().toNanos(), TimeUnit.NANOSECONDS).whenComplete((_, _) -> over(ask));
        if (begun != null) {
            begun.start();
        }
        return ask.answer;
    }

    private @Nullable Kept fresh(String host) {
        Kept known = kept.get(host);
        return known != null && clock.instant().isBefore(known.until()) ? known : null;
    }

    private boolean join(Ask ask) {
        Running same = running.get(ask.host);
        if (same == null || !same.isJoinable()) {
            return false;
        }
        same.asks.add(ask);
        return true;
    }

    private boolean isJoined(Ask ask) {
        Running same = running.get(ask.host);
        return same != null && same.asks.contains(ask);
    }

    private @Nullable Running begin(Ask ask) {
        Instant now = clock.instant();
        Duration wait = pace.wait(ask.who.caller(), now);
        if (wait.isPositive()) {
            awaitPace(ask.loop, wait);
            return null;
        }
        FairBudget.Lease lease = lookups.lease(ask.who, FairBudget.Reclaim.NEVER);
        if (!lease.take(1)) {
            lease.close();
            return null;
        }
        pace.begun(ask.who.caller(), now);
        Running begun = new Running(ask, lease);
        running.put(ask.host, begun); // an older one, which takes no more waiters, still answers those that it has
        return begun;
    }

    /** Looks at those that wait once the caller may begin another. */
    private void awaitPace(EventLoop loop, Duration wait) {
        if (!paceAwaited && !loop.isShuttingDown()) {
            paceAwaited = true;
            loop.schedule(this::paceGoesOn, wait.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void paceGoesOn() {
        synchronized (lock) {
            paceAwaited = false;
        }
        serve();
    }

    private boolean enqueue(Ask ask) {
        FairBudget.Lease place = places.lease(ask.who, ask);
        if (!place.take(1)) {
            place.close();
            return false;
        }
        ask.place = place;
        queue.add(ask.who, ask);
        return true;
    }

    /** Has its answer, or waits no more. */
    private void over(Ask ask) {
        synchronized (lock) {
            queue.remove(ask.who, ask);
            ask.leave();
        }
    }

    private void onAnswer(Running over, @Nullable Answer answer, @Nullable Throwable cause) {
        Failure failure = answer == null ? failure(over.first.host, cause) : null;
        List<Ask> asks;
        synchronized (lock) {
            running.remove(over.first.host, over);
            over.lease.close();
            asks = List.copyOf(over.asks);
            if (answer != null) {
                Duration ttl = answer.ttl().compareTo(limits.ttl()) < 0 ? answer.ttl() : limits.ttl();
                keep(
                        over,
                        new Kept(
                                over.first.who.caller(),
                                answer.addresses(),
                                null,
                                clock.instant().plus(ttl)));
            } else if (isUnknown(cause)) {
                Instant until = clock.instant().plus(limits.negativeTtl());
                keep(over, new Kept(over.first.who.caller(), List.of(), failure, until));
            }
        }
        for (Ask ask : asks) {
            if (answer != null) {
                ask.answer.complete(answer.addresses());
            } else if (failure != null) {
                ask.answer.completeExceptionally(new FailureException(failure));
            }
        }
        serve();
    }

    private static boolean isUnknown(@Nullable Throwable cause) {
        return cause instanceof UnknownHostException
                || cause instanceof CompletionException && cause.getCause() instanceof UnknownHostException;
    }

    private static Failure failure(String host, @Nullable Throwable cause) {
        if (isUnknown(cause)) {
            return new Failure.UpstreamUnreachable("no address is known for " + host);
        }
        Throwable root = cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
        return root instanceof TimeoutException
                ? new Failure.UpstreamTimedOut("looking up " + host + " took too long")
                : new Failure.UpstreamUnreachable("looking up " + host + " failed: "
                        + (root == null ? "no answer" : String.valueOf(root.getMessage())));
    }

    /** A look-up is over: others may begin. */
    private void serve() {
        List<Running> begun = new ArrayList<>();
        List<Ask> known = new ArrayList<>();
        synchronized (lock) {
            Ask next;
            while ((next = queue.next(ask -> isServed(ask, begun, known))) != null) {
                next.leave();
            }
        }
        begun.forEach(Running::start);
        for (Ask ask : known) {
            resolveAgain(ask);
        }
    }

    private boolean isServed(Ask ask, List<Running> begun, List<Ask> known) {
        if (ask.answer.isDone() || join(ask)) {
            return true;
        }
        if (fresh(ask.host) != null) {
            known.add(ask);
            return true;
        }
        Running started = begin(ask);
        if (started != null) {
            begun.add(started);
        }
        return started != null;
    }

    private void resolveAgain(Ask ask) {
        resolve(ask.loop, ask.who, ask.host).whenComplete((addresses, cause) -> {
            if (cause == null) {
                ask.answer.complete(addresses);
            } else {
                ask.answer.completeExceptionally(cause);
            }
        });
    }

    private void keep(Running from, Kept answer) {
        kept.remove(from.first.host);
        if (kept.size() >= limits.maxKept()) {
            makeRoom();
        }
        kept.put(from.first.host, answer);
    }

    /** What is out of date goes first, then the oldest name of the caller that has most of them. */
    private void makeRoom() {
        Instant now = clock.instant();
        kept.values().removeIf(old -> !now.isBefore(old.until()));
        if (kept.size() < limits.maxKept()) {
            return;
        }
        Map<Caller, Integer> counts = new HashMap<>();
        kept.values().forEach(one -> counts.merge(one.by(), 1, Integer::sum));
        Caller most = counts.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
        for (Map.Entry<String, Kept> entry : kept.entrySet()) {
            if (entry.getValue().by().equals(most)) {
                kept.remove(entry.getKey());
                return;
            }
        }
    }
}

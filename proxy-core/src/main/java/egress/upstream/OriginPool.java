package egress.upstream;

import egress.exchange.Failure;
import egress.exchange.UpstreamPeer.Timings;
import egress.exchange.Upstreams.Attempt;
import egress.exchange.Upstreams.Listener;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import egress.upstream.tls.UpstreamTls;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one loop to one origin, and the exchanges that wait for one. An exchange has a place at the origin, out of its
 * caller's share, before it gets a connection. While it is unknown which version the origin speaks, the first connection is waited for
 * by all: they share it if it is h2, and dial their own if not.
 */
final class OriginPool implements Opening.Listener {
    /**
     * @param alpn what is offered; a connection that offered h2 is never used where it must not be chosen
     */
    record Key(Authority authority, boolean tls, UpstreamTls.Alpn alpn) {}

    /** Which version the origin chose last. */
    enum Known {
        NOTHING,
        HTTP_1_1,
        HTTP_2,
        /** It speaks h2 and wants to be asked by HTTP/1.1 (RFC 9113 §7, HTTP_1_1_REQUIRED). */
        HTTP_1_1_REQUIRED
    }

    /** A connection being opened for another caller is waited for so long; then one's own is opened. */
    private static final long OTHERS_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Exchanges of a caller with an origin beside which it may use connections that others left. */
    private static final int FEW = 8;

    private final Key key;
    private final Pool pool;
    private final OriginShare share;
    private final ArrayDeque<H1Connection> idle = new ArrayDeque<>();
    private final List<H2Connection> http2 = new ArrayList<>(1);
    private final Set<Opening> openings = new LinkedHashSet<>();
    private final TurnQueue<Waiter> waiters = new TurnQueue<>();
    /** They have their place at the origin, and wait for the connection. */
    private final LinkedHashSet<Waiter> placed = new LinkedHashSet<>();

    private final Set<UpstreamStream> streams = new LinkedHashSet<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    /** Read by other loops. */
    private volatile boolean hasIdle;

    private volatile boolean hasWaiters;
    /** Whether openings are looked at once more, in a while. */
    private boolean looksAgain;
    /** What asks for service while it is given is served after it, not within it: openings fail at once, one after the other. */
    private boolean serving;

    private boolean serveAgain;
    private Known known;
    private int http1Open;

    OriginPool(Key key, Pool pool, OriginShare share, Known known) {
        this.key = key;
        this.pool = pool;
        this.share = share;
        this.known = known;
        share.joins(this);
    }

    Attempt acquire(Claimant who, Protocol protocol, Listener listener) {
        Waiter waiter = new Waiter(this, pool.loop(), who, protocol, listener);
        if (placed.isEmpty() && !waiters.holds(who.caller()) && isServed(waiter)) {
            return Waiter.SERVED;
        }
        boolean queued = waiter.queues(
                share.waiting(),
                pool.loop()
                        .schedule(
                                () -> onQueueTimeout(waiter),
                                pool.timeouts().queue().toNanos(),
                                TimeUnit.NANOSECONDS));
        if (!queued) {
            waiter.leave();
            listener.onFailed(new Failure.Overloaded("too many exchanges wait for a connection to "
                    + key.authority().host()));
            return Waiter.SERVED;
        }
        if (waiter.isPlaced()) {
            placed.add(waiter);
        } else {
            waiters.add(who, waiter);
        }
        hasWaiters = true;
        pool.counters().waiting.increment();
        serve();
        return waiter;
    }

    /** Gives it what is free. */
    private boolean isServed(Waiter waiter) {
        H2Connection shared = connectionWithRoom();
        if (shared != null) {
            return waiter.takesPlace(share.http2()) && begin(shared, waiter);
        }
        if (idle.isEmpty() || !waiter.takesPlace(share.http1())) {
            return false;
        }
        H1Connection kept = pollIdle(waiter.who().caller());
        return kept != null && begin(kept, waiter);
    }

    private boolean begin(H2Connection connection, Waiter waiter) {
        connection.begin(waiter.who(), waiter.served(), waiter.listener());
        return true;
    }

    private boolean begin(H1Connection connection, Waiter waiter) {
        connection.begin(waiter.who(), waiter.served(), waiter.listener());
        return true;
    }

    private @Nullable H2Connection connectionWithRoom() {
        for (H2Connection connection : http2) {
            if (connection.hasRoom()) {
                return connection;
            }
        }
        return null;
    }

    /**
     * Takes out the connection that was used last by this caller, or by none. One that another left is taken by a caller with few
     * exchanges here only: one with many would leave none to the others, who would open another for each request.
     */
    private @Nullable H1Connection pollIdle(Caller caller) {
        H1Connection own = pollIdle(connection -> connection.isOf(caller));
        return own != null || idle.isEmpty() || share.http1().heldBy(caller) > FEW ? own : pollIdle(_ -> true);
    }

    private @Nullable H1Connection pollIdle(Predicate<H1Connection> fits) {
        long now = System.nanoTime();
        Iterator<H1Connection> latest = idle.descendingIterator();
        while (latest.hasNext()) {
            H1Connection connection = latest.next();
            if (fits.test(connection)) {
                latest.remove();
                pool.busy(connection);
                hasIdle = !idle.isEmpty();
                if (connection.isUsable(now, pool.timeouts().poolIdle().toNanos())) {
                    return connection;
                }
                connection.close();
            }
        }
        return null;
    }

    /** Gives places to the waiters whose turn it is, connections to those that have a place, and opens more connections for the rest. */
    private void serve() {
        serveAgain = true;
        if (serving) {
            return;
        }
        serving = true;
        try {
            while (serveAgain) {
                serveAgain = false;
                serveOnce();
            }
        } finally {
            serving = false;
        }
    }

    private void serveOnce() {
        if (known != Known.NOTHING) {
            FairBudget places = known == Known.HTTP_2 ? share.http2() : share.http1();
            placed.removeIf(waiter -> {
                boolean keeps = waiter.takesPlace(places);
                if (!keeps) {
                    waiters.add(waiter.who(), waiter);
                }
                return !keeps;
            });
            Waiter next;
            while ((next = waiters.next(waiter -> waiter.takesPlace(places))) != null) {
                placed.add(next);
            }
        }
        connectPlaced();
        openAsNeeded();
    }

    private void connectPlaced() {
        for (Waiter waiter : List.copyOf(placed)) {
            if (!placed.contains(waiter)) {
                continue; // over while another was served
            }
            H2Connection shared = connectionWithRoom();
            if (shared != null) {
                takeOut(waiter);
                begin(shared, waiter);
                continue;
            }
            H1Connection kept = pollIdle(waiter.who().caller());
            if (kept != null) {
                takeOut(waiter);
                begin(kept, waiter);
            } else if (idle.isEmpty()) {
                return;
            }
        }
    }

    private void openAsNeeded() {
        switch (known) {
            case NOTHING -> openShared(waiters.all());
            case HTTP_2 -> {
                if (http2.size() < pool.limits().http2ConnectionsPerOrigin()) {
                    openShared(List.copyOf(placed));
                }
            }
            case HTTP_1_1, HTTP_1_1_REQUIRED -> {
                Iterator<Waiter> without =
                        List.copyOf(placed).stream().skip(openings.size()).iterator();
                while (without.hasNext()) {
                    Waiter waiter = without.next();
                    if (!waiter.isOver()) {
                        open(waiter.who());
                    }
                }
            }
        }
    }

    /** One connection for all; but a caller that would wait for another's gets its own after a while. */
    private void openShared(List<Waiter> forWhom) {
        Set<Caller> asked = new HashSet<>(2);
        boolean awaitsOther = false;
        for (Waiter waiter : forWhom) {
            if (waiter.isOver() || !asked.add(waiter.who().caller())) {
                continue; // failed with the opening before, or of a caller that was looked at
            }
            if (openings.stream().noneMatch(opening -> isFor(opening, waiter))) {
                open(waiter.who());
            }
            awaitsOther |= openings.stream()
                    .noneMatch(opening ->
                            opening.who().caller().equals(waiter.who().caller()));
        }
        if (awaitsOther && !looksAgain) {
            looksAgain = true;
            pool.loop()
                    .schedule(
                            () -> {
                                looksAgain = false;
                                onRoom();
                            },
                            OTHERS_NANOS,
                            TimeUnit.NANOSECONDS);
        }
    }

    private static boolean isFor(Opening opening, Waiter waiter) {
        return opening.who().caller().equals(waiter.who().caller())
                || System.nanoTime() - opening.sinceNanos() < OTHERS_NANOS;
    }

    private void open(Claimant who) {
        Opening opening = new Opening(
                key.authority(),
                key.tls(),
                known == Known.HTTP_1_1_REQUIRED ? UpstreamTls.Alpn.H1 : key.alpn(),
                who,
                pool.pipelines(),
                pool.counters(),
                this);
        openings.add(opening);
        share.opening();
        opening.start(pool.dialer(), pool.loop());
    }

    @Override
    public void onOpened(Opening opening, Channel channel, boolean isHttp2, Timings timings, String remoteAddress) {
        openings.remove(opening);
        if (isHttp2) {
            share.closed();
            know(Known.HTTP_2);
            http2.add(new H2Connection(channel, this, share, pool, timings, remoteAddress));
            pool.counters().http2Open.increment();
        } else {
            know(Known.HTTP_1_1);
            http1Open++;
            pool.counters().http1Open.increment();
            keep(new H1Connection(channel, this, pool.pipelines(), timings, remoteAddress, key.tls()));
        }
        serve();
    }

    private void know(Known version) {
        if (known != Known.HTTP_1_1_REQUIRED) {
            known = version;
        }
        pool.remember(key, known);
    }

    @Override
    public void onNotOpened(Opening opening, Failure failure, boolean noCommonProtocol) {
        openings.remove(opening);
        share.closed();
        boolean all = known == Known.NOTHING || known == Known.HTTP_2;
        // What a caller may not have because of its share, others may have; and what is opened for them may come
        // through.
        boolean mayOthers =
                failure instanceof Failure.Overloaded && !failure.equals(Pool.CLOSING) || all && !openings.isEmpty();
        for (Waiter waiter : everybody()) {
            boolean same = waiter.who().caller().equals(opening.who().caller());
            if (mayOthers && !same || !all && !waiter.isPlaced() || !takeOut(waiter)) {
                continue;
            }
            waiter.leave();
            if (noCommonProtocol && waiter.protocol() == Protocol.PREFER_HTTP_1_1) {
                pool.remember(key, Known.HTTP_2);
                if (!waiter.isCancelled()) {
                    waiter.triesElsewhere(
                            pool.acquire(waiter.who(), key.authority(), key.tls(), Protocol.ANY, waiter.listener()));
                }
            } else {
                waiter.fail(failure);
                if (!all) {
                    break; // the others have attempts of their own
                }
            }
        }
        serve();
        pool.dropIfEmpty(this);
    }

    private List<Waiter> everybody() {
        List<Waiter> all = new ArrayList<>(placed);
        all.addAll(waiters.all());
        return all;
    }

    /** A waiter may be served that could not be before. */
    void onRoom() {
        if (hasWaiters) {
            serve();
        }
    }

    /** The same, from any thread. */
    void wake() {
        if (hasWaiters && woken.compareAndSet(false, true)) {
            pool.loop().execute(() -> {
                woken.set(false);
                onRoom();
            });
        }
    }

    /** A place at the origin was given back. */
    private void onPlace() {
        onRoom();
        share.wakeOthers(this);
    }

    /** An h1 connection is free: for a waiter, or kept idle. */
    void released(H1Connection connection) {
        keep(connection);
        onPlace();
    }

    private void keep(H1Connection connection) {
        if (pool.isClosing() && !hasWaiters) {
            connection.close();
        } else {
            idle.addLast(connection);
            hasIdle = true;
            connection.idle(System.nanoTime());
            pool.idle(this, connection);
        }
    }

    /** Takes an idle connection out and closes it. */
    void evict(H1Connection connection) {
        idle.remove(connection);
        hasIdle = !idle.isEmpty();
        connection.close();
    }

    /** Closes the connection that is unused longest, from any thread; false where there is none. */
    boolean askForIdle() {
        if (!hasIdle) {
            return false;
        }
        pool.loop().execute(() -> {
            H1Connection oldest = idle.peekFirst();
            if (oldest != null) {
                giveUp(oldest);
            }
        });
        return true;
    }

    /** Closes the connection if it still is unused. */
    void giveUp(H1Connection connection) {
        if (idle.contains(connection)) {
            pool.busy(connection);
            evict(connection);
        }
    }

    void closed(H1Connection connection) {
        http1Open--;
        share.closed();
        pool.counters().http1Open.decrement();
        if (idle.remove(connection)) {
            pool.busy(connection);
            hasIdle = !idle.isEmpty();
        }
        onPlace();
        pool.dropIfEmpty(this);
    }

    void closed(H2Connection connection) {
        http2.remove(connection);
        pool.counters().http2Open.decrement();
        onPlace();
        pool.dropIfEmpty(this);
    }

    void requireHttp1() {
        know(Known.HTTP_1_1_REQUIRED);
    }

    /** An h2 connection has no exchange any more, or has one again. */
    void idle(boolean now) {
        if (now) {
            pool.counters().idle.increment();
        } else {
            pool.counters().idle.decrement();
        }
    }

    void streamBegun(boolean reused) {
        pool.counters().streams.increment();
        if (reused) {
            pool.counters().reused.increment();
        }
    }

    /** Watches whether the stream gets on. */
    void watch(UpstreamStream stream) {
        streams.add(stream);
    }

    /** @param stream null where none was opened */
    void streamEnded(@Nullable UpstreamStream stream) {
        if (stream != null) {
            streams.remove(stream);
        }
        pool.counters().streams.decrement();
    }

    /** An h2 stream is over, and its place free. */
    void onStreamRoom() {
        onPlace();
    }

    private boolean takeOut(Waiter waiter) {
        boolean was = placed.remove(waiter) || waiters.remove(waiter.who(), waiter);
        if (was) {
            pool.counters().waiting.decrement();
            hasWaiters = !placed.isEmpty() || !waiters.isEmpty();
        }
        return was;
    }

    void onCancelled(Waiter waiter) {
        boolean had = waiter.isPlaced();
        if (!takeOut(waiter)) {
            return;
        }
        waiter.leave();
        if (!hasWaiters) {
            cancelOpenings();
            pool.dropIfEmpty(this);
        }
        if (had) {
            onPlace();
        }
    }

    private void cancelOpenings() {
        for (Opening opening : List.copyOf(openings)) {
            opening.cancel();
            share.closed();
        }
        openings.clear();
    }

    private void onQueueTimeout(Waiter waiter) {
        refuse(
                waiter,
                "no connection to " + key.authority().host() + " came free within "
                        + pool.timeouts().queue().toMillis() + " ms");
    }

    void onGivesWay(Waiter waiter) {
        refuse(
                waiter,
                "too many exchanges wait for a connection to " + key.authority().host());
    }

    private void refuse(Waiter waiter, String words) {
        boolean had = waiter.isPlaced();
        if (takeOut(waiter)) {
            waiter.leave();
            waiter.fail(new Failure.Overloaded(words));
            if (had) {
                onPlace();
            }
        }
    }

    void tick(long nowNanos) {
        for (H2Connection connection : List.copyOf(http2)) {
            connection.tick(nowNanos);
        }
        for (UpstreamStream stream : streams) {
            stream.tick(nowNanos, pool.timeouts().stalled().toNanos());
        }
        onRoom(); // one that has more than its share may have stalled meanwhile
    }

    /** Ends what waits and what is idle; what is busy closes when its exchanges are over. */
    void close() {
        for (Waiter waiter : everybody()) {
            takeOut(waiter);
            waiter.leave();
            waiter.fail(Pool.CLOSING);
        }
        cancelOpenings();
        for (H1Connection connection : List.copyOf(idle)) {
            pool.busy(connection);
            evict(connection);
        }
        for (H2Connection connection : List.copyOf(http2)) {
            connection.drain();
        }
        pool.dropIfEmpty(this);
    }

    Key key() {
        return key;
    }

    OriginShare share() {
        return share;
    }

    /** The connection is its exchange's alone from now on, and holds the place until it ends. */
    void upgraded(Channel channel, Place place) {
        pool.retain(key);
        channel.closeFuture().addListener(_ -> {
            place.close();
            share.wakeOthers(this);
            onRoom();
            pool.release(key);
        });
    }

    boolean isEmpty() {
        return !hasWaiters && openings.isEmpty() && http2.isEmpty() && http1Open == 0;
    }
}

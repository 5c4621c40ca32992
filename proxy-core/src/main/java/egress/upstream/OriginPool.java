package egress.upstream;

import egress.exchange.Failure;
import egress.exchange.UpstreamPeer.Timings;
import egress.exchange.Upstreams.Attempt;
import egress.exchange.Upstreams.Listener;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.share.Claimant;
import io.netty.channel.Channel;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one loop to one origin, and the exchanges that wait for one. While nobody knows which version the
 * origin speaks, the first connection is waited for by all: they share it if it is h2, and dial their own if not.
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

    private final Key key;
    private final Pool pool;
    private final ArrayDeque<H1Connection> idle = new ArrayDeque<>();
    private final List<H2Connection> http2 = new ArrayList<>(1);
    private final Set<Opening> openings = new LinkedHashSet<>();
    private final LinkedHashSet<Waiter> waiters = new LinkedHashSet<>();
    private Known known;
    private int http1Open;

    OriginPool(Key key, Pool pool, Known known) {
        this.key = key;
        this.pool = pool;
        this.known = known;
    }

    Attempt acquire(Claimant who, Protocol protocol, Listener listener) {
        H2Connection shared = waiters.isEmpty() ? connectionWithRoom() : null;
        if (shared != null) {
            shared.begin(listener);
            return Waiter.SERVED;
        }
        H1Connection kept = pollIdle();
        if (kept != null) {
            kept.begin(listener);
            return Waiter.SERVED;
        }
        if (waiters.size() >= pool.limits().waiting()) {
            listener.onFailed(new Failure.Overloaded("too many exchanges wait for a connection to "
                    + key.authority().host()));
            return Waiter.SERVED;
        }
        Waiter waiter = new Waiter(who, protocol, listener);
        waiters.add(waiter);
        waiter.timer = pool.loop()
                .schedule(() -> onQueueTimeout(waiter), pool.timeouts().queue().toNanos(), TimeUnit.NANOSECONDS);
        pool.counters().waiting.increment();
        openAsNeeded();
        return waiter.attempt(this);
    }

    /** An exchange that waits for a connection. */
    private static final class Waiter {
        static final Attempt SERVED = () -> {};

        private final Claimant who;
        private final Protocol protocol;
        private final Listener listener;
        private @Nullable ScheduledFuture<?> timer;
        /** The attempt elsewhere, where the origin speaks h2 alone. */
        private @Nullable Attempt elsewhere;

        private boolean cancelled;

        Waiter(Claimant who, Protocol protocol, Listener listener) {
            this.who = who;
            this.protocol = protocol;
            this.listener = listener;
        }

        Attempt attempt(OriginPool pool) {
            return () -> {
                cancelled = true;
                if (elsewhere != null) {
                    elsewhere.cancel();
                }
                pool.onCancelled(this);
            };
        }
    }

    private @Nullable H2Connection connectionWithRoom() {
        for (H2Connection connection : http2) {
            if (connection.hasRoom()) {
                return connection;
            }
        }
        return null;
    }

    private @Nullable H1Connection pollIdle() {
        long now = System.nanoTime();
        H1Connection connection;
        while ((connection = idle.pollLast()) != null) {
            pool.busy(connection);
            if (connection.isUsable(now, pool.timeouts().poolIdle().toNanos())) {
                return connection;
            }
            connection.close();
        }
        return null;
    }

    private void openAsNeeded() {
        while (!waiters.isEmpty() && mayOpen()) {
            Opening opening = new Opening(
                    key.authority(),
                    key.tls(),
                    known == Known.HTTP_1_1_REQUIRED ? UpstreamTls.Alpn.H1 : key.alpn(),
                    pool.pipelines(),
                    pool.counters(),
                    this);
            openings.add(opening);
            opening.start(pool.dialer(), pool.loop(), waiters.getFirst().who);
        }
    }

    private boolean mayOpen() {
        return switch (known) {
            case NOTHING -> openings.isEmpty();
            case HTTP_2 -> openings.isEmpty() && http2.size() < pool.limits().http2ConnectionsPerOrigin();
            case HTTP_1_1, HTTP_1_1_REQUIRED ->
                openings.size() < waiters.size()
                        && http1Open + openings.size() < pool.limits().connectionsPerOrigin();
        };
    }

    @Override
    public void onOpened(Opening opening, Channel channel, boolean isHttp2, Timings timings, String remoteAddress) {
        openings.remove(opening);
        if (isHttp2) {
            know(Known.HTTP_2);
            http2.add(new H2Connection(
                    channel, this, pool.pipelines(), pool.limits(), pool.timeouts(), timings, remoteAddress));
            pool.counters().http2Open.increment();
        } else {
            know(Known.HTTP_1_1);
            http1Open++;
            pool.counters().http1Open.increment();
            released(new H1Connection(channel, this, pool.pipelines(), timings, remoteAddress, key.tls()));
        }
        onRoom();
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
        boolean all = known == Known.NOTHING || known == Known.HTTP_2;
        for (Waiter waiter : List.copyOf(waiters)) {
            take(waiter);
            if (noCommonProtocol && waiter.protocol == Protocol.PREFER_HTTP_1_1) {
                pool.remember(key, Known.HTTP_2);
                if (!waiter.cancelled) {
                    waiter.elsewhere =
                            pool.acquire(waiter.who, key.authority(), key.tls(), Protocol.ANY, waiter.listener);
                }
            } else {
                waiter.listener.onFailed(failure);
                if (!all) {
                    break; // the others have attempts of their own
                }
            }
        }
        openAsNeeded();
        pool.dropIfEmpty(this);
    }

    /** Serves who waits from the h2 connections, and opens more connections for the rest. */
    void onRoom() {
        H2Connection connection;
        while (!waiters.isEmpty() && (connection = connectionWithRoom()) != null) {
            Waiter first = waiters.getFirst();
            take(first);
            connection.begin(first.listener);
        }
        openAsNeeded();
    }

    /** An h1 connection is free: for who waits longest, else for later. */
    void released(H1Connection connection) {
        if (!waiters.isEmpty()) {
            Waiter first = waiters.getFirst();
            take(first);
            connection.begin(first.listener);
        } else if (pool.isClosing()) {
            connection.close();
        } else {
            idle.addLast(connection);
            connection.idle(System.nanoTime());
            pool.idle(this, connection);
        }
    }

    /** Takes an idle connection out and closes it. */
    void evict(H1Connection connection) {
        idle.remove(connection);
        connection.close();
    }

    void closed(H1Connection connection) {
        http1Open--;
        pool.counters().http1Open.decrement();
        if (idle.remove(connection)) {
            pool.busy(connection);
        }
        openAsNeeded();
        pool.dropIfEmpty(this);
    }

    void closed(H2Connection connection) {
        http2.remove(connection);
        pool.counters().http2Open.decrement();
        openAsNeeded();
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

    void streamEnded() {
        pool.counters().streams.decrement();
    }

    private void take(Waiter waiter) {
        if (waiters.remove(waiter)) {
            pool.counters().waiting.decrement();
            if (waiter.timer != null) {
                waiter.timer.cancel(false);
            }
        }
    }

    private void onCancelled(Waiter waiter) {
        take(waiter);
        if (waiters.isEmpty()) {
            for (Opening opening : List.copyOf(openings)) {
                opening.cancel();
            }
            openings.clear();
            pool.dropIfEmpty(this);
        }
    }

    private void onQueueTimeout(Waiter waiter) {
        if (waiters.contains(waiter)) {
            take(waiter);
            waiter.listener.onFailed(new Failure.Overloaded("no connection to "
                    + key.authority().host() + " came free within "
                    + pool.timeouts().queue().toMillis() + " ms"));
        }
    }

    void tick(long nowNanos) {
        for (H2Connection connection : List.copyOf(http2)) {
            connection.tick(nowNanos);
        }
    }

    /** Ends what waits and what is idle; what is busy closes when its exchanges are over. */
    void close() {
        for (Waiter waiter : List.copyOf(waiters)) {
            take(waiter);
            waiter.listener.onFailed(Pool.CLOSING);
        }
        for (Opening opening : List.copyOf(openings)) {
            opening.cancel();
        }
        openings.clear();
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

    boolean isEmpty() {
        return waiters.isEmpty() && openings.isEmpty() && http2.isEmpty() && http1Open == 0;
    }
}

package egress.upstream;

import egress.exchange.Dialer;
import egress.exchange.Failure;
import egress.exchange.Upstreams.Attempt;
import egress.exchange.Upstreams.Listener;
import egress.exchange.Upstreams.Protocol;
import egress.http.Authority;
import egress.share.Claimant;
import egress.share.FairBudget;
import egress.upstream.tls.UpstreamTls;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The upstream connections of one event loop. Plain fields: everything happens on that loop. */
final class Pool {
    static final Failure CLOSING = new Failure.Overloaded("the proxy is shutting down");
    private static final Attempt OVER = () -> {};
    private static final int MOST_REMEMBERED = 1_024;
    private static final long LONGEST_TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final EventLoop loop;
    private final Dialer dialer;
    private final UpstreamPipelines pipelines;
    private final UpstreamTimeouts timeouts;
    private final UpstreamLimits limits;
    private final UpstreamShares shared;
    private final Counters counters;
    private final Map<OriginPool.Key, OriginPool> origins = new HashMap<>();
    /** Idle h1 connections, the one unused longest first. */
    private final LinkedHashMap<H1Connection, OriginPool> idle = new LinkedHashMap<>();
    /** Which version origins chose, so that callers need not wait for a connection to find out again. */
    private final LinkedHashMap<OriginPool.Key, OriginPool.Known> remembered = new LinkedHashMap<>(16, 0.75f, true);

    private final long tickNanos;
    private @Nullable ScheduledFuture<?> ticking;
    private boolean closing;

    Pool(
            EventLoop loop,
            Dialer dialer,
            UpstreamPipelines pipelines,
            UpstreamTimeouts timeouts,
            UpstreamLimits limits,
            UpstreamShares shared,
            Counters counters) {
        this.loop = loop;
        this.dialer = dialer;
        this.pipelines = pipelines;
        this.timeouts = timeouts;
        this.limits = limits;
        this.shared = shared;
        this.counters = counters;
        long shortest = Math.min(
                timeouts.poolIdle().toNanos(),
                Math.min(
                        timeouts.stalled().toNanos(),
                        Math.min(
                                timeouts.pingAfter().toNanos(),
                                timeouts.pingAnswer().toNanos())));
        this.tickNanos = Math.max(1_000_000, Math.min(LONGEST_TICK_NANOS, shortest / 4));
    }

    Attempt acquire(Claimant who, Authority authority, boolean tls, Protocol protocol, Listener listener) {
        if (closing) {
            listener.onFailed(CLOSING);
            return OVER;
        }
        OriginPool.Key key = new OriginPool.Key(authority, tls, alpn(authority, tls, protocol));
        OriginPool origin = origins.get(key);
        if (origin == null) {
            origin = new OriginPool(key, this, shared.origin(key), remembered.getOrDefault(key, initially(key)));
            origins.put(key, origin);
            startTicking();
        }
        return origin.acquire(who, protocol, listener);
    }

    private UpstreamTls.Alpn alpn(Authority authority, boolean tls, Protocol protocol) {
        if (!tls) {
            return UpstreamTls.Alpn.H1;
        }
        return switch (protocol) {
            case ANY -> UpstreamTls.Alpn.H2_AND_H1;
            case HTTP_1_1 -> UpstreamTls.Alpn.H1;
            case PREFER_HTTP_1_1 -> {
                OriginPool.Key http1 = new OriginPool.Key(authority, true, UpstreamTls.Alpn.H1);
                yield remembered.get(http1) == OriginPool.Known.HTTP_2
                        ? UpstreamTls.Alpn.H2_AND_H1
                        : UpstreamTls.Alpn.H1;
            }
        };
    }

    /** Where h2 is not offered there is nothing to find out. */
    private static OriginPool.Known initially(OriginPool.Key key) {
        return key.alpn() == UpstreamTls.Alpn.H1 ? OriginPool.Known.HTTP_1_1 : OriginPool.Known.NOTHING;
    }

    void remember(OriginPool.Key key, OriginPool.Known version) {
        if (remembered.put(key, version) == null && remembered.size() > MOST_REMEMBERED) {
            remembered.pollFirstEntry();
        }
    }

    void idle(OriginPool origin, H1Connection connection) {
        idle.put(connection, origin);
        counters.idle.increment();
        if (idle.size() > limits.idleConnections()) {
            evictOldest();
        }
    }

    private void evictOldest() {
        Map.Entry<H1Connection, OriginPool> oldest = idle.pollFirstEntry();
        if (oldest != null) {
            counters.idle.decrement();
            oldest.getValue().evict(oldest.getKey());
        }
    }

    /** The connection is idle no more. */
    void busy(H1Connection connection) {
        if (idle.remove(connection) != null) {
            counters.idle.decrement();
        }
    }

    void dropIfEmpty(OriginPool origin) {
        if (origin.isEmpty()) {
            if (origins.remove(origin.key(), origin)) {
                origin.share().leaves(origin);
                shared.leave(origin.key());
            }
        }
    }

    private void startTicking() {
        if (ticking == null) {
            ticking = loop.scheduleWithFixedDelay(this::tick, tickNanos, tickNanos, TimeUnit.NANOSECONDS);
        }
    }

    private void tick() {
        long now = System.nanoTime();
        for (Map.Entry<H1Connection, OriginPool> entry : List.copyOf(idle.entrySet())) {
            if (!entry.getKey().isUsable(now, timeouts.poolIdle().toNanos())) {
                busy(entry.getKey());
                entry.getValue().evict(entry.getKey());
            }
        }
        for (OriginPool origin : List.copyOf(origins.values())) {
            origin.tick(now);
        }
        if (origins.isEmpty() && ticking != null) {
            ticking.cancel(false);
            ticking = null;
        }
    }

    void close() {
        closing = true;
        for (OriginPool origin : List.copyOf(origins.values())) {
            origin.close();
        }
    }

    boolean isClosing() {
        return closing;
    }

    EventLoop loop() {
        return loop;
    }

    Dialer dialer() {
        return dialer;
    }

    UpstreamPipelines pipelines() {
        return pipelines;
    }

    UpstreamTimeouts timeouts() {
        return timeouts;
    }

    UpstreamLimits limits() {
        return limits;
    }

    FairBudget windows() {
        return shared.windows();
    }

    /** What callers share of the origin is kept while a connection of it lives outside of its pool. */
    void retain(OriginPool.Key key) {
        shared.origin(key);
    }

    void release(OriginPool.Key key) {
        shared.leave(key);
    }

    Counters counters() {
        return counters;
    }
}

package egress.upstream;

import egress.share.FairBudget;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What callers share of one origin, over all event loops: its connections as long as they carry h1 exchanges, its h2 streams, and the
 * places of exchanges that wait. Giving something back wakes the loops that have waiters.
 */
final class OriginShare {
    private final UpstreamLimits limits;
    private final FairBudget http1;
    private final FairBudget http2;
    private final FairBudget waiting;
    private final Set<OriginPool> pools = ConcurrentHashMap.newKeySet();
    /** h1 connections, the unused and those being opened too. */
    private final AtomicInteger connections = new AtomicInteger();

    private volatile int streams;

    OriginShare(UpstreamLimits limits) {
        this.limits = limits;
        this.streams = limits.streamsPerConnection();
        this.http1 = new FairBudget(limits.connectionsPerOrigin());
        this.http2 = new FairBudget(streams(streams));
        this.waiting = new FairBudget(limits.waiting());
    }

    private long streams(int perConnection) {
        return Math.max(1, (long) limits.http2ConnectionsPerOrigin() * perConnection);
    }

    FairBudget http1() {
        return http1;
    }

    FairBudget http2() {
        return http2;
    }

    FairBudget waiting() {
        return waiting;
    }

    /** The origin takes so many streams on a connection. */
    void allows(int perConnection) {
        if (streams != perConnection) {
            streams = perConnection;
            http2.resize(streams(perConnection));
        }
    }

    void joins(OriginPool pool) {
        pools.add(pool);
    }

    void leaves(OriginPool pool) {
        pools.remove(pool);
    }

    /** An h1 connection is opened: where there are more than there may be, one that is unused makes room, on whichever loop. */
    void opening() {
        if (connections.incrementAndGet() > limits.connectionsPerOrigin()) {
            for (OriginPool pool : pools) {
                if (pool.askForIdle()) {
                    return;
                }
            }
        }
    }

    void closed() {
        connections.decrementAndGet();
    }

    /** Something was given back: wakes the waiters, on whichever loop. */
    void wakeOthers(OriginPool here) {
        for (OriginPool pool : pools) {
            if (pool != here) {
                pool.wake();
            }
        }
    }
}

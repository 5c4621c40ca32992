package egress.upstream;

import egress.http.Authority;
import egress.share.FairBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What callers share on the way to origins, over all event loops. */
final class UpstreamShares {
    private record Origin(Authority authority, boolean tls) {
        static Origin of(OriginPool.Key key) {
            return new Origin(key.authority(), key.tls());
        }
    }

    private record Used(OriginShare share, int users) {}

    private final UpstreamLimits limits;
    private final FairBudget connections;
    private final FairBudget windows;
    private final ConcurrentHashMap<Origin, Used> origins = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Kind, LongAdder> refused = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Kind, LongAdder> reclaimed = new ConcurrentHashMap<>();

    UpstreamShares(UpstreamLimits limits) {
        this.limits = limits;
        this.connections = FairBudget.ofUnits(limits.connections());
        this.windows = new FairBudget(limits.windows());
    }

    private static LongAdder of(ConcurrentHashMap<Kind, LongAdder> counts, Kind kind) {
        return counts.computeIfAbsent(kind, _ -> new LongAdder());
    }

    FairBudget connections() {
        return connections;
    }

    FairBudget windows() {
        return windows;
    }

    /** What callers share of one origin; {@link #leave} it. */
    OriginShare origin(OriginPool.Key key) {
        return origins.compute(
                        Origin.of(key),
                        (_, used) -> used == null
                                ? new Used(new OriginShare(limits), 1)
                                : new Used(used.share(), used.users() + 1))
                .share();
    }

    void leave(OriginPool.Key key) {
        origins.computeIfPresent(Origin.of(key), (_, used) -> {
            if (used.users() > 1) {
                return new Used(used.share(), used.users() - 1);
            }
            remember(used.share());
            return null;
        });
    }

    /** Keeps the counters of an origin that is dropped. */
    private void remember(OriginShare gone) {
        for (Kind kind : Kind.values()) {
            FairBudget.Statistics last = kind.of(gone).statistics();
            of(refused, kind).add(last.refused());
            of(reclaimed, kind).add(last.reclaimed());
        }
    }

    /** Which budget of an origin. */
    enum Kind {
        CONNECTIONS,
        STREAMS,
        WAITING;

        FairBudget of(OriginShare share) {
            return switch (this) {
                case CONNECTIONS -> share.http1();
                case STREAMS -> share.http2();
                case WAITING -> share.waiting();
            };
        }
    }

    /** The budgets of all origins as one: their sums, and the number of callers of the origin that has most. */
    FairBudget.Statistics ofOrigins(Kind kind) {
        List<FairBudget.Statistics> all = new ArrayList<>();
        all.add(new FairBudget.Statistics(
                0, 0, 0, of(refused, kind).sum(), of(reclaimed, kind).sum()));
        origins.values().forEach(used -> all.add(kind.of(used.share()).statistics()));
        return all.stream()
                .reduce(
                        new FairBudget.Statistics(0, 0, 0, 0, 0),
                        (a, b) -> new FairBudget.Statistics(
                                a.capacity() + b.capacity(),
                                a.used() + b.used(),
                                Math.max(a.callers(), b.callers()),
                                a.refused() + b.refused(),
                                a.reclaimed() + b.reclaimed()));
    }
}

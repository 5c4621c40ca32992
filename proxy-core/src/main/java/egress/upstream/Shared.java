package egress.upstream;

import egress.http.Authority;
import egress.share.FairBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** What callers share on the way to origins, over all event loops. */
final class Shared {
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

    Shared(UpstreamLimits limits) {
        this.limits = limits;
        this.connections = new FairBudget(limits.connections());
        this.windows = new FairBudget(limits.windows());
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
        origins.computeIfPresent(
                Origin.of(key), (_, used) -> used.users() == 1 ? null : new Used(used.share(), used.users() - 1));
    }

    /** A budget of every origin, as one: sums, but the callers of the origin that has most. */
    FairBudget.Statistics ofOrigins(Function<OriginShare, FairBudget> budget) {
        List<FairBudget.Statistics> all = new ArrayList<>();
        origins.values().forEach(used -> all.add(budget.apply(used.share()).statistics()));
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

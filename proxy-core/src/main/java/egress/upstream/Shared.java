package egress.upstream;

import egress.http.Authority;
import egress.share.FairBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Stream;

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
    private final List<LongAdder> refused = adders();
    private final List<LongAdder> reclaimed = adders();

    Shared(UpstreamLimits limits) {
        this.limits = limits;
        this.connections = FairBudget.ofUnits(limits.connections());
        this.windows = new FairBudget(limits.windows());
    }

    private static List<LongAdder> adders() {
        return Stream.generate(LongAdder::new).limit(Kind.values().length).toList();
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

    /** What is counted forever is not lost with the origin. */
    private void remember(OriginShare gone) {
        for (Kind kind : Kind.values()) {
            FairBudget.Statistics last = kind.of.apply(gone).statistics();
            refused.get(kind.ordinal()).add(last.refused());
            reclaimed.get(kind.ordinal()).add(last.reclaimed());
        }
    }

    /** Which budget of an origin. */
    enum Kind {
        CONNECTIONS(OriginShare::http1),
        STREAMS(OriginShare::http2),
        WAITING(OriginShare::waiting);

        private final Function<OriginShare, FairBudget> of;

        Kind(Function<OriginShare, FairBudget> of) {
            this.of = of;
        }
    }

    /** A budget of every origin, as one: sums, but the callers of the origin that has most. */
    FairBudget.Statistics ofOrigins(Kind kind) {
        List<FairBudget.Statistics> all = new ArrayList<>();
        all.add(new FairBudget.Statistics(
                0,
                0,
                0,
                refused.get(kind.ordinal()).sum(),
                reclaimed.get(kind.ordinal()).sum()));
        origins.values().forEach(used -> all.add(kind.of.apply(used.share()).statistics()));
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

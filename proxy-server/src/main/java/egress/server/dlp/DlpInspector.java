package egress.server.dlp;

import egress.exchange.Failure;
import egress.exchange.Inspection;
import egress.exchange.Inspector;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.server.dlp.judge.RouteScanPolicy;
import egress.server.dlp.judge.Scanners;
import egress.share.Caller;
import egress.share.Claimant;
import io.netty.channel.EventLoop;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Inspects exchanges by the routes of one snapshot. */
final class DlpInspector implements Inspector {
    private final DlpServices services;
    private final Scanners scanners;
    private final Set<String> allowed;
    /** By identity: a route's hash covers all its rules. Never changed once it is made. */
    private final IdentityHashMap<Route, RouteScanPolicy> plans = new IdentityHashMap<>();

    /** @param allowed fingerprints that may leave on every route */
    DlpInspector(DlpServices services, Scanners scanners, Collection<Route> routes, Set<String> allowed) {
        this.services = services;
        this.scanners = scanners;
        this.allowed = allowed;
        routes.forEach(route -> plans.put(route, RouteScanPolicy.of(route.dlp(), allowed)));
    }

    @Override
    public Inspection inspect(EventLoop loop, Claimant who, RequestHead head, Route route) {
        RouteScanPolicy known = plans.get(route);
        RouteScanPolicy plan = known == null ? RouteScanPolicy.of(route.dlp(), allowed) : known;
        return plan.outbound() || plan.inbound()
                ? new DlpInspection(services, scanners, plan, loop, who, head)
                : Inspection.NONE;
    }

    @Override
    public @Nullable Failure refusal(Caller caller) {
        return services.lock().refusal(caller);
    }
}

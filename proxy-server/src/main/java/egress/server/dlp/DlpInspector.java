package egress.server.dlp;

import egress.exchange.Admission;
import egress.exchange.Inspection;
import egress.exchange.Inspector;
import egress.http.Authority;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.server.config.DlpConfig;
import egress.server.dlp.judge.FindingReporter;
import egress.server.dlp.judge.NameJudge;
import egress.server.dlp.judge.RouteScanPolicy;
import egress.server.dlp.judge.Scanners;
import egress.server.dlp.judge.Supervision;
import egress.share.Caller;
import egress.share.Claimant;
import io.netty.channel.EventLoop;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.function.Consumer;

/** Inspects exchanges by the routes of one snapshot. */
final class DlpInspector implements Inspector {
    private final DlpServices services;
    private final Scanners scanners;
    private final DlpConfig settings;
    private final Supervision supervision;
    private final NameJudge names;
    /** By identity: a route's hash covers all its rules. Never changed once it is made. */
    private final IdentityHashMap<Route, RouteScanPolicy> plans = new IdentityHashMap<>();

    DlpInspector(
            DlpServices services,
            Scanners scanners,
            Collection<Route> routes,
            DlpConfig settings,
            Supervision supervision) {
        this.services = services;
        this.scanners = scanners;
        this.settings = settings;
        this.supervision = supervision;
        this.names = new NameJudge(services.names(), scanners, services.callers());
        routes.forEach(route -> plans.put(route, plan(route)));
    }

    private RouteScanPolicy plan(Route route) {
        return RouteScanPolicy.of(route.dlp(), settings.allowed(), settings.profile());
    }

    @Override
    public Inspection inspect(EventLoop loop, Claimant who, RequestHead head, Route route) {
        RouteScanPolicy plan = planOf(route);
        if (!plan.outbound()) { // the next routes may scan it, and what it was sent is not known then
            services.callers().givenTo(who.caller()).unread(head.authority().host());
        }
        return plan.outbound() || plan.inbound()
                ? new DlpInspection(services, scanners, plan, loop, who, head, route, supervision)
                : Inspection.NONE;
    }

    private RouteScanPolicy planOf(Route route) {
        RouteScanPolicy known = plans.get(route);
        return known == null ? plan(route) : known;
    }

    @Override
    public Admission admitName(
            Caller caller, Route route, Authority authority, String written, Consumer<Inspection.Hit> hits) {
        return names.judge(
                route, planOf(route), authority.host(), written, new FindingReporter(services.lock(), caller, hits));
    }

    @Override
    public void passesUnread(Caller caller, Authority authority) {
        services.callers().givenTo(caller).unread(authority.host());
    }

    @Override
    public Admission admit(Caller caller) {
        return services.lock().admit(caller);
    }
}

package egress.policy;

import egress.http.Authority;
import egress.http.FieldNames;
import egress.http.Printable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The decisions: pure functions of a routes table that never changes. */
public final class Policy {
    private static final ConnectionRoute BUMP = new ConnectionRoute.Bump();
    private static final Verdict ALLOW_ALL = new Verdict.Allow(Route.TRANSPARENT, RuleNames.DEFAULT);
    private static final Verdict.Deny GIT_PUSH = new Verdict.Deny(
            DenyReason.GIT_PUSH, "git push over http is not allowed on any host: push through the git gate");

    private final Kind kind;
    private final List<Route> routes;
    private final Map<Authority, Site> sites;
    private final SuffixTable<Site> patterns;
    private final Set<String> hosts;
    private final String words;
    private final Ask unlisted;

    private enum Kind {
        TABLE,
        ALLOW_ALL,
        DENY_ALL
    }

    /** A route at one of the authorities it serves, with what never changes worked out. */
    private record Site(Route route, boolean tls, RouteRules rules, ConnectionRoute connection) {
        static Site of(Route route, boolean tls) {
            return new Site(route, tls, new RouteRules(route), BUMP);
        }

        /** The same with the grant in place of all its rules. */
        Site granting(Grant grant) {
            return new Site(route, tls, new RouteRules(route.withOnly(grant.rule())), connection);
        }
    }

    private Policy(Kind kind, List<Route> routes, String words, Ask unlisted) {
        this.kind = kind;
        this.routes = List.copyOf(routes);
        IdentityHashMap<Route, RouteRules> rules = new IdentityHashMap<>();
        this.routes.forEach(route -> rules.put(route, new RouteRules(route)));
        this.sites = index(this.routes, rules);
        this.patterns = patterns(this.routes, rules);
        this.words = words;
        this.unlisted = unlisted;
        Set<String> names = new HashSet<>();
        sites.keySet().forEach(authority -> names.add(authority.host()));
        this.hosts = Set.copyOf(names);
    }

    /**
     * The policy of a routes file; of no routes at all it denies everything.
     *
     * @throws IllegalArgumentException when two routes claim one host and port
     */
    public static Policy of(List<Route> routes) {
        return of(routes, Ask.NEVER);
    }

    /**
     * The same.
     *
     * @param unlisted whether an operator is asked about hosts that no route names
     */
    public static Policy of(List<Route> routes, Ask unlisted) {
        return new Policy(Kind.TABLE, routes, "", unlisted);
    }

    /** The debugging proxy's: allows everything, strips and injects nothing. */
    public static Policy allowAll() {
        return allowAll(List.of());
    }

    /** The same, but for hosts whose TLS is relayed unread. */
    public static Policy allowAll(List<Route> passthrough) {
        return new Policy(Kind.ALLOW_ALL, passthrough, "", Ask.NEVER);
    }

    /**
     * Denies everything.
     *
     * @param words why, for the caller
     */
    public static Policy denyAll(String words) {
        return new Policy(Kind.DENY_ALL, List.of(), words, Ask.NEVER);
    }

    /** In the order of the file. */
    public List<Route> routes() {
        return routes;
    }

    /** The route that serves this authority, whatever the scheme. */
    public Optional<Route> routeAt(Authority authority) {
        return Optional.ofNullable(siteAt(authority)).map(Site::route);
    }

    /**
     * The entry for an authority: by the entry of that name, or else by the longest pattern that holds for it there. A name that has any
     * entry is none of the patterns', at no port: what was written down for it must not be gone around.
     */
    private @Nullable Site siteAt(Authority authority) {
        Site site = sites.get(authority);
        if (site != null || patterns.isEmpty() || hosts.contains(authority.host())) {
            return site;
        }
        for (SuffixTable.Entry<Site> pattern : patterns.holding(authority)) {
            if (pattern.served().port() == authority.port()) {
                return pattern.value();
            }
        }
        return null;
    }

    /** Whether an entry names the host, or a pattern holds for it, at any port. */
    private boolean isListed(Authority authority) {
        return hosts.contains(authority.host()) || !patterns.holding(authority).isEmpty();
    }

    /** The route of the authority, or of its host at another port: whose denial it is. Null of a host that no route names. */
    public @Nullable Route routeOf(Authority authority) {
        Site site = siteAt(authority);
        if (site != null) {
            return site.route();
        }
        if (!hosts.contains(authority.host())) {
            return patterns.holding(authority).stream()
                    .findFirst()
                    .map(pattern -> pattern.value().route())
                    .orElse(null);
        }
        return routes.stream()
                .filter(route -> route.serves().stream()
                        .anyMatch(served -> served.authority().host().equals(authority.host())))
                .findFirst()
                .orElse(null);
    }

    /** What becomes of a connection to the authority. */
    public ConnectionRoute route(Authority authority) {
        Site site = siteAt(authority);
        if (site != null) {
            return site.connection();
        }
        if (kind == Kind.ALLOW_ALL) {
            return BUMP;
        }
        boolean web = authority.port() == 443 || authority.port() == 80 || isAskedAbout(authority);
        // Inside TLS each request can be answered with the reason. An address is refused here, since no SNI selects a
        // leaf for it.
        if (web && !isListed(authority) && !authority.isIpLiteral()) {
            return BUMP;
        }
        Verdict.Deny deny = unlisted(authority);
        return new ConnectionRoute.Refuse(deny.why(), deny.words());
    }

    /** Whether an operator is asked about what is not allowed at the authority. */
    public Ask askAt(Authority authority) {
        Site site = siteAt(authority);
        if (site != null) {
            return site.route().ask();
        }
        return isAskedAbout(authority) ? unlisted : Ask.NEVER;
    }

    /** Whether an operator is asked about hosts that no route names. */
    public boolean asksOfUnlisted() {
        return unlisted != Ask.NEVER;
    }

    /** Whether anybody is to be asked about anything. */
    public boolean asks() {
        return unlisted != Ask.NEVER
                || routes.stream()
                        .anyMatch(route -> route.ask() != Ask.NEVER
                                || route.dlp().outboundOnMatch() == DlpRules.OnMatch.SUPERVISE);
    }

    /** Whether anything may leave to the authority, by a rule or an operator's word. */
    public boolean reaches(Authority authority) {
        return siteAt(authority) != null || isAskedAbout(authority);
    }

    /** Whether it is one that no route names, and that an operator is asked about: never an address, which no SNI can name. */
    private boolean isAskedAbout(Authority authority) {
        return unlisted != Ask.NEVER && !isListed(authority) && !authority.isIpLiteral();
    }

    /** Whether plain http may be spoken in a tunnel to the authority: on port 80, in the debugging proxy on any. */
    public boolean takesPlainHttp(Authority authority) {
        return authority.port() == 80 || kind == Kind.ALLOW_ALL;
    }

    /** What becomes of a request. Never throws. */
    public Verdict judge(RequestHead head) {
        return verdict(head, null);
    }

    /**
     * What would become of it where the grant were the only rule of its host: all that no rule of a route decides holds as ever. Never
     * throws.
     */
    public Verdict judge(RequestHead head, Grant grant) {
        return verdict(head, grant);
    }

    private Verdict verdict(RequestHead head, @Nullable Grant grant) {
        if (MethodOverrides.isForbidden(head.method())) {
            return forbidden(head.method()); // whatever the policy is
        }
        if (kind == Kind.ALLOW_ALL) {
            return ALLOW_ALL;
        }
        Readings readings;
        try {
            readings = Readings.of(head);
        } catch (IllegalArgumentException e) {
            return new Verdict.Malformed(String.valueOf(e.getMessage()));
        }
        if (!FieldNames.isToken(head.method())) {
            return new Verdict.Malformed("method: " + Printable.quote(head.method()) + " (expected: a token)");
        }
        if (readings.isAsterisk() && !head.method().equals("OPTIONS")) {
            return new Verdict.Malformed("target: \"*\" (expected: a path; only OPTIONS asks about the whole server)");
        }
        GitRules.Use git = readings.git(readings.methods(), head.fields());
        if (git == GitRules.Use.PUSH) {
            return GIT_PUSH;
        }
        Site site = siteAt(head.authority());
        if (site == null && !isAskedAbout(head.authority())) {
            return unlisted(head.authority());
        }
        if (readings.isMisdirected()) {
            return new Verdict.Misdirected("a field of the request names another host than " + head.authority());
        }
        return site == null
                ? unlisted(head, grant, readings, git)
                : listed(grant == null ? site : site.granting(grant), head, grant, readings, git);
    }

    /** Of a host that no route names, and that an operator is asked about. */
    private Verdict unlisted(RequestHead head, @Nullable Grant grant, Readings readings, GitRules.Use git) {
        Authority authority = head.authority();
        Site site = Site.of(Route.named(authority.toString()).ask(unlisted).build(), authority.port() != 80);
        if (grant != null) {
            return listed(site.granting(grant), head, grant, readings, git);
        }
        Verdict.Deny deny = unlisted(authority);
        return deniedAt(site, head, readings, git) == null ? deny.asking(unlisted) : deny;
    }

    private Verdict listed(Site site, RequestHead head, @Nullable Grant grant, Readings readings, GitRules.Use git) {
        Verdict.Deny deny = deniedAt(site, head, readings, git);
        if (deny != null) {
            return deny;
        }
        Verdict verdict =
                site.rules().judge(readings.methods(), readings.paths(), head.fields(), git == GitRules.Use.FETCH);
        Verdict.Deny credential = deniedCredential(site, head.tls());
        if (verdict instanceof Verdict.Deny denied) {
            // What would fail all the same is not worth a question.
            return grant == null && credential == null
                    ? denied.asking(site.route().ask())
                    : denied;
        }
        if (credential != null || !(verdict instanceof Verdict.Allow allow)) {
            return credential == null ? verdict : credential;
        }
        Verdict.Allow by = grant == null ? allow : new Verdict.Allow(site.route(), RuleNames.of(grant));
        return allowed(by, site, head, readings);
    }

    /** What the head alone does not decide is left to the judge of the body. */
    private static Verdict allowed(Verdict.Allow allow, Site site, RequestHead head, Readings readings) {
        String method = head.method();
        List<BodyJudge> judges = new ArrayList<>(0);
        if (readings.isLfsBatch()) {
            judges.add(BodyRules.ofBatch(method, head.fields()));
        }
        BodyRules.ofForm(method, head.fields(), other -> deniedMethod(site, head, readings, other))
                .ifPresent(judges::add);
        return switch (judges.size()) {
            case 0 -> allow;
            case 1 -> new Verdict.Inspect(allow.route(), allow.rule(), judges.getFirst());
            default -> new Verdict.Inspect(allow.route(), allow.rule(), new BodyRules.All(judges));
        };
    }

    /** The decision on a request by a method that its form asks for. */
    private static Verdict.@Nullable Deny deniedMethod(Site site, RequestHead head, Readings readings, String method) {
        List<String> methods = List.of(method);
        if (MethodOverrides.isForbidden(method)) {
            return forbidden(method);
        }
        if (readings.git(methods, head.fields()) == GitRules.Use.PUSH) {
            return GIT_PUSH;
        }
        return site.rules().judge(methods, readings.paths(), head.fields(), false) instanceof Verdict.Deny deny
                ? deny
                : null;
    }

    /** The compiled rules at an authority, for explaining a verdict. */
    @Nullable
    RouteRules rulesAt(Authority authority) {
        Site site = siteAt(authority);
        return site == null ? null : site.rules();
    }

    @Override
    public String toString() {
        return "Policy" + routes.stream().map(Route::name).toList();
    }

    private static Map<Authority, Site> index(List<Route> routes, IdentityHashMap<Route, RouteRules> rules) {
        Map<Authority, Site> sites = new HashMap<>();
        for (Route route : routes) {
            for (Route.Served served : route.serves()) {
                ConnectionRoute connection =
                        route.passthrough() && served.tls() ? new ConnectionRoute.Passthrough(route) : BUMP;
                Site site = new Site(route, served.tls(), of(route, rules), connection);
                if (sites.put(served.authority(), site) != null) {
                    throw new IllegalArgumentException(
                            "routes: two of them serve " + served.authority() + " (expected: one per host and port)");
                }
            }
        }
        return Map.copyOf(sites);
    }

    private static SuffixTable<Site> patterns(List<Route> routes, IdentityHashMap<Route, RouteRules> rules) {
        List<SuffixTable.Entry<Site>> patterns = new ArrayList<>();
        for (Route route : routes) {
            for (Route.ServedNames served : route.patterns()) {
                Site site = new Site(route, served.tls(), of(route, rules), BUMP);
                patterns.add(new SuffixTable.Entry<>(served, site));
            }
        }
        return new SuffixTable<>(patterns);
    }

    private static RouteRules of(Route route, IdentityHashMap<Route, RouteRules> rules) {
        return Objects.requireNonNull(rules.get(route), "rules were made for each route");
    }

    private Verdict.Deny unlisted(Authority authority) {
        if (kind == Kind.DENY_ALL) {
            return new Verdict.Deny(DenyReason.POLICY_UNAVAILABLE, words);
        }
        if (!isListed(authority)) {
            return new Verdict.Deny(
                    DenyReason.HOST_NOT_ALLOWED, "host " + authority.host() + " is not allowed: no route names it");
        }
        Set<Integer> ports = new TreeSet<>();
        for (Authority served : sites.keySet()) {
            if (served.host().equals(authority.host())) {
                ports.add(served.port());
            }
        }
        boolean named = hosts.contains(authority.host());
        boolean held = false;
        for (SuffixTable.Entry<Site> pattern : patterns.holding(authority)) {
            int port = pattern.served().port();
            held |= port == authority.port();
            if (!named) {
                ports.add(port);
            }
        }
        return new Verdict.Deny(
                DenyReason.PORT_NOT_ALLOWED,
                "port " + authority.port() + " of " + authority.host() + " is not allowed: its routes name " + ports
                        + (held ? "; a pattern does not hold for a name that has an entry" : ""));
    }

    private static Verdict.@Nullable Deny deniedAt(Site site, RequestHead head, Readings readings, GitRules.Use git) {
        if (site.tls() != head.tls()) {
            return new Verdict.Deny(
                    DenyReason.SCHEME_NOT_ALLOWED,
                    head.authority() + " is allowed by " + (site.tls() ? "https" : "plain http") + " alone");
        }
        List<String> methods = readings.methods();
        for (int i = 1; i < methods.size(); i++) { // the request's own is judged already
            if (MethodOverrides.isForbidden(methods.get(i))) {
                return forbidden(methods.get(i));
            }
        }
        if (git == GitRules.Use.FETCH && !site.route().gitFetch()) {
            return new Verdict.Deny(
                    DenyReason.GIT_FETCH,
                    "git fetch from " + site.route().name() + " is not allowed: its route has no git: {fetch: true}");
        }
        return null;
    }

    private static Verdict.Deny forbidden(String method) {
        return new Verdict.Deny(
                DenyReason.METHOD_NOT_ALLOWED, "method " + Printable.quote(method) + " is not allowed on any host");
    }

    private static Verdict.@Nullable Deny deniedCredential(Site site, boolean tls) {
        Optional<Credential> credential = site.route().credential();
        if (credential.isEmpty()) {
            return null;
        }
        if (!tls) {
            return new Verdict.Deny(
                    DenyReason.CREDENTIAL_NEEDS_TLS,
                    site.route().name() + " has a credential, which never leaves by plain http: use https");
        }
        return credential.get().isAvailable()
                ? null
                : new Verdict.Deny(
                        DenyReason.CREDENTIAL_UNAVAILABLE, credential.get().words());
    }
}

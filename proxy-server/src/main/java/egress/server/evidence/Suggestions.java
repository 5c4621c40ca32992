package egress.server.evidence;

import egress.http.Authority;
import egress.policy.DenyReason;
import egress.policy.Explanation;
import egress.policy.Policy;
import egress.policy.Route;
import egress.policy.Verdict;
import egress.server.flows.Flow;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes a least-privilege routes file of recorded exchanges: what was let through at least as often as asked for stands; what was seen less
 * often, or denied, stands commented out.
 */
public final class Suggestions {
    private final Options options;
    private final @Nullable Judge from;
    private final Map<Site, HostSeen> hosts = new TreeMap<>();
    private final Map<Authority, Seen> hellos = new LinkedHashMap<>();
    private long exchanges;
    private Instant first = Instant.MAX;
    private Instant last = Instant.EPOCH;

    /**
     * How much it takes.
     *
     * @param distinct how many values that are alike make a place of a path free
     * @param least how often a rule must have been needed to stand
     */
    public record Options(int distinct, int least) {
        public static final Options DEFAULT = new Options(3, 2);

        /** What was seen once stands too: for the record of one run, made to be run again. */
        public static final Options EVERYTHING_SEEN = new Options(3, 1);
    }

    /** Where a host was asked, and by which scheme. */
    private record Site(Authority authority, boolean tls) implements Comparable<Site> {
        @Override
        public int compareTo(Site other) {
            return (authority + " " + tls).compareTo(other.authority + " " + other.tls);
        }
    }

    /** Of nothing but the record. */
    public Suggestions(Options options) {
        this(options, null);
    }

    /**
     * For a file that is there.
     *
     * @param from its policy; what it allows by a rule is no news
     */
    Suggestions(Options options, @Nullable Policy from) {
        this.options = options;
        this.from = from == null ? null : new Judge(from);
    }

    static Optional<Authority> authority(String host, int port) {
        try {
            return Optional.of(new Authority(Authority.host(host), port));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Takes one recorded flow into account. */
    public void add(Flow flow) {
        Flow.Hello hello = flow.hello();
        if (hello != null) {
            authority(hello.host(), hello.port())
                    .ifPresent(
                            to -> hellos.computeIfAbsent(to, any -> new Seen()).add(flow.timestamp(), "a ClientHello"));
            return;
        }
        RecordedRequest.of(flow).ifPresent(this::add);
    }

    private void add(RecordedRequest request) {
        Recorded recorded = Recorded.of(request.flow());
        // A name that DLP refused is nothing to write down.
        boolean name = request.isConnect()
                && "dlp_match".equals(request.flow().decision().code());
        if (recorded instanceof Recorded.Unjudged || name) {
            return;
        }
        exchanges++;
        Instant at = request.flow().timestamp();
        first = at.isBefore(first) ? at : first;
        last = at.isAfter(last) ? at : last;
        boolean tls = request.isConnect()
                ? request.head().authority().port() != 80
                : request.head().tls();
        Site site = new Site(request.head().authority(), tls);
        HostSeen host = hosts.computeIfAbsent(site, any -> new HostSeen(any.authority(), any.tls()));
        host.all.add(at, request.client());
        if (request.head().fields().contains("authorization")) {
            host.authorized.add(at, request.client());
        }
        seenAs(host, request, recorded).add(at, request.client());
    }

    /** Where a request counts. */
    private Seen seenAs(HostSeen host, RecordedRequest request, Recorded recorded) {
        if (request.isConnect()) {
            return host.refused;
        }
        Verdict most = host.everything().judge(request.head());
        if (most instanceof Verdict.Deny deny && deny.why() == DenyReason.GIT_PUSH) {
            return host.gitPush;
        }
        if (!(most instanceof Verdict.Allow) && !(most instanceof Verdict.Inspect)) {
            return host.unusable;
        }
        Explanation explanation = Explanation.of(host.everything(), request.head());
        List<String> methods = new ArrayList<>(List.of(request.head().method()));
        methods.addAll(explanation.overrides());
        List<String> readings =
                explanation.readings().stream().map(Explanation.Reading::path).toList();
        HostSeen.Asked asked = new HostSeen.Asked(methods, readings);
        return switch (recorded) {
            case Recorded.Denied denied -> host.denied(denied.code(), asked);
            case Recorded.Allowed _, Recorded.Unjudged _ -> {
                if (isNoNews(request)) {
                    yield new Seen();
                }
                if (explanation.gitFetch()) {
                    host.gitFetch.add(request.flow().timestamp(), request.client());
                }
                yield host.allowed.computeIfAbsent(asked, any -> new Seen());
            }
        };
    }

    /** Whether the file that is there allows it already, by a rule that says more than the host. */
    private boolean isNoNews(RecordedRequest request) {
        Judge judge = from;
        if (judge == null || !(judge.judge(request) instanceof Outcome.Allowed)) {
            return false;
        }
        return judge.policy()
                .routeAt(request.head().authority())
                .map(route -> route.passthrough() || hasRules(route))
                .orElse(false);
    }

    static boolean hasRules(Route route) {
        return !route.matches().isEmpty() || !route.pathAllowlist().isEmpty();
    }

    /** Exchanges that were taken into account. */
    public long exchanges() {
        return exchanges;
    }

    /** The whole file, as YAML. */
    public String yaml() {
        return RoutesWriter.file(suggestion());
    }

    Suggestion suggestion() {
        List<Suggestion.Route> routes = new ArrayList<>();
        Drafting drafting = new Drafting(options);
        merged().forEach((name, host) -> routes.add(drafting.route(name, host)));
        for (Map.Entry<Authority, Seen> hello : hellos.entrySet()) {
            if (!isAsked(hello.getKey())) {
                routes.add(Drafting.passthrough(hello.getKey(), hello.getValue()));
            }
        }
        return new Suggestion(header(), routes);
    }

    private boolean isAsked(Authority authority) {
        return hosts.containsKey(new Site(authority, true)) || hosts.containsKey(new Site(authority, false));
    }

    /** By the names that routes have: one for a host that was asked by both schemes at their own ports. */
    private Map<String, HostSeen> merged() {
        Map<String, HostSeen> merged = new TreeMap<>();
        hosts.forEach((site, seen) -> {
            Authority authority = site.authority();
            Site twin = new Site(new Authority(authority.host(), site.tls() ? 80 : 443), !site.tls());
            boolean both = authority.port() == (site.tls() ? 443 : 80) && hosts.containsKey(twin);
            String name = both ? authority.toHostField(site.tls()) : authority.toString();
            boolean expressible = site.tls() != (authority.port() == 80);
            merged.computeIfAbsent(
                            expressible ? name : Drafting.INEXPRESSIBLE + authority,
                            any -> new HostSeen(authority, site.tls()))
                    .add(seen);
        });
        return merged;
    }

    private List<String> header() {
        List<String> header = new ArrayList<>();
        String span = exchanges == 0
                ? ""
                : ", from " + first.truncatedTo(ChronoUnit.SECONDS) + " to " + last.truncatedTo(ChronoUnit.SECONDS);
        header.add("Suggested from " + exchanges + (exchanges == 1 ? " exchange" : " exchanges") + span + ".");
        header.add("It allows what was seen: read it before it is used.");
        header.add(
                options.least() > 1
                        ? "What was " + RoutesWriter.seldom(options.least()) + ", or denied, stands commented out."
                        : "What was denied stands commented out.");
        return header;
    }
}

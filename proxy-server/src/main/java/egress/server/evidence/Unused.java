package egress.server.evidence;

import egress.policy.Explanation;
import egress.policy.Policy;
import egress.policy.Route;
import egress.policy.RuleNames;
import egress.server.flows.Flow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which rules of a routes file no recorded request needed. */
public final class Unused {
    private final Judge judge;
    private final Map<String, Seen> routes = new HashMap<>();
    private final Map<String, Set<String>> rules = new HashMap<>();
    private long judged;

    /** Of this policy. */
    public Unused(Policy policy) {
        this.judge = new Judge(policy);
    }

    /** Marks what one recorded flow needs; a ClientHello needs a route whose TLS is passed through. */
    public void add(Flow flow) {
        Flow.Hello hello = flow.hello();
        if (hello != null) {
            Suggestions.authority(hello.host(), hello.port())
                    .flatMap(authority -> judge.policy().routeAt(authority))
                    .filter(Route::passthrough)
                    .ifPresent(route -> use(route, flow, "a ClientHello"));
            return;
        }
        RecordedRequest.of(flow).ifPresent(this::add);
    }

    private void add(RecordedRequest request) {
        judged++;
        // What is undecidable may have needed a rule: nothing is called unneeded by a guess.
        Outcome outcome = judge.judge(request);
        if (outcome instanceof Outcome.Denied) {
            return;
        }
        judge.policy().routeAt(request.head().authority()).ifPresent(route -> {
            Set<String> used = use(route, request.flow(), request.client());
            if (outcome instanceof Outcome.Undecidable) {
                used.addAll(RuleNames.all(route));
                return;
            }
            Explanation explanation = Explanation.of(judge.policy(), request.head());
            explanation.readings().forEach(reading -> used.addAll(reading.rules()));
            if (explanation.gitFetch()) {
                used.add(RuleNames.GIT_FETCH);
            }
        });
    }

    private Set<String> use(Route route, Flow flow, String client) {
        routes.computeIfAbsent(route.name(), any -> new Seen()).add(flow.timestamp(), client);
        return rules.computeIfAbsent(route.name(), any -> new HashSet<>());
    }

    /** By the names of their routes; with an empty list, no request needed the route at all. */
    public Map<String, List<String>> unused() {
        Map<String, List<String>> unused = new LinkedHashMap<>();
        for (Route route : judge.policy().routes()) {
            Set<String> used = rules.get(route.name());
            if (used == null) {
                unused.put(route.name(), List.of());
                continue;
            }
            List<String> names = route.passthrough() ? List.of() : new ArrayList<>(RuleNames.all(route));
            List<String> left =
                    names.stream().filter(name -> !used.contains(name)).toList();
            if (!left.isEmpty()) {
                unused.put(route.name(), left);
            }
        }
        return unused;
    }

    /** For people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        Map<String, List<String>> unused = unused();
        lines.add(judged + (judged == 1 ? " exchange" : " exchanges") + " judged, "
                + judge.policy().routes().size() + " route(s)");
        if (unused.isEmpty()) {
            lines.add("every rule was needed");
            return lines;
        }
        lines.add("");
        lines.add("needed by none of them:");
        unused.forEach((route, names) -> {
            Seen seen = routes.get(route);
            lines.add("  " + route + (seen == null ? "  the whole route" : "  (" + seen.words() + ")"));
            names.forEach(name -> lines.add("      " + name));
        });
        return lines;
    }
}

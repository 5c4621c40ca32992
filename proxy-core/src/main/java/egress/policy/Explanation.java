package egress.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a verdict comes about, for people: the verdict of {@link Policy#judge}, and the result of each rule for each reading.
 *
 * @param route the route of the authority, if there is one
 * @param readings what an origin could take the path for, as sent first, and what fields make of it; empty for a malformed target
 * @param overrides the methods the request asks its origin to use instead of its own
 * @param gitFetch whether it is one, under any reading
 */
public record Explanation(
        Verdict verdict, Optional<Route> route, List<Reading> readings, List<String> overrides, boolean gitFetch) {
    /**
     * One reading of the path.
     *
     * @param inAllowlist whether {@code path_allowlist} holds
     * @param entry the index of the first of {@code matches} that holds in full, or -1; 0 where there are none
     * @param rules the rules that hold, as {@link RuleNames#all} names them
     */
    public record Reading(String path, boolean inAllowlist, int entry, List<String> rules) {
        public Reading {
            rules = List.copyOf(rules);
        }

        public boolean isAllowed() {
            return inAllowlist && entry >= 0;
        }
    }

    public Explanation {
        readings = List.copyOf(readings);
        overrides = List.copyOf(overrides);
    }

    /** Judges the request and explains the verdict. Never throws. */
    public static Explanation of(Policy policy, RequestHead head) {
        Verdict verdict = policy.judge(head);
        Optional<Route> route = policy.routeAt(head.authority());
        Readings read;
        try {
            read = Readings.of(head);
        } catch (IllegalArgumentException e) {
            return new Explanation(verdict, route, List.of(), List.of(), false);
        }
        List<Reading> readings = new ArrayList<>();
        RouteRules rules = policy.rulesAt(head.authority());
        for (String path :
                read.paths().stream().flatMap(List::stream).distinct().toList()) {
            readings.add(
                    rules == null
                            ? new Reading(path, false, -1, List.of())
                            : new Reading(
                                    path,
                                    rules.isInAllowlist(path),
                                    rules.entryFor(head.method(), path, head.fields()),
                                    rules.rulesFor(read.methods(), path, head.fields())));
        }
        return new Explanation(
                verdict,
                route,
                readings,
                read.methods().subList(1, read.methods().size()),
                read.git(read.methods(), head.fields()) == GitRules.Use.FETCH);
    }
}

package egress.server.evidence;

import egress.http.Authority;
import egress.policy.Policy;
import egress.policy.Route;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What was asked of one authority by one scheme. */
final class HostSeen {
    final Seen all = new Seen();
    final Seen gitFetch = new Seen();
    final Seen gitPush = new Seen();
    /** Requests with an {@code Authorization} of the agent's own. */
    final Seen authorized = new Seen();
    /** CONNECTs that were refused. */
    final Seen refused = new Seen();
    /** Of no use to any rule: malformed, misdirected, by a method that no host allows. */
    final Seen unusable = new Seen();

    final Map<Asked, Seen> allowed = new LinkedHashMap<>();
    /** By its code. */
    final Map<String, Map<Asked, Seen>> denied = new TreeMap<>();

    private final Policy everything;

    /**
     * A request without its query and fields: all that rules of a suggested file look at.
     *
     * @param methods its own first, then those that it asks its origin to use
     * @param readings of its path and of those that fields make of it
     */
    record Asked(List<String> methods, List<String> readings) {
        Asked {
            methods = List.copyOf(methods);
            readings = List.copyOf(readings);
        }
    }

    HostSeen(Authority authority, boolean tls) {
        everything = Policy.of(List.of(Route.at(tls, authority).gitFetch(true).build()));
    }

    /** A policy with a route of this host that lets everything through that any route could. */
    Policy everything() {
        return everything;
    }

    /** The same of another scheme is added to this. */
    void add(HostSeen other) {
        all.add(other.all);
        gitFetch.add(other.gitFetch);
        gitPush.add(other.gitPush);
        authorized.add(other.authorized);
        unusable.add(other.unusable);
        refused.add(other.refused);
        other.allowed.forEach((asked, seen) ->
                allowed.computeIfAbsent(asked, any -> new Seen()).add(seen));
        other.denied.forEach(
                (code, all) -> all.forEach((asked, seen) -> denied(code, asked).add(seen)));
    }

    Seen denied(String code, Asked asked) {
        return denied.computeIfAbsent(code, any -> new LinkedHashMap<>()).computeIfAbsent(asked, any -> new Seen());
    }
}

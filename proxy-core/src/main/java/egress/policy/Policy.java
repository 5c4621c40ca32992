package egress.policy;

import egress.http.Authority;
import java.util.List;

/** The decisions: pure functions of a routes table that never changes. */
public final class Policy {
    private final List<Route> routes;

    private Policy(List<Route> routes) {
        this.routes = List.copyOf(routes);
    }

    /**
     * The policy of a routes file; of no routes at all it denies everything.
     *
     * @throws IllegalArgumentException when two routes claim one host and port
     */
    public static Policy of(List<Route> routes) {
        return new Policy(routes);
    }

    /** The debugging proxy's: allows everything, strips and injects nothing. */
    public static Policy allowAll() {
        return new Policy(List.of());
    }

    /**
     * Denies everything.
     *
     * @param words why, for the caller
     */
    public static Policy denyAll(String words) {
        return new Policy(List.of());
    }

    public List<Route> routes() {
        return routes;
    }

    public ConnectionRoute route(Authority authority) {
        return new ConnectionRoute.Refuse(DenyReason.HOST_NOT_ALLOWED, authority + " is not allowed");
    }

    public Verdict judge(RequestHead head) {
        return new Verdict.Deny(DenyReason.HOST_NOT_ALLOWED, head.authority() + " is not allowed");
    }
}

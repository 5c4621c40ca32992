package egress.server.evidence;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A least-privilege routes file, before it is text.
 *
 * @param header comment lines on top of it
 */
record Suggestion(List<String> header, List<Route> routes) {
    Suggestion {
        header = List.copyOf(header);
        routes = List.copyOf(routes);
    }

    /** Why a rule does not stand. */
    sealed interface State {
        record Stands() implements State {}

        /** @param least how often it must have been seen to stand */
        record Seldom(int least) implements State {}

        /** @param code as in {@code X-Egress-Deny} */
        record Denied(String code) implements State {}
    }

    /**
     * @param host as the file has it
     * @param words how often, when last and by which clients
     * @param gitFetch the same of git's requests; null where there were none
     * @param passthrough whether TLS is relayed unread, and nothing else is set
     * @param notes a line each
     */
    record Route(
            String host,
            String words,
            @Nullable String gitFetch,
            boolean passthrough,
            List<String> notes,
            List<Entry> entries) {
        Route {
            notes = List.copyOf(notes);
            entries = List.copyOf(entries);
        }

        /** Whether something of it stands: a route without any rule would allow everything. */
        boolean stands() {
            return passthrough && notes.isEmpty() || entries.stream().anyMatch(Entry::stands);
        }
    }

    /** One entry of {@code matches}. */
    record Entry(State state, List<String> methods, List<Path> paths) {
        Entry {
            methods = List.copyOf(methods);
            paths = List.copyOf(paths);
        }

        boolean stands() {
            return state instanceof State.Stands;
        }
    }

    /** @param words how often, when last and by which clients */
    record Path(PathRule rule, String words) {}

    /** The rules that stand, or stand commented out. */
    long rules(boolean standing) {
        return routes.stream()
                .flatMap(route -> route.entries().stream())
                .filter(entry -> entry.stands() == standing)
                .mapToLong(entry -> entry.paths().size())
                .sum();
    }

    Optional<Route> route(String host) {
        return routes.stream().filter(route -> route.host().equals(host)).findFirst();
    }
}

package egress.testkit.scorecard;

import java.util.List;

/** What must come of a case, as the first words of what a {@link Case.Probe} says. */
public sealed interface Expected {
    List<String> outcomes();

    /** Refused, closed or bounded, and nothing of it at an origin. */
    record Denied(List<String> outcomes) implements Expected {
        public Denied {
            outcomes = List.copyOf(outcomes);
        }
    }

    /** The honest neighbour, which must go through. */
    record Allowed(List<String> outcomes) implements Expected {
        public Allowed {
            outcomes = List.copyOf(outcomes);
        }
    }

    static Expected denied(String... outcomes) {
        return new Denied(List.of(outcomes));
    }

    static Expected allowed(String... outcomes) {
        return new Allowed(List.of(outcomes));
    }

    default boolean holds(String got) {
        return outcomes().stream().anyMatch(got::startsWith);
    }

    /** Whether the case is one of those that must be stopped. */
    default boolean stops() {
        return switch (this) {
            case Denied _ -> true;
            case Allowed _ -> false;
        };
    }
}

package egress.exchange;

/**
 * Port: what the records hear of. Called on event loops: an observer never blocks, and copies what it needs later. Each switches over
 * {@link Event} without a default, so that a new event does not compile until every observer has said what it makes of it.
 */
@FunctionalInterface
public interface Observer {
    /** An observer that hears nothing. */
    Observer NONE = event -> {};

    void on(Event event);
}

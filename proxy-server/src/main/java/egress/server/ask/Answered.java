package egress.server.ask;

/** What became of an answer. */
public sealed interface Answered {
    record Taken(State state) implements Answered {}

    /** @param words why not: no such question, answered or expired already, or a prefix that does not hold what was asked for */
    record Refused(String words) implements Answered {}
}

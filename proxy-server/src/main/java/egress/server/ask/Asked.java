package egress.server.ask;

/** What a caller gets that asks in words. */
public sealed interface Asked {
    /** @param id of the question, for {@link Asks#state} */
    record Pending(String id) implements Asked {}

    /** It passes already, by a rule or a grant. */
    record Allowed(String words) implements Asked {}

    /** @param words a sentence for the caller: it may never be asked, was denied lately, or too many questions are open */
    record Refused(String words) implements Asked {}
}

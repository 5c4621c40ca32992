package egress.server.ask;

import egress.share.Caller;
import java.util.List;
import java.util.Optional;

/**
 * The questions of one gate: what is open, what became of them, and the one door for answers. From any thread; nothing here waits for a
 * file, so that event loops may call it.
 */
public interface Asks {
    /** Without operators: every question is refused. */
    Asks NOBODY = new Asks() {
        @Override
        public List<Question> open() {
            return List.of();
        }

        @Override
        public Optional<State> state(Caller caller, String id) {
            return Optional.empty();
        }

        @Override
        public Answered answer(String id, Answer answer, String by) {
            return new Answered.Refused("there is no such question");
        }

        @Override
        public Asked ask(Caller caller, String client, Wish wish) {
            return new Asked.Refused("nobody can be asked: the gate has no queue for questions");
        }
    };

    /** What waits for an answer, the oldest first: for the operator's page, never for a caller. */
    List<Question> open();

    /**
     * What became of a question, as its caller may know it. Ended questions are known for a while.
     *
     * @return empty for an unknown id and for another caller's, which must look the same
     */
    Optional<State> state(Caller caller, String id);

    /**
     * Answers a question. For the operator's own ways in (the page) alone: nothing that an agent reaches may call it.
     *
     * @param by who answered, for the record: {@code page}
     */
    Answered answer(String id, Answer answer, String by);

    /**
     * A caller asks in words, without having tried (MCP). The route's own {@code ask} decides whether anybody may be asked.
     *
     * @param client the address, as the record names it
     */
    Asked ask(Caller caller, String client, Wish wish);
}

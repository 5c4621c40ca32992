package egress.server.ask;

import java.time.Instant;
import java.util.Optional;

/** What became of a question, as its caller may know it. */
public sealed interface State {
    Question question();

    record Pending(Question question) implements State {}

    /**
     * @param until when the grant ends; empty where it lasts as long as the gate, or for one request
     * @param once for one request alone
     */
    record Allowed(Question question, Optional<Instant> until, boolean once) implements State {}

    /** @param why the operator's words */
    record Denied(Question question, String why) implements State {}

    /** Nobody answered in time, or a reload took away what was asked for. */
    record Expired(Question question) implements State {}
}

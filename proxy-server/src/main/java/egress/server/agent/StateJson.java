package egress.server.agent;

import com.fasterxml.jackson.core.JsonGenerator;
import egress.exchange.LocalSite;
import egress.server.ask.Question;
import egress.server.ask.Question.Wanted;
import egress.server.ask.State;
import java.io.IOException;

/** What became of a question, as its caller may know it: without the rule, the fingerprint and who else asked. */
final class StateJson {
    private StateJson() {}

    /** Fields of an object that is open. */
    static void write(JsonGenerator json, State state) throws IOException {
        Question question = state.question();
        json.writeStringField("id", question.id());
        switch (state) {
            case State.Pending pending -> {
                json.writeStringField("state", "pending");
                json.writeStringField("words", "nobody has answered yet");
                json.writeStringField("deadline", pending.question().deadline().toString());
            }
            case State.Allowed allowed -> {
                json.writeStringField("state", "allowed");
                json.writeStringField("words", words(allowed));
                json.writeBooleanField("once", allowed.once());
                if (allowed.until().isPresent()) {
                    json.writeStringField("until", allowed.until().get().toString());
                }
            }
            case State.Denied denied -> {
                json.writeStringField("state", "denied");
                json.writeStringField("words", denied.why().isEmpty() ? "the operator said no" : denied.why());
            }
            case State.Expired _ -> {
                json.writeStringField("state", "expired");
                json.writeStringField("words", "it ended without a yes: no answer came in time, or the routes changed");
            }
        }
        json.writeStringField("method", question.wanted().method());
        json.writeStringField("url", url(question.wanted()));
        json.writeStringField("page", page(question.id()));
    }

    private static String words(State.Allowed allowed) {
        if (allowed.once()) {
            return "allowed for one request";
        }
        return allowed.until().isPresent() ? "allowed for a while: see until" : "allowed for as long as the gate runs";
    }

    private static String url(Wanted wanted) {
        boolean usual = wanted.port() == (wanted.tls() ? 443 : 80);
        return (wanted.tls() ? "https://" : "http://")
                + wanted.host()
                + (usual ? "" : ":" + wanted.port())
                + wanted.path();
    }

    /** Where a question's caller may look. */
    static String page(String id) {
        return "http://" + LocalSite.HOST + "/asks/" + id;
    }
}

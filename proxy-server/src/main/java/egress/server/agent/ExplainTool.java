package egress.server.agent;

import com.fasterxml.jackson.core.JsonGenerator;
import egress.policy.ConnectionRoute;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Verdict;
import egress.server.agent.PastDenials.Denial;
import egress.server.agent.PastDenials.Known;
import egress.server.json.AsciiJson;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Why something was denied: the caller's own past denials as it got them, and the verdict of the routes on a request. It runs no
 * scanner, so that nothing can be learnt of secrets by asking.
 */
final class ExplainTool implements Tool {
    private static final int LONGEST_ID = 64;
    private static final int LONGEST_URL = 2_000;
    private static final int LONGEST_METHOD = 20;

    private final Supplier<Policy> policy;
    private final PastDenials denials;

    ExplainTool(Supplier<Policy> policy, PastDenials denials) {
        this.policy = policy;
        this.denials = denials;
    }

    @Override
    public String name() {
        return "egress_explain";
    }

    @Override
    public String title() {
        return "Why something was denied";
    }

    @Override
    public String description() {
        return "Why the egress gate denied your requests. Without arguments: your latest denials, newest first. With id: one"
                + " of them. With url (and method): what the routes say of such a request, without sending it; secrets are"
                + " not looked for.";
    }

    @Override
    public String schema() {
        return "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"maxLength\":" + LONGEST_ID
                + ",\"description\":\"of a denial, as listed\"},\"url\":{\"type\":\"string\",\"maxLength\":"
                + LONGEST_URL
                + ",\"description\":\"such as https://api.example.com/v1/x\"},\"method\":{\"type\":\"string\",\"maxLength\":"
                + LONGEST_METHOD + ",\"description\":\"GET without it\"}},\"additionalProperties\":false}";
    }

    @Override
    public boolean isReadOnly() {
        return true;
    }

    @Override
    public Result call(Asker asker, Arguments arguments) {
        arguments.only("id", "url", "method");
        Optional<String> id = arguments.optional("id", LONGEST_ID);
        Optional<String> url = arguments.optional("url", LONGEST_URL);
        String method = arguments.optional("method", LONGEST_METHOD).orElse("GET");
        if (id.isPresent() && url.isPresent()) {
            throw new IllegalArgumentException("id and url (expected: one of them)");
        }
        if (url.isPresent()) {
            return judge(RequestHead.of(method, url.get()));
        }
        List<Known> shown = id.isEmpty()
                ? denials.of(asker.caller())
                : denials.find(asker.caller(), id.get())
                        .map(List::of)
                        .orElseThrow(() -> new IllegalArgumentException(
                                "you had no such denial (expected: an id that this tool listed)"));
        return new Result(
                AsciiJson.object(json -> {
                    json.writeArrayFieldStart("denials");
                    for (Known known : shown) {
                        json.writeStartObject();
                        write(json, known);
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                }),
                false);
    }

    private static void write(JsonGenerator json, Known known) throws IOException {
        Denial denial = known.denial();
        json.writeStringField("id", known.id());
        json.writeStringField("time", denial.time().toString());
        json.writeStringField("method", denial.method());
        json.writeStringField("url", denial.url());
        json.writeNumberField("status", denial.status());
        json.writeStringField("code", denial.code());
        json.writeStringField("words", denial.words());
        json.writeStringField("hint", denial.hint());
        if (!denial.question().isEmpty()) {
            json.writeStringField("question", denial.question());
        }
        json.writeStringField("what_helps", whatHelps(denial));
    }

    private static String whatHelps(Denial denial) {
        if (!denial.question().isEmpty()) {
            return "an operator was asked about it: look at the answer with egress_ask_result and the id in question";
        }
        return switch (denial.hint()) {
            case "ask" -> "the operator could open it: ask with egress_ask";
            case "later" -> "the same request may pass later";
            default -> "the same request will be denied again: ask for something else";
        };
    }

    private Result judge(RequestHead head) {
        Policy now = policy.get();
        ConnectionRoute connection = now.route(head.authority());
        if (connection instanceof ConnectionRoute.Refuse refuse) {
            return said(false, refuse.why().code(), refuse.words());
        }
        if (connection instanceof ConnectionRoute.Passthrough) {
            return said(true, "", "TLS to this host is passed through unread");
        }
        return switch (now.judge(head)) {
            case Verdict.Allow _ -> said(true, "", "the routes allow it");
            case Verdict.Inspect _ -> said(true, "", "the routes allow it, unless its body asks for what they do not");
            case Verdict.Deny deny -> said(false, deny.why().code(), deny.words());
            case Verdict.Malformed malformed -> said(false, "malformed", malformed.words());
            case Verdict.Misdirected misdirected -> said(false, "misdirected", misdirected.words());
        };
    }

    private static Result said(boolean allowed, String code, String words) {
        return new Result(
                AsciiJson.object(json -> {
                    json.writeBooleanField("allowed_by_routes", allowed);
                    if (!code.isEmpty()) {
                        json.writeStringField("code", code);
                    }
                    json.writeStringField("words", PastDenials.told(code, words));
                }),
                false);
    }
}

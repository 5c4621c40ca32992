package egress.server.agent;

import egress.http.Authority;
import egress.server.ask.Asked;
import egress.server.ask.Asks;
import egress.server.ask.Question;
import egress.server.ask.Wish;
import egress.server.json.AsciiJson;
import java.util.Locale;
import java.util.regex.Pattern;

/** Puts a question to the operator. It grants nothing: what comes of it is the operator's. */
final class AskTool implements Tool {
    private static final int LONGEST_HOST = 260;
    private static final int LONGEST_PATH = 1_000;
    private static final int LONGEST_METHOD = 20;
    private static final Pattern METHOD = Pattern.compile("[A-Z]+");
    /** Printable ASCII that a path may hold (RFC 3986 §3.3), and no query. */
    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*");

    private final Asks asks;

    AskTool(Asks asks) {
        this.asks = asks;
    }

    @Override
    public String name() {
        return "egress_ask";
    }

    @Override
    public String title() {
        return "Ask for access";
    }

    @Override
    public String description() {
        return "Ask the person who runs the egress gate to let requests through: to one host, below one path, by one method."
                + " Returns an id at once; the answer comes by egress_ask_result, and may take minutes. Ask for the narrowest"
                + " path that does, once. The justification is shown to that person as your words.";
    }

    @Override
    public String schema() {
        return "{\"type\":\"object\",\"properties\":{"
                + "\"host\":{\"type\":\"string\",\"maxLength\":" + LONGEST_HOST
                + ",\"description\":\"such as api.example.com\"},"
                + "\"path_prefix\":{\"type\":\"string\",\"maxLength\":" + LONGEST_PATH
                + ",\"description\":\"by whole segments, such as /v1/files; / is everything\"},"
                + "\"method\":{\"type\":\"string\",\"maxLength\":" + LONGEST_METHOD
                + ",\"description\":\"such as GET\"},"
                + "\"port\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535"
                + ",\"description\":\"443 without it; 80 is plain http\"},"
                + "\"justification\":{\"type\":\"string\",\"maxLength\":" + Question.LONGEST_JUSTIFICATION
                + ",\"description\":\"what you need it for\"}},"
                + "\"required\":[\"host\",\"path_prefix\",\"method\",\"justification\"],\"additionalProperties\":false}";
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public Result call(Asker asker, Arguments arguments) {
        arguments.only("host", "path_prefix", "method", "port", "justification");
        Authority authority =
                Authority.parse(arguments.text("host", LONGEST_HOST).strip(), arguments.number("port", 1, 65_535, 443));
        String path = arguments.text("path_prefix", LONGEST_PATH).strip();
        if (!PATH.matcher(path).matches()) {
            throw new IllegalArgumentException(
                    "path_prefix (expected: / and segments, percent-encoded, without a query)");
        }
        String method = arguments.text("method", LONGEST_METHOD).strip().toUpperCase(Locale.ROOT);
        if (!METHOD.matcher(method).matches()) {
            throw new IllegalArgumentException("method (expected: one such as GET)");
        }
        String why = arguments.text("justification", Question.LONGEST_JUSTIFICATION);
        Wish wish = new Wish(authority.host(), authority.port(), method, path, why);
        return switch (asks.ask(asker.caller(), asker.client(), wish)) {
            case Asked.Pending pending -> pending(pending.id());
            case Asked.Allowed allowed -> said("allowed", allowed.words());
            case Asked.Refused refused -> said("refused", refused.words());
        };
    }

    private static Result pending(String id) {
        return new Result(
                AsciiJson.object(json -> {
                    json.writeStringField("state", "pending");
                    json.writeStringField("id", id);
                    json.writeStringField("page", StateJson.page(id));
                    json.writeStringField("words", "the question is put: look at the answer with egress_ask_result");
                }),
                false);
    }

    private static Result said(String state, String words) {
        return new Result(
                AsciiJson.object(json -> {
                    json.writeStringField("state", state);
                    json.writeStringField("words", words);
                }),
                false);
    }
}

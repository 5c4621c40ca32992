package egress.server.agent;

import egress.server.ask.Asks;
import egress.server.ask.State;
import egress.server.json.AsciiJson;

/** What became of a question of this caller. */
final class ResultTool implements Tool {
    private static final int LONGEST_ID = 64;

    private final Asks asks;

    ResultTool(Asks asks) {
        this.asks = asks;
    }

    @Override
    public String name() {
        return "egress_ask_result";
    }

    @Override
    public String title() {
        return "What was answered";
    }

    @Override
    public String description() {
        return "What became of a question that egress_ask put, or that a held request put: pending, allowed, denied with the"
                + " operator's words, or expired. Do not call it in a tight loop: a person answers.";
    }

    @Override
    public String schema() {
        return "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"maxLength\":" + LONGEST_ID
                + "}},\"required\":[\"id\"],\"additionalProperties\":false}";
    }

    @Override
    public boolean isReadOnly() {
        return true;
    }

    @Override
    public Result call(Asker asker, Arguments arguments) {
        arguments.only("id");
        State state = asks.state(
                        asker.caller(), arguments.text("id", LONGEST_ID).strip())
                .orElseThrow(
                        () -> new IllegalArgumentException("you have no such question (expected: an id of yours)"));
        return new Result(AsciiJson.object(json -> StateJson.write(json, state)), false);
    }
}

package egress.server.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.server.ask.Answered;
import egress.server.ask.Asks;
import egress.server.ask.Question;
import egress.server.ask.State;
import egress.server.json.AsciiJson;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** The open questions of agents, and the answers of an operator. */
final class AskPage {
    private static final int LONGEST_ID = 64;
    private static final int LONGEST_PREFIX = 2_048;
    private static final int LONGEST_WHY = 500;
    private static final String BY = "page";

    private final Supplier<Asks> asks;

    AskPage(Supplier<Asks> asks) {
        this.asks = asks;
    }

    /** Whether anybody can be asked. */
    boolean isOn() {
        return !asks.get().equals(Asks.NOBODY);
    }

    /** Every open question, the oldest first. */
    String open() {
        return AsciiJson.object(out -> {
            out.writeArrayFieldStart("asks");
            for (Question question : asks.get().open()) {
                out.writeStartObject();
                write(out, question);
                out.writeEndObject();
            }
            out.writeEndArray();
        });
    }

    private static void write(JsonGenerator out, Question question) throws IOException {
        out.writeStringField("id", question.id());
        out.writeNumberField("time", question.time().toEpochMilli());
        out.writeNumberField("deadline", question.deadline().toEpochMilli());
        out.writeStringField("kind", question.kind().code());
        out.writeBooleanField("waits", question.waits());
        out.writeNumberField("count", question.count());
        out.writeStringField("caller", question.who().caller().key());
        out.writeStringField("client", question.who().client());
        out.writeStringField("bottle", question.who().bottle());
        Question.Wanted wanted = question.wanted();
        out.writeStringField("scheme", wanted.tls() ? "https" : "http");
        out.writeStringField("host", wanted.host());
        out.writeNumberField("port", wanted.port());
        out.writeStringField("method", wanted.method());
        out.writeStringField("path", wanted.path());
        out.writeBooleanField("prefix", wanted.prefix());
        Question.Reason reason = question.reason();
        out.writeStringField("code", reason.code());
        out.writeStringField("words", reason.words());
        out.writeStringField("failed", reason.rule());
        out.writeStringField("place", reason.place());
        out.writeStringField("fingerprint", reason.fingerprint());
        out.writeStringField("yaml", question.rule());
        out.writeStringField("justification", question.justification());
    }

    /** Takes {@code {"id": …, "answer": "once", "for", "until_exit" or "deny", "minutes": …, "path_prefix": …, "why": …}}. */
    Answer answer(byte[] body) {
        try {
            JsonNode said = new ObjectMapper().readTree(body);
            Answered answered = asks.get().answer(text(said, "id", LONGEST_ID), read(said), BY);
            return switch (answered) {
                case Answered.Taken taken ->
                    Answer.json(AsciiJson.object(out -> out.writeStringField("state", words(taken.state()))));
                case Answered.Refused refused -> Answer.text(HttpResponseStatus.CONFLICT, refused.words());
            };
        } catch (JsonProcessingException | IllegalArgumentException e) {
            return Answer.text(
                    HttpResponseStatus.BAD_REQUEST,
                    e instanceof JsonProcessingException
                            ? "not an answer: no such JSON"
                            : String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return Answer.text(HttpResponseStatus.BAD_REQUEST, "not an answer");
        }
    }

    private static egress.server.ask.Answer read(JsonNode said) {
        Optional<String> prefix =
                Optional.of(text(said, "path_prefix", LONGEST_PREFIX)).filter(text -> !text.isEmpty());
        return switch (text(said, "answer", LONGEST_ID)) {
            case "once" -> new egress.server.ask.Answer.AllowOnce(prefix);
            case "for" ->
                new egress.server.ask.Answer.AllowFor(
                        Duration.ofMinutes(said.path("minutes").asLong()), prefix);
            case "until_exit" -> new egress.server.ask.Answer.AllowUntilExit(prefix);
            case "deny" -> new egress.server.ask.Answer.Deny(text(said, "why", LONGEST_WHY));
            default -> throw new IllegalArgumentException("answer (expected: once, for, until_exit or deny)");
        };
    }

    /** What is not there is empty. */
    private static String text(JsonNode said, String name, int longest) {
        String text = said.path(name).asText();
        if (text.length() > longest) {
            throw new IllegalArgumentException(name + " (expected: at most " + longest + " characters)");
        }
        return text.strip();
    }

    private static String words(State state) {
        return switch (state) {
            case State.Pending _ -> "pending";
            case State.Allowed _ -> "allowed";
            case State.Denied _ -> "denied";
            case State.Expired _ -> "expired";
        };
    }
}

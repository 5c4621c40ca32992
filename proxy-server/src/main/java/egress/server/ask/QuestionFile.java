package egress.server.ask;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import egress.server.json.AsciiJson;
import egress.share.Caller;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** {@code ID.json}, as {@code docs/ask.md} has it: everything in it that comes from an agent is text in quotes, and ASCII. */
public final class QuestionFile {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    private QuestionFile() {}

    /** @param owner the user id whose answer counts */
    static byte[] write(Question question, long owner) {
        return AsciiJson.file(json -> {
            json.writeNumberField("version", 1);
            json.writeStringField("id", question.id());
            json.writeStringField("time", question.time().toString());
            json.writeStringField("deadline", question.deadline().toString());
            json.writeStringField("kind", question.kind().code());
            json.writeBooleanField("waits", question.waits());
            json.writeNumberField("count", question.count());
            json.writeNumberField("owner", owner);
            Question.Who who = question.who();
            json.writeObjectFieldStart("who");
            json.writeStringField("caller", who.caller().key());
            json.writeStringField("client", who.client());
            json.writeStringField("user", who.user());
            json.writeStringField("bottle", who.bottle());
            json.writeEndObject();
            Question.Wanted wanted = question.wanted();
            json.writeObjectFieldStart("request");
            json.writeStringField("scheme", wanted.tls() ? "https" : "http");
            json.writeStringField("host", wanted.host());
            json.writeNumberField("port", wanted.port());
            json.writeStringField("method", wanted.method());
            json.writeStringField("path", wanted.path());
            json.writeBooleanField("prefix", wanted.prefix());
            json.writeEndObject();
            Question.Reason reason = question.reason();
            json.writeObjectFieldStart("reason");
            json.writeStringField("code", reason.code());
            json.writeStringField("words", reason.words());
            json.writeStringField("rule", reason.rule());
            json.writeStringField("place", reason.place());
            json.writeStringField("fingerprint", reason.fingerprint());
            json.writeEndObject();
            json.writeStringField("suggested", question.rule());
            json.writeStringField("justification", question.justification());
        });
    }

    /**
     * A question and whose answer it waits for.
     *
     * @param owner the user id
     */
    public record Read(Question question, long owner) {}

    /** @throws IOException where it is no question */
    public static Read read(byte[] content) throws IOException {
        Map<String, String> at = new HashMap<>();
        try (JsonParser json = FACTORY.createParser(content)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("no question");
            }
            String within = "";
            while (json.nextToken() != null) {
                switch (json.currentToken()) {
                    case START_OBJECT -> within = json.currentName() + ".";
                    case END_OBJECT -> within = "";
                    case FIELD_NAME -> {}
                    case null, default -> at.put(within + json.currentName(), json.getText());
                }
            }
            return new Read(question(at), Long.parseLong(text(at, "owner")));
        } catch (JsonProcessingException | DateTimeException | IllegalArgumentException e) {
            throw new IOException("no question", e);
        }
    }

    private static Question question(Map<String, String> at) throws IOException {
        return new Question(
                text(at, "id"),
                Instant.parse(text(at, "time")),
                Instant.parse(text(at, "deadline")),
                Question.Kind.valueOf(text(at, "kind").toUpperCase(Locale.ROOT)),
                text(at, "waits").equals("true"),
                new Question.Who(
                        new Caller(text(at, "who.caller")),
                        text(at, "who.client"),
                        text(at, "who.user"),
                        text(at, "who.bottle")),
                new Question.Wanted(
                        text(at, "request.scheme").equals("https"),
                        text(at, "request.host"),
                        Integer.parseInt(text(at, "request.port")),
                        text(at, "request.method"),
                        text(at, "request.path"),
                        text(at, "request.prefix").equals("true")),
                new Question.Reason(
                        text(at, "reason.code"),
                        text(at, "reason.words"),
                        text(at, "reason.rule"),
                        text(at, "reason.place"),
                        text(at, "reason.fingerprint")),
                text(at, "suggested"),
                text(at, "justification"),
                Integer.parseInt(text(at, "count")));
    }

    private static String text(Map<String, String> at, String key) throws IOException {
        String text = at.get(key);
        if (text == null) {
            throw new IOException("no question: nothing says its " + key);
        }
        return text;
    }
}

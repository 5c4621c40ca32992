package egress.server.ask;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ID.answer.json}, as {@code docs/ask.md} has it. What is not exactly that is no answer. */
public final class AnswerFile {
    static final int MOST_BYTES = 16 * 1024;
    private static final int LONGEST_WHY = 1000;
    private static final String VERSION = "1";
    private static final Set<String> KEYS =
            Set.of("version", "id", "allow_once", "allow_for", "allow_until_exit", "deny", "path_prefix", "why");
    private static final Pattern SPAN = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

    private AnswerFile() {}

    /** Its content, for the question of that id. */
    public static byte[] write(String id, Answer answer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
            json.writeStartObject();
            json.writeNumberField("version", 1);
            json.writeStringField("id", id);
            switch (answer) {
                case Answer.AllowOnce once -> {
                    json.writeBooleanField("allow_once", true);
                    prefix(json, once.pathPrefix());
                }
                case Answer.AllowFor span -> {
                    json.writeStringField("allow_for", span.span().toMillis() + "ms");
                    prefix(json, span.pathPrefix());
                }
                case Answer.AllowUntilExit always -> {
                    json.writeBooleanField("allow_until_exit", true);
                    prefix(json, always.pathPrefix());
                }
                case Answer.Deny deny -> {
                    json.writeBooleanField("deny", true);
                    json.writeStringField("why", deny.why());
                }
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void prefix(JsonGenerator json, Optional<String> prefix) throws IOException {
        if (prefix.isPresent()) {
            json.writeStringField("path_prefix", prefix.get());
        }
    }

    /**
     * Reads it.
     *
     * @param id that it must name: an answer is for one question alone
     * @throws IOException saying what is wrong with it
     */
    static Answer read(String id, byte[] content) throws IOException {
        Map<String, String> fields = fields(content);
        if (!VERSION.equals(fields.getOrDefault("version", VERSION))) {
            throw new IOException("an answer of another version (expected: " + VERSION + ")");
        }
        if (!id.equals(fields.get("id"))) {
            throw new IOException("an answer to another question (expected: its id within)");
        }
        Optional<String> prefix = Optional.ofNullable(fields.get("path_prefix"));
        Answer answer = null;
        int said = 0;
        if (isTrue(fields, "allow_once")) {
            answer = new Answer.AllowOnce(prefix);
            said++;
        }
        if (fields.containsKey("allow_for")) {
            answer = new Answer.AllowFor(span(fields.getOrDefault("allow_for", "")), prefix);
            said++;
        }
        if (isTrue(fields, "allow_until_exit")) {
            answer = new Answer.AllowUntilExit(prefix);
            said++;
        }
        if (isTrue(fields, "deny")) {
            String why = fields.getOrDefault("why", "");
            answer = new Answer.Deny(why.length() > LONGEST_WHY ? why.substring(0, LONGEST_WHY) : why);
            said++;
        }
        if (answer == null || said != 1) {
            throw new IOException("not one answer (expected: one of allow_once, allow_for, allow_until_exit, deny)");
        }
        return answer;
    }

    private static boolean isTrue(Map<String, String> fields, String key) throws IOException {
        String value = fields.get(key);
        if (value != null && !value.equals("true")) {
            throw new IOException(key + " is not true (expected: true, or no such key)");
        }
        return value != null;
    }

    /** @throws IOException where it is no time, or too long a one */
    public static Duration span(String text) throws IOException {
        Matcher matcher = SPAN.matcher(text);
        if (!matcher.matches()) {
            throw new IOException("allow_for is no time (expected: such as 30s, 10m or 1h)");
        }
        long number = Long.parseLong(matcher.group(1));
        Duration span = switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
        if (!span.isPositive() || span.compareTo(Answer.LONGEST) > 0) {
            throw new IOException(
                    "allow_for is too long or no time at all (expected: up to " + Answer.LONGEST.toHours() + "h)");
        }
        return span;
    }

    private static Map<String, String> fields(byte[] content) throws IOException {
        JsonFactory factory = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .build();
        Map<String, String> fields = new LinkedHashMap<>();
        try (JsonParser json = factory.createParser(content)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("no JSON object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                JsonToken value = json.nextToken();
                if (!KEYS.contains(key) || value == null || !value.isScalarValue()) {
                    throw new IOException("an unknown key, or one with no plain value");
                }
                fields.put(key, json.getText());
            }
            if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
                throw new IOException("not whole, or more than one object");
            }
        } catch (JsonProcessingException e) {
            throw new IOException("no valid JSON", e);
        }
        return fields;
    }
}

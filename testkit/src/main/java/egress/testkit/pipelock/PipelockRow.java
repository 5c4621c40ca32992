package egress.testkit.pipelock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.testkit.wire.Field;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One question that pipelock 2.3.0 was asked for real, and what it answered by each way.
 *
 * @param fields of the question, without the host
 * @param body one character a byte
 * @param dlp what its scan API said of the body as a text; empty where it was not asked
 */
public record PipelockRow(
        String name,
        String method,
        String target,
        List<Field> fields,
        String body,
        Answer sink,
        Answer forward,
        Decision url,
        Optional<Decision> dlp) {

    /** An HTTP answer. {@code passed}: whether the question reached the sink or the origin. */
    public record Answer(int status, List<Field> fields, String body, Duration time, boolean passed) {}

    /** An answer of the scan API. {@code json}: its body, as it came. */
    public record Decision(String text, boolean allowed, String json) {}

    /** All of them, in the order they were recorded. */
    public static List<PipelockRow> all() throws IOException {
        List<PipelockRow> rows = new ArrayList<>();
        for (String line : resource("pipelock-recordings.jsonl").split("\n", -1)) {
            if (!line.isBlank()) {
                rows.add(row(new ObjectMapper().readTree(line)));
            }
        }
        return List.copyOf(rows);
    }

    /** The row of that name. */
    public static PipelockRow named(String name) throws IOException {
        return all().stream()
                .filter(row -> row.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("row: " + name + " (expected: a recorded one)"));
    }

    static String resource(String name) throws IOException {
        try (InputStream in = PipelockRow.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("resource: " + name + " (expected: beside " + PipelockRow.class.getName() + ")");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static PipelockRow row(JsonNode row) {
        JsonNode text = row.path("scan_dlp");
        return new PipelockRow(
                row.path("name").asText(),
                row.path("method").asText(),
                row.path("target").asText(),
                row.path("fields")
                        .propertyStream()
                        .map(field -> new Field(field.getKey(), field.getValue().asText()))
                        .toList(),
                body(row.path("body")),
                answer(row.path("sink"), "reached_sink"),
                answer(row.path("forward"), "reached_origin"),
                decision(row.path("scan_url"), "url"),
                text.isMissingNode() ? Optional.empty() : Optional.of(decision(text, "text")));
    }

    private static String body(JsonNode body) {
        if (body.isTextual()) {
            return body.asText();
        }
        String piece = body.path("repeat").asText();
        int bytes = body.path("bytes").asInt();
        return piece.repeat(bytes / piece.length() + 1).substring(0, bytes);
    }

    private static Answer answer(JsonNode answer, String reached) {
        List<Field> fields = new ArrayList<>();
        answer.path("fields")
                .forEach(pair ->
                        fields.add(new Field(pair.path(0).asText(), pair.path(1).asText())));
        return new Answer(
                answer.path("status").asInt(),
                List.copyOf(fields),
                answer.path("body").asText(),
                Duration.ofNanos((long) (answer.path("ms").asDouble() * 1_000_000)),
                answer.path(reached).asInt() > 0);
    }

    private static Decision decision(JsonNode scan, String member) {
        return new Decision(
                scan.path("request").path("input").path(member).asText(),
                scan.path("answer").path("decision").asText().equals("allow"),
                scan.path("answer").toString());
    }

    @Override
    public String toString() {
        return name;
    }
}

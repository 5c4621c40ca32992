package egress.server.ask;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.server.evidence.GrantedRule;
import egress.server.json.AsciiJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** {@code grants.json}: what holds now, for people and for {@code ask export}. The gate never reads it. */
final class GrantsFile {
    private GrantsFile() {}

    /** @param masked takes secrets out of a text; a path with one is counted and not written */
    static byte[] write(List<Grants.Held> grants, UnaryOperator<String> masked) {
        return AsciiJson.file(json -> {
            json.writeNumberField("version", 1);
            json.writeArrayFieldStart("grants");
            for (Grants.Held each : grants) {
                write(json, each, masked);
            }
            json.writeEndArray();
        });
    }

    private static void write(JsonGenerator json, Grants.Held held, UnaryOperator<String> masked) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", held.grant().name());
        json.writeStringField("kind", held.kind().code());
        json.writeStringField("caller", held.caller().key());
        json.writeStringField("scheme", held.tls() ? "https" : "http");
        json.writeStringField("host", held.authority().host());
        json.writeNumberField("port", held.authority().port());
        json.writeArrayFieldStart("methods");
        for (String method : held.grant().rule().methods()) {
            json.writeString(method);
        }
        json.writeEndArray();
        int withheld = 0;
        json.writeArrayFieldStart("paths");
        for (Matcher path : held.grant().rule().paths()) {
            String type = path instanceof Matcher.Prefix ? "prefix" : "exact";
            String value = switch (path) {
                case Matcher.Exact exact -> exact.value();
                case Matcher.Prefix prefix -> prefix.value();
                case Matcher.Regex regex -> regex.source();
            };
            if (!masked.apply(value).equals(value)) {
                withheld++;
            } else {
                json.writeStartObject();
                json.writeStringField("type", type);
                json.writeStringField("value", value);
                json.writeEndObject();
            }
        }
        json.writeEndArray();
        json.writeNumberField("paths_withheld", withheld);
        json.writeStringField("fingerprint", held.fingerprint());
        json.writeStringField("until", held.until().map(Object::toString).orElse(""));
        json.writeBooleanField("once", held.once());
        json.writeEndObject();
    }

    /**
     * What a file says was granted.
     *
     * @throws IOException where it is none
     */
    public static List<GrantedRule> read(byte[] content) throws IOException {
        List<GrantedRule> rules = new ArrayList<>();
        for (JsonNode each : new ObjectMapper().readTree(content).path("grants")) {
            List<Matcher> paths = new ArrayList<>();
            for (JsonNode path : each.path("paths")) {
                String value = path.path("value").asText();
                paths.add(
                        path.path("type").asText().equals("prefix")
                                ? new Matcher.Prefix(value)
                                : new Matcher.Exact(value));
            }
            List<String> methods = new ArrayList<>();
            each.path("methods").forEach(method -> methods.add(method.asText()));
            String fingerprint = each.path("fingerprint").asText();
            rules.add(new GrantedRule(
                    GrantedRule.hostOf(
                            each.path("host").asText(), each.path("port").asInt()),
                    each.path("scheme").asText().equals("https"),
                    new Match(paths, methods, List.of()),
                    fingerprint,
                    each.path("once").asBoolean(),
                    each.path("paths_withheld").asInt() > 0));
        }
        return rules;
    }
}

package egress.dlp.builtin.rule;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import egress.dlp.Detector;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads the detector file: an array of objects, each a {@link TokenRule}. Uses the streaming parser, since data binding takes longer than the rest of the start. */
public final class DetectorFile {
    private static final String NAME = "/egress/dlp/detectors.json";

    private DetectorFile() {}

    /**
     * The rules in their order.
     *
     * @throws UncheckedIOException when the file is missing or not what it should be: the jar is broken
     */
    public static List<TokenRule> read() {
        try (InputStream in = DetectorFile.class.getResourceAsStream(NAME)) {
            if (in == null) {
                throw new IOException(NAME + ": missing (expected: in the jar)");
            }
            try (JsonParser json = new JsonFactory().createParser(in)) {
                return rules(json);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<TokenRule> rules(JsonParser json) throws IOException {
        List<TokenRule> out = new ArrayList<>();
        expect(json, json.nextToken(), JsonToken.START_ARRAY);
        while (json.nextToken() == JsonToken.START_OBJECT) {
            out.add(rule(json));
        }
        expect(json, json.currentToken(), JsonToken.END_ARRAY);
        return List.copyOf(out);
    }

    private static TokenRule rule(JsonParser json) throws IOException {
        Map<String, String> texts = new HashMap<>();
        Map<String, List<String>> lists = new HashMap<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            if (json.nextToken() == JsonToken.START_ARRAY) {
                List<String> list = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    list.add(json.getText());
                }
                lists.put(name, List.copyOf(list));
            } else {
                texts.put(name, json.getText());
            }
        }
        expect(json, json.currentToken(), JsonToken.END_OBJECT);
        String check = texts.get("check");
        return new TokenRule(
                required(json, texts, "name"),
                lists.getOrDefault("keywords", List.of()),
                texts.get("before"),
                texts.get("context"),
                required(json, texts, "pattern"),
                Boolean.parseBoolean(texts.get("left")),
                Boolean.parseBoolean(texts.get("right")),
                Boolean.parseBoolean(texts.get("prefix")),
                Boolean.parseBoolean(texts.get("joins")),
                check == null ? null : TokenRule.Check.valueOf(check.toUpperCase(Locale.ROOT)),
                Detector.valueOf(
                        texts.getOrDefault("detector", "token_patterns").toUpperCase(Locale.ROOT)),
                lists.getOrDefault("examples", List.of()),
                lists.getOrDefault("clean", List.of()));
    }

    private static String required(JsonParser json, Map<String, String> texts, String name) throws IOException {
        String text = texts.get(name);
        if (text == null) {
            throw new IOException(NAME + " " + json.currentLocation() + ": no " + name + " (expected: one)");
        }
        return text;
    }

    private static void expect(JsonParser json, JsonToken token, JsonToken expected) throws IOException {
        if (token != expected) {
            throw new IOException(NAME + " " + json.currentLocation() + ": " + token + " (expected: " + expected + ")");
        }
    }
}

package egress.dlp.pipelock;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import egress.dlp.ScanVerdict.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What there is to know about a JSON body before pipelock reads it: it keeps only the last of two equal keys and goes no deeper than
 * 64, so bodies that have either are asked a second time, flat.
 */
final class JsonBodies {
    /** pipelock stops at 64. */
    private static final int DEEPEST = 60;

    private static final int MOST_KEYS = 100_000;
    /** In characters, all strings together. */
    private static final int MOST_TEXT = 4 << 20;

    private static final int MOST_STRINGS = 200_000;
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(10_000)
                    .maxStringLength(MOST_TEXT)
                    .maxNameLength(MOST_TEXT)
                    .maxNumberLength(MOST_TEXT)
                    .build())
            .build();
    private static final ObjectMapper ANSWERS = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // A text may be cut between two halves of a character.
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .build();

    private JsonBodies() {}

    /** How a body reads. */
    enum Shape {
        /** pipelock reads all of it. */
        PLAIN,
        /** It is JSON in which some strings are lost on pipelock. */
        HIDING,
        /** It is not JSON, or more deeply nested than anything is. */
        NOT_JSON
    }

    /** Whether that type is one under which pipelock reads a body as JSON. */
    static boolean isDeclared(String contentType) {
        int end = contentType.indexOf(';');
        String type =
                (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
        return type.equals("application/json") || type.endsWith("+json");
    }

    /** Reads it once, holding no more than the keys of the objects that are open. */
    static Shape shape(InputStream in) throws IOException {
        Deque<Set<String>> open = new ArrayDeque<>();
        boolean hiding = false;
        int keys = 0;
        try (JsonParser parser = FACTORY.createParser(in)) {
            if (!begins(parser)) {
                return Shape.NOT_JSON;
            }
            for (JsonToken token = parser.currentToken(); token != null; token = parser.nextToken()) {
                switch (token) {
                    case START_OBJECT, START_ARRAY -> {
                        open.push(new HashSet<>());
                        hiding |= open.size() > DEEPEST;
                    }
                    case END_OBJECT, END_ARRAY -> keys -= open.pop().size();
                    case FIELD_NAME -> {
                        boolean fresh = hiding || open.element().add(parser.currentName());
                        hiding |= !fresh || ++keys > MOST_KEYS;
                    }
                    case VALUE_STRING,
                            VALUE_NUMBER_INT,
                            VALUE_NUMBER_FLOAT,
                            VALUE_TRUE,
                            VALUE_FALSE,
                            VALUE_NULL,
                            VALUE_EMBEDDED_OBJECT,
                            NOT_AVAILABLE -> {}
                }
            }
            return hiding ? Shape.HIDING : Shape.PLAIN;
        } catch (JacksonException notJson) {
            return Shape.NOT_JSON;
        }
    }

    /**
     * Every key and every value, in their order.
     *
     * @throws BodyRefusedException when there are too many to be held
     */
    static Strings strings(InputStream in) throws IOException {
        List<String> keys = new ArrayList<>();
        List<String> values = new ArrayList<>();
        long text = 0;
        try (JsonParser parser = FACTORY.createParser(in)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME || token.isScalarValue()) {
                    String string = parser.getText();
                    (token == JsonToken.FIELD_NAME ? keys : values).add(string);
                    text += string.length();
                }
                if (text > MOST_TEXT || keys.size() + values.size() > MOST_STRINGS) {
                    throw new BodyRefusedException(
                            Reason.BUDGET_SPENT, "JSON with more strings than can be asked one by one");
                }
            }
        }
        return new Strings(keys, values);
    }

    /** One JSON value, strictly: no key twice, nothing after it. */
    static JsonNode answer(String body) throws IOException {
        JsonNode value = ANSWERS.readTree(body);
        return value == null ? ANSWERS.missingNode() : value;
    }

    /** {@code {"kind":kind,"input":{member:text}}}: a question to the scan API. */
    static byte[] question(String kind, String member, String text) throws IOException {
        ObjectNode question = ANSWERS.createObjectNode().put("kind", kind);
        question.putObject("input").put(member, text);
        return ANSWERS.writeValueAsBytes(question);
    }

    private static boolean begins(JsonParser parser) throws IOException {
        JsonToken first = parser.nextToken();
        return first == JsonToken.START_OBJECT || first == JsonToken.START_ARRAY;
    }

    /** The strings of a JSON text: keys, and values with numbers as they are written. */
    record Strings(List<String> keys, List<String> values) {
        /** One array without any structure to lose. */
        byte[] flat() throws IOException {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (JsonGenerator to = FACTORY.createGenerator(out)) {
                to.writeStartArray();
                for (List<String> strings : List.of(keys, values)) {
                    for (String string : strings) {
                        to.writeString(string);
                    }
                }
                to.writeEndArray();
            }
            return out.toByteArray();
        }
    }
}

package egress.server.trace;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads a few values of JSON by their paths, such as {@code usage.input_tokens}; the items of an array have the path of the array. What
 * stands elsewhere is passed over and becomes no string. What is cut short or broken gives what stood before.
 */
final class JsonPaths {
    private final JsonFactory factory = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES) // names are the sender's, and any number of them
            .build();
    private final Set<String> wanted;
    private final Set<String> above = new HashSet<>();

    /** Hears of each value. */
    interface Sink {
        void value(String path, JsonParser value) throws IOException;
    }

    /** @param wanted the paths of scalars */
    JsonPaths(Set<String> wanted) {
        this.wanted = Set.copyOf(wanted);
        for (String path : wanted) {
            for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
                above.add(path.substring(0, dot));
            }
        }
    }

    /** Reads what is there: one value, or several behind one another. */
    void read(InputStream json, Sink sink) {
        try (JsonParser parser = factory.createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                value(parser, token, "", sink);
            }
        } catch (IOException e) {
            return; // cut short or no JSON: the sink has what came before
        }
    }

    private void value(JsonParser parser, JsonToken token, String path, Sink sink) throws IOException {
        boolean leads = path.isEmpty() || above.contains(path);
        switch (token) {
            case START_OBJECT -> {
                if (leads) {
                    object(parser, path, sink);
                } else {
                    parser.skipChildren();
                }
            }
            case START_ARRAY -> {
                if (leads || wanted.contains(path)) {
                    array(parser, path, sink);
                } else {
                    parser.skipChildren();
                }
            }
            case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE -> {
                if (wanted.contains(path)) {
                    sink.value(path, parser);
                }
            }
            case VALUE_NULL, VALUE_EMBEDDED_OBJECT, FIELD_NAME, END_OBJECT, END_ARRAY, NOT_AVAILABLE -> {}
        }
    }

    private void object(JsonParser parser, String path, Sink sink) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            String below = path.isEmpty() ? name : path + "." + name;
            JsonToken token = parser.nextToken();
            if (token == null) {
                return;
            }
            value(parser, token, below, sink);
        }
    }

    private void array(JsonParser parser, String path, Sink sink) throws IOException {
        for (JsonToken token = parser.nextToken();
                token != null && token != JsonToken.END_ARRAY;
                token = parser.nextToken()) {
            value(parser, token, path, sink);
        }
    }
}

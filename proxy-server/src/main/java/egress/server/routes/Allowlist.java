package egress.server.routes;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/**
 * The routes for {@code http://_egress.local/allowlist}: the keys and values of the file, which hold no secret, for
 * tokens are only named there. Written as a stream: a tree would load Jackson's binding, a third of the start-up.
 */
final class Allowlist {
    private Allowlist() {}

    /** @param root a document that was found valid */
    static String json(YamlNode root, List<String> passthrough) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeArrayFieldStart("routes");
            if (root instanceof YamlNode.Mapping file) {
                for (YamlNode.Entry entry : file.entries()) {
                    if (entry.key().text().equals("routes") && entry.value() instanceof YamlNode.Sequence sequence) {
                        for (YamlNode item : sequence.items()) {
                            write(json, item);
                        }
                    }
                }
            }
            for (String host : passthrough) {
                json.writeStartObject();
                json.writeStringField("host", host);
                json.writeStringField("tls", "passthrough");
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string takes what is written
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, YamlNode node) throws IOException {
        switch (node) {
            case YamlNode.Scalar scalar -> {
                String text = scalar.text().toLowerCase(Locale.ROOT);
                // The only plain values that a valid file has and that are no strings.
                if (scalar.plain() && (text.equals("true") || text.equals("false"))) {
                    json.writeBoolean(text.equals("true"));
                } else if (scalar.plain() && text.matches("[0-9]{1,9}")) {
                    json.writeNumber(Integer.parseInt(text));
                } else {
                    json.writeString(scalar.text());
                }
            }
            case YamlNode.Sequence sequence -> {
                json.writeStartArray();
                for (YamlNode item : sequence.items()) {
                    write(json, item);
                }
                json.writeEndArray();
            }
            case YamlNode.Mapping mapping -> {
                json.writeStartObject();
                for (YamlNode.Entry entry : mapping.entries()) {
                    json.writeFieldName(entry.key().text());
                    write(json, entry.value());
                }
                json.writeEndObject();
            }
        }
    }
}

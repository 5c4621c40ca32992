package egress.server.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;

/** An event as one line of JSON, in ASCII, with field names that do not change (docs/running.md lists them). */
final class JsonFormat {
    private final JsonFactory factory =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    void append(LogEvent.Recorded event, SecretMasker masker, boolean withFields, StringBuilder to) {
        StringWriter text = new StringWriter(512);
        try (JsonGenerator json = factory.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("time", Instant.ofEpochMilli(event.time()).toString());
            json.writeStringField("event", event.name());
            json.writeStringField("client", Terminal.address(event.downstream()));
            event.json(new JsonFields(json, masker, withFields));
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string takes what is written
        }
        to.append(text.getBuffer()).append('\n');
    }
}

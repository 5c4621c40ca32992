package egress.server.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/** JSON in ASCII: everything else is escaped, so that a text of it is harmless in a terminal, a log and a page. */
public final class AsciiJson {
    private static final JsonFactory FACTORY =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private AsciiJson() {}

    /** Writes something. */
    @FunctionalInterface
    public interface Writes {
        void to(JsonGenerator json) throws IOException;
    }

    /** An object as one line, without its end. */
    public static String object(Writes content) {
        return text(content).toString();
    }

    /** Appends such a line, with its end. */
    public static void line(StringBuilder to, Writes content) {
        to.append(text(content)).append('\n');
    }

    private static StringBuffer text(Writes content) {
        StringWriter text = new StringWriter(512);
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            json.writeStartObject();
            content.to(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string takes what is written
        }
        return text.getBuffer();
    }

    /** An object over several lines, as the bytes of a file. */
    public static byte[] file(Writes content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            content.to(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the array takes what is written
        }
        return bytes.toByteArray();
    }
}

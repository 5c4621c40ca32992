package egress.server.log;

import com.fasterxml.jackson.core.JsonGenerator;
import egress.http.Authority;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the fields of one line of JSON, masked.
 *
 * @param withFields whether header fields are asked for
 */
record JsonFields(JsonGenerator json, SecretMasker masker, boolean withFields) {
    private static final double NANOS_A_MILLI = 1_000_000;

    void number(String name, long value) throws IOException {
        json.writeNumberField(name, value);
    }

    void bool(String name, boolean value) throws IOException {
        json.writeBooleanField(name, value);
    }

    /** A value of ours, which needs no mask. */
    void string(String name, @Nullable String value) throws IOException {
        json.writeStringField(name, value);
    }

    void masked(String name, @Nullable String value) throws IOException {
        json.writeStringField(name, value == null ? null : masker.text(value));
    }

    void strings(String name, List<String> values) throws IOException {
        json.writeArrayFieldStart(name);
        for (String value : values) {
            json.writeString(masker.text(value));
        }
        json.writeEndArray();
    }

    /** {@code host} and {@code port}. */
    void authority(@Nullable Authority authority) throws IOException {
        if (authority == null) {
            json.writeNullField("host");
            json.writeNullField("port");
        } else {
            json.writeStringField("host", masker.text(authority.host()));
            json.writeNumberField("port", authority.port());
        }
    }

    /** Header fields, where they are asked for. */
    void fields(String name, List<Map.Entry<String, String>> fields) throws IOException {
        if (!withFields) {
            return;
        }
        json.writeArrayFieldStart(name);
        for (Map.Entry<String, String> field : fields) {
            json.writeStartArray();
            json.writeString(field.getKey());
            json.writeString(masker.field(field.getKey(), field.getValue()));
            json.writeEndArray();
        }
        json.writeEndArray();
    }

    void millis(String name, long nanos) throws IOException {
        json.writeNumberField(name, nanos / NANOS_A_MILLI);
    }

    /** Milliseconds of each phase; null for one that was not reached. */
    void phases(String name, LogEvent.Phases phases) throws IOException {
        json.writeObjectFieldStart(name);
        phase("accept", phases.caller().accept());
        phase("hello", phases.caller().hello());
        phase("mint", phases.caller().mint());
        phase("handshake", phases.caller().handshake());
        phase("verdict", phases.verdict());
        phase("connect", phases.connect());
        phase("tls", phases.tls());
        phase("stream", phases.acquired());
        phase("first_byte", phases.firstByte());
        phase("last_byte", phases.lastByte());
        json.writeEndObject();
    }

    private void phase(String name, long nanos) throws IOException {
        if (nanos < 0) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, Math.round(nanos / 1000.0) / 1000.0);
        }
    }
}

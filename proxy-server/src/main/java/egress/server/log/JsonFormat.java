package egress.server.log;

import egress.server.json.AsciiJson;
import java.time.Instant;

/** An event as one line of JSON, in ASCII, with field names that do not change (docs/running.md lists them). */
final class JsonFormat {
    void append(LogEvent.Recorded event, SecretMasker masker, boolean withFields, StringBuilder to) {
        AsciiJson.line(to, json -> {
            json.writeStringField("time", Instant.ofEpochMilli(event.time()).toString());
            json.writeStringField("event", event.name());
            json.writeStringField("client", Terminal.address(event.downstream()));
            event.json(new JsonFields(json, masker, withFields));
        });
    }
}

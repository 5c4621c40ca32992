package egress.server.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import egress.exchange.Failure;
import egress.exchange.Inspection;
import egress.http.Authority;
import egress.server.log.LogEvent.Facts;
import egress.server.log.LogEvent.Phases;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An event as one line of JSON, in ASCII, with field names that do not change (docs/running.md lists them). */
final class JsonFormat {
    private static final double NANOS_A_MILLI = 1_000_000;

    private final JsonFactory factory =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    void append(LogEvent event, SecretMasker masker, boolean withFields, StringBuilder to) {
        StringWriter text = new StringWriter(512);
        try (JsonGenerator json = factory.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("time", Instant.ofEpochMilli(event.time()).toString());
            json.writeStringField("event", name(event));
            json.writeStringField("client", TextFormat.address(event.downstream()));
            write(json, event, masker, withFields);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string takes what is written
        }
        to.append(text.getBuffer()).append('\n');
    }

    /** The value of {@code event}. */
    static String name(LogEvent event) {
        return switch (event) {
            case LogEvent.Requested r -> "egress_request";
            case LogEvent.Ended e -> e.facts().isBlock() ? "egress_block" : "egress_response";
            case LogEvent.Found f -> f.hit().effect() == Inspection.Effect.LOCKED ? "egress_locked" : "egress_finding";
            case LogEvent.Refused r -> isBlock(r) ? "egress_block" : "egress_refused";
            case LogEvent.ShadowFlip f -> "egress_shadow_flip";
            case LogEvent.HandshakeFailed f -> "egress_tls_failed";
            case LogEvent.HandshakeDone d -> "egress_tls";
            case LogEvent.HelloSeen h -> "egress_client_hello";
            case LogEvent.Opened o -> "egress_connected";
            case LogEvent.Closed c -> "egress_disconnected";
            case LogEvent.TunnelEnded t -> "egress_tunnel";
        };
    }

    /** A refusal with an answer that is not a sign of overload. */
    static boolean isBlock(LogEvent.Refused refused) {
        return refused.status() >= 400 && refused.status() < 500;
    }

    private static void write(JsonGenerator json, LogEvent event, SecretMasker masker, boolean withFields)
            throws IOException {
        switch (event) {
            case LogEvent.Requested requested -> request(json, requested.facts(), masker, withFields);
            case LogEvent.Ended ended -> {
                request(json, ended.facts(), masker, withFields);
                response(json, ended.facts(), masker, withFields);
            }
            case LogEvent.Found found -> {
                json.writeNumberField("exchange", found.exchange());
                authority(json, found.authority());
                json.writeStringField("detector", found.hit().detector());
                json.writeStringField("place", masker.text(found.hit().place()));
                json.writeStringField("fingerprint", found.hit().fingerprint());
                json.writeStringField("effect", found.hit().effect().code());
            }
            case LogEvent.Refused refused -> {
                authority(json, refused.authority());
                json.writeStringField("route", refused.route());
                json.writeNumberField("status", refused.status());
                json.writeStringField("code", refused.code());
                json.writeStringField("reason", masker.text(refused.words()));
            }
            case LogEvent.ShadowFlip flip -> {
                json.writeNumberField("exchange", flip.exchange());
                json.writeStringField("method", flip.method());
                json.writeStringField("scheme", flip.tls() ? "https" : "http");
                authority(json, flip.authority());
                json.writeStringField("path", masker.text(flip.target()));
                json.writeStringField("route", flip.route());
                json.writeStringField("from", flip.from());
                json.writeStringField("to", flip.to());
                json.writeStringField("rule", flip.rule() == null ? null : masker.text(flip.rule()));
            }
            case LogEvent.HandshakeFailed failed -> {
                authority(json, failed.authority());
                json.writeStringField("reason", masker.text(failed.words()));
            }
            case LogEvent.HandshakeDone done -> {
                authority(json, done.authority());
                json.writeStringField("tls", done.protocol());
                json.writeNumberField("ms", done.nanos() / NANOS_A_MILLI);
            }
            case LogEvent.HelloSeen hello -> {
                authority(json, hello.authority());
                json.writeStringField("sni", hello.sni());
                json.writeArrayFieldStart("alpn");
                for (String protocol : hello.alpn()) {
                    json.writeString(protocol);
                }
                json.writeEndArray();
            }
            case LogEvent.Opened o -> {}
            case LogEvent.Closed c -> {}
            case LogEvent.TunnelEnded tunnel -> {
                authority(json, tunnel.authority());
                json.writeNumberField("bytes_up", tunnel.bytesUp());
                json.writeNumberField("bytes_down", tunnel.bytesDown());
            }
        }
    }

    private static void authority(JsonGenerator json, @Nullable Authority authority) throws IOException {
        if (authority == null) {
            json.writeNullField("host");
            json.writeNullField("port");
        } else {
            json.writeStringField("host", authority.host());
            json.writeNumberField("port", authority.port());
        }
    }

    private static void request(JsonGenerator json, Facts facts, SecretMasker masker, boolean withFields)
            throws IOException {
        json.writeNumberField("exchange", facts.id());
        json.writeStringField("method", facts.method());
        json.writeStringField("scheme", facts.tls() ? "https" : "http");
        authority(json, facts.authority());
        json.writeStringField("path", masker.text(facts.target()));
        json.writeStringField("http_version", facts.version());
        json.writeStringField("route", facts.route());
        json.writeStringField("rule", facts.rule() == null ? null : masker.text(facts.rule()));
        if (withFields) {
            fields(json, "request_headers", facts.requestFields(), masker);
        }
    }

    private static void response(JsonGenerator json, Facts facts, SecretMasker masker, boolean withFields)
            throws IOException {
        json.writeNumberField("status", facts.status());
        Failure failure = facts.failure();
        json.writeStringField("code", failure == null ? null : failure.code());
        json.writeStringField("reason", failure == null ? null : masker.text(failure.words()));
        json.writeNumberField("request_bytes", facts.requestBytes());
        json.writeNumberField("response_bytes", facts.responseBytes());
        json.writeStringField("upstream", facts.upstreamAddress());
        json.writeStringField("upstream_http_version", facts.upstreamVersion());
        json.writeBooleanField("upstream_reused", facts.upstreamReused());
        json.writeBooleanField("injected", facts.injected());
        if (withFields) {
            fields(json, "response_headers", facts.responseFields(), masker);
        }
        Phases phases = facts.phases();
        json.writeObjectFieldStart("ms");
        phase(json, "accept", phases.caller().accept());
        phase(json, "hello", phases.caller().hello());
        phase(json, "mint", phases.caller().mint());
        phase(json, "handshake", phases.caller().handshake());
        phase(json, "verdict", phases.verdict());
        phase(json, "connect", phases.connect());
        phase(json, "tls", phases.tls());
        phase(json, "stream", phases.acquired());
        phase(json, "first_byte", phases.firstByte());
        phase(json, "last_byte", phases.lastByte());
        json.writeEndObject();
    }

    private static void phase(JsonGenerator json, String name, long nanos) throws IOException {
        if (nanos < 0) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, Math.round(nanos / 1000.0) / 1000.0);
        }
    }

    private static void fields(
            JsonGenerator json, String name, List<Map.Entry<String, String>> fields, SecretMasker masker)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (Map.Entry<String, String> field : fields) {
            json.writeStartArray();
            json.writeString(field.getKey());
            json.writeString(masker.field(field.getKey(), field.getValue()));
            json.writeEndArray();
        }
        json.writeEndArray();
    }
}

package egress.server.flows;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a flow of a line of a flow log; what other programs do not write is absent or empty. */
final class FlowParser {
    private static final double MICROS_A_MILLI = 1_000;

    private final ObjectMapper mapper = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(FlowFile.LONGEST)
                    .build())
            .build());

    /** @throws IOException saying what is wrong with it */
    Flow parse(byte[] line, int length) throws IOException {
        JsonNode node = mapper.readTree(line, 0, length);
        if (!node.isObject()) {
            throw new IOException("no JSON object");
        }
        String event = text(node, "event");
        boolean http = event.equals(FlowWriter.HTTP);
        if (!http && !event.equals(FlowWriter.CLIENT_HELLO)) {
            throw new IOException("event: \"" + event + "\" (expected: http or tls_clienthello)");
        }
        return new Flow(
                node.path("exchange").asLong(),
                text(node, "scan_id"),
                timestamp(text(node, "timestamp")),
                new Flow.Client(text(node, "client"), optional(node, "user"), tls(node.path("tls"))),
                http ? null : hello(node),
                http ? request(node) : null,
                http ? response(node) : null,
                decision(node),
                upstream(node),
                timings(node.path("ms")),
                findings(node.path("findings")),
                messages(node.path("messages")));
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asText("");
    }

    private static @Nullable String optional(JsonNode node, String name) {
        JsonNode value = node.path(name);
        return value.isTextual() ? value.asText() : null;
    }

    private static Instant timestamp(String text) throws IOException {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new IOException("timestamp: \"" + text + "\" (expected: RFC 3339)", e);
        }
    }

    private static Flow.Hello hello(JsonNode node) {
        List<String> alpn = new ArrayList<>();
        node.path("alpn_protocols").forEach(protocol -> alpn.add(protocol.asText()));
        String sni = optional(node, "sni");
        return new Flow.Hello(
                text(node, "host"), node.path("port").asInt(), sni == null || sni.isEmpty() ? null : sni, alpn);
    }

    private static Flow.Request request(JsonNode node) throws IOException {
        String method = text(node, "method");
        String host = text(node, "host");
        if (method.isEmpty() || host.isEmpty()) {
            throw new IOException("no method or no host");
        }
        return new Flow.Request(
                method,
                text(node, "scheme"),
                host,
                node.path("port").asInt(),
                text(node, "path"),
                text(node, "http_version"),
                fields(node.path("request_headers")),
                body(node.path("request_body")),
                fields(node.path("request_trailers")));
    }

    private static Flow.@Nullable Response response(JsonNode node) throws IOException {
        int status = node.path("response_status").asInt();
        return status == 0
                ? null
                : new Flow.Response(
                        status,
                        text(node, "response_reason"),
                        fields(node.path("response_headers")),
                        body(node.path("response_body")),
                        fields(node.path("response_trailers")));
    }

    private static List<Flow.Field> fields(JsonNode node) {
        List<Flow.Field> fields = new ArrayList<>(node.size());
        node.forEach(pair ->
                fields.add(new Flow.Field(pair.path(0).asText(""), pair.path(1).asText(""))));
        return fields;
    }

    private static FlowBody body(JsonNode node) throws IOException {
        if (!node.isObject() || node.path("empty").asBoolean()) {
            return FlowBody.EMPTY;
        }
        byte[] kept = switch (text(node, "encoding")) {
            case "text" -> text(node, "text").getBytes(StandardCharsets.UTF_8);
            case "base64" -> base64(text(node, "b64"));
            default -> throw new IOException("encoding of a body (expected: text or base64)");
        };
        return new FlowBody(
                node.path("length").asLong(kept.length),
                node.path("truncated").asBoolean(),
                kept,
                node.path("decoded").asBoolean());
    }

    private static byte[] base64(String text) throws IOException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IOException("b64: " + e.getMessage(), e);
        }
    }

    /** Logs of others say nothing of it: what has a response passed. */
    private static Flow.Decision decision(JsonNode node) {
        String verdict = optional(node, "verdict");
        if (verdict == null) {
            verdict = text(node, "event").equals(FlowWriter.HTTP)
                    ? node.path("response_status").asInt() == 0 ? "failed" : "allowed"
                    : "pending";
        }
        return new Flow.Decision(
                verdict,
                optional(node, "code"),
                optional(node, "route"),
                optional(node, "rule"),
                optional(node, "why"),
                node.path("injected").asBoolean(),
                optional(node, "ask"));
    }

    private static Flow.Connection upstream(JsonNode node) throws IOException {
        String address = optional(node, "upstream");
        return address == null
                ? Flow.Connection.NONE
                : new Flow.Connection(
                        address,
                        optional(node, "upstream_http_version"),
                        node.path("upstream_reused").asBoolean(),
                        tls(node.path("upstream_tls")));
    }

    private static Flow.@Nullable Tls tls(JsonNode node) throws IOException {
        return node.isObject()
                ? new Flow.Tls(
                        text(node, "version"),
                        text(node, "cipher"),
                        optional(node, "alpn"),
                        certificate(node.path("certificate")))
                : null;
    }

    private static Flow.@Nullable Certificate certificate(JsonNode node) throws IOException {
        if (!node.isObject()) {
            return null;
        }
        List<String> names = new ArrayList<>();
        node.path("names").forEach(each -> names.add(each.asText()));
        return new Flow.Certificate(
                text(node, "subject"),
                text(node, "issuer"),
                timestamp(text(node, "not_before")),
                timestamp(text(node, "not_after")),
                names,
                node.path("more_names").asInt(),
                text(node, "sha256"));
    }

    private static Flow.Timings timings(JsonNode node) {
        Map<String, Long> micros = new LinkedHashMap<>();
        node.properties().forEach(phase -> {
            if (phase.getValue().isNumber()) {
                micros.put(phase.getKey(), micros(phase.getValue()));
            }
        });
        return micros.isEmpty() ? Flow.Timings.NONE : new Flow.Timings(micros);
    }

    private static long micros(JsonNode millis) {
        return Math.round(millis.asDouble() * MICROS_A_MILLI);
    }

    private static List<Flow.Finding> findings(JsonNode node) {
        List<Flow.Finding> findings = new ArrayList<>(node.size());
        node.forEach(one -> findings.add(new Flow.Finding(
                text(one, "detector"), text(one, "place"), text(one, "fingerprint"), text(one, "effect"))));
        return findings;
    }

    private static List<Flow.Message> messages(JsonNode node) throws IOException {
        List<Flow.Message> messages = new ArrayList<>(node.size());
        for (JsonNode one : node) {
            messages.add(new Flow.Message(
                    one.path("from_client").asBoolean(),
                    one.path("is_text").asBoolean(),
                    micros(one.path("ms")),
                    body(one.path("payload"))));
        }
        return messages;
    }
}

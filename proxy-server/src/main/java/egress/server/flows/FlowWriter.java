package egress.server.flows;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonGenerator.Feature;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A flow as one line of the flow log (docs/flows.md); {@link FlowReader} reads it back. Of one thread at a time. */
final class FlowWriter {
    static final String HTTP = "http";
    static final String CLIENT_HELLO = "tls_clienthello";

    private static final int MICROS_A_MILLI = 1_000;
    private static final int MICROS_A_SECOND = 1_000_000;
    private static final int MOST_CERTIFICATES = 256;

    private final JsonFactory factory =
            JsonFactory.builder().build().disable(Feature.AUTO_CLOSE_TARGET).disable(Feature.FLUSH_PASSED_TO_STREAM);

    /** How certificates are written: {@link TlsReader} makes one of each, and most flows have one that was written before. */
    private final IdentityHashMap<Flow.Certificate, SerializableString> certificates = new IdentityHashMap<>();

    private long second = Long.MIN_VALUE;
    private String upToSecond = "";

    /** Writes the flow, and a newline behind it. */
    void write(Flow flow, OutputStream to) throws IOException {
        write(flow, Integer.MAX_VALUE, to);
    }

    /** @param mostOfBody bytes of each body, and of all messages; the rest is left out */
    void write(Flow flow, int mostOfBody, OutputStream to) throws IOException {
        try (JsonGenerator json = factory.createGenerator(to)) {
            json.writeStartObject();
            json.writeStringField("scan_id", flow.scanId());
            json.writeStringField("timestamp", text(flow.timestamp()));
            json.writeStringField("event", flow.isExchange() ? HTTP : CLIENT_HELLO);
            if (flow.hello() != null) {
                hello(json, flow.hello());
            }
            if (flow.request() != null) {
                exchange(json, flow, flow.request(), mostOfBody);
            }
            json.writeStringField("client", flow.client().address());
            string(json, "user", flow.client().user());
            tls(json, "tls", flow.client().tls());
            if (flow.request() != null) {
                outcome(json, flow);
                messages(json, flow.messages(), mostOfBody);
            }
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    /** RFC 3339 with microseconds; the part that most have in common is made once a second. */
    private String text(Instant time) {
        if (time.getEpochSecond() != second) {
            second = time.getEpochSecond();
            String whole = Instant.ofEpochSecond(second).toString();
            upToSecond = whole.substring(0, whole.length() - 1);
        }
        return decimal(new StringBuilder(32).append(upToSecond), time.getNano() / 1_000, MICROS_A_SECOND)
                .append('Z')
                .toString();
    }

    /** Microseconds as milliseconds. */
    private static String millis(long micros) {
        StringBuilder text = new StringBuilder(16).append(micros / MICROS_A_MILLI);
        int rest = (int) (micros % MICROS_A_MILLI);
        return (rest == 0 ? text : decimal(text, rest, MICROS_A_MILLI)).toString();
    }

    private static StringBuilder decimal(StringBuilder to, int part, int whole) {
        to.append('.');
        for (int unit = whole / 10; unit > 0; unit /= 10) {
            to.append((char) ('0' + part / unit % 10));
        }
        return to;
    }

    private static void hello(JsonGenerator json, Flow.Hello hello) throws IOException {
        json.writeStringField("sni", hello.sni() == null ? "" : hello.sni());
        json.writeArrayFieldStart("alpn_protocols");
        for (String protocol : hello.alpn()) {
            json.writeString(protocol);
        }
        json.writeEndArray();
        json.writeStringField("host", hello.host());
        json.writeNumberField("port", hello.port());
    }

    private static void exchange(JsonGenerator json, Flow flow, Flow.Request request, int mostOfBody)
            throws IOException {
        json.writeStringField("method", request.method());
        json.writeStringField("scheme", request.scheme());
        json.writeStringField("host", request.host());
        json.writeNumberField("port", request.port());
        json.writeStringField("path", request.path());
        json.writeStringField("http_version", request.httpVersion());
        fields(json, "request_headers", request.fields());
        body(json, "request_body", request.body(), mostOfBody);
        Flow.Response response = flow.response();
        json.writeNumberField("response_status", response == null ? 0 : response.status());
        json.writeStringField("response_reason", response == null ? "" : response.reason());
        fields(json, "response_headers", response == null ? List.of() : response.fields());
        if (response == null) {
            json.writeNullField("response_body");
        } else {
            body(json, "response_body", response.body(), mostOfBody);
        }
        if (!request.trailers().isEmpty()) {
            fields(json, "request_trailers", request.trailers());
        }
        if (response != null && !response.trailers().isEmpty()) {
            fields(json, "response_trailers", response.trailers());
        }
    }

    private void outcome(JsonGenerator json, Flow flow) throws IOException {
        json.writeNumberField("exchange", flow.id());
        Flow.Decision decision = flow.decision();
        json.writeStringField("verdict", decision.verdict());
        string(json, "code", decision.code());
        string(json, "why", decision.why());
        string(json, "route", decision.route());
        string(json, "rule", decision.rule());
        string(json, "ask", decision.ask());
        json.writeBooleanField("injected", decision.injected());
        Flow.Connection upstream = flow.upstream();
        if (upstream.address() != null) {
            json.writeStringField("upstream", upstream.address());
            string(json, "upstream_http_version", upstream.httpVersion());
            json.writeBooleanField("upstream_reused", upstream.reused());
            tls(json, "upstream_tls", upstream.tls());
        }
        if (!flow.timings().micros().isEmpty()) {
            json.writeObjectFieldStart("ms");
            for (Map.Entry<String, Long> phase : flow.timings().micros().entrySet()) {
                json.writeFieldName(phase.getKey());
                json.writeNumber(millis(phase.getValue()));
            }
            json.writeEndObject();
        }
        if (!flow.findings().isEmpty()) {
            json.writeArrayFieldStart("findings");
            for (Flow.Finding finding : flow.findings()) {
                json.writeStartObject();
                json.writeStringField("detector", finding.detector());
                json.writeStringField("place", finding.place());
                json.writeStringField("fingerprint", finding.fingerprint());
                json.writeStringField("effect", finding.effect());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
    }

    private void tls(JsonGenerator json, String name, Flow.@Nullable Tls tls) throws IOException {
        if (tls == null) {
            return;
        }
        json.writeObjectFieldStart(name);
        json.writeStringField("version", tls.version());
        json.writeStringField("cipher", tls.cipher());
        string(json, "alpn", tls.alpn());
        Flow.Certificate certificate = tls.certificate();
        if (certificate != null) {
            json.writeFieldName("certificate");
            json.writeRawValue(written(certificate));
        }
        json.writeEndObject();
    }

    private SerializableString written(Flow.Certificate certificate) throws IOException {
        SerializableString known = certificates.get(certificate);
        if (known == null) {
            StringWriter text = new StringWriter();
            try (JsonGenerator json = factory.createGenerator(text)) {
                certificate(json, certificate);
            }
            if (certificates.size() == MOST_CERTIFICATES) {
                certificates.clear();
            }
            known = new SerializedString(text.toString());
            certificates.put(certificate, known);
        }
        return known;
    }

    private static void certificate(JsonGenerator json, Flow.Certificate certificate) throws IOException {
        json.writeStartObject();
        json.writeStringField("subject", certificate.subject());
        json.writeStringField("issuer", certificate.issuer());
        json.writeStringField("not_before", certificate.notBefore().toString());
        json.writeStringField("not_after", certificate.notAfter().toString());
        json.writeArrayFieldStart("names");
        for (String each : certificate.names()) {
            json.writeString(each);
        }
        json.writeEndArray();
        if (certificate.moreNames() > 0) {
            json.writeNumberField("more_names", certificate.moreNames());
        }
        json.writeStringField("sha256", certificate.sha256());
        json.writeEndObject();
    }

    private static void messages(JsonGenerator json, List<Flow.Message> messages, int most) throws IOException {
        if (messages.isEmpty()) {
            return;
        }
        int left = most;
        json.writeArrayFieldStart("messages");
        for (Flow.Message message : messages) {
            int kept = message.payload().kept().length;
            if (kept > left) {
                break;
            }
            left -= kept;
            json.writeStartObject();
            json.writeBooleanField("from_client", message.fromCaller());
            json.writeBooleanField("is_text", message.text());
            json.writeFieldName("ms");
            json.writeNumber(millis(message.micros()));
            body(json, "payload", message.payload(), most);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void string(JsonGenerator json, String name, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value);
        }
    }

    private static void fields(JsonGenerator json, String name, List<Flow.Field> fields) throws IOException {
        json.writeArrayFieldStart(name);
        for (Flow.Field field : fields) {
            json.writeStartArray();
            json.writeString(field.name());
            json.writeString(field.value());
            json.writeEndArray();
        }
        json.writeEndArray();
    }

    private static void body(JsonGenerator json, String name, FlowBody body, int most) throws IOException {
        json.writeObjectFieldStart(name);
        if (body.isEmpty()) {
            json.writeBooleanField("empty", true);
            json.writeEndObject();
            return;
        }
        byte[] kept = body.kept().length <= most ? body.kept() : Arrays.copyOf(body.kept(), most);
        boolean truncated = body.truncated() || kept.length < body.kept().length;
        int text = Text.length(kept, truncated);
        json.writeStringField("encoding", text >= 0 ? "text" : "base64");
        json.writeNumberField("length", body.length());
        json.writeBooleanField("truncated", truncated);
        if (body.decoded()) {
            json.writeBooleanField("decoded", true);
        }
        if (text >= 0) {
            json.writeFieldName("text");
            json.writeUTF8String(kept, 0, text);
        } else {
            json.writeFieldName("b64");
            json.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, kept, 0, kept.length);
        }
        json.writeEndObject();
    }
}

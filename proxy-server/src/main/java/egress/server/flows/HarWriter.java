package egress.server.flows;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonGenerator.Feature;
import egress.dlp.ContentCoding;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes flows as HAR 1.2, which browsers' network panels import: each exchange an entry, bodies out of their codings. ClientHellos
 * and refused CONNECTs have no place there.
 */
public final class HarWriter {
    /** Of a body out of its coding, in bytes. */
    private static final int MOST_DECODED = 32 << 20;

    private final JsonFactory factory = JsonFactory.builder().build().disable(Feature.AUTO_CLOSE_TARGET);
    private final String version;

    /** @param version of this program */
    public HarWriter(String version) {
        this.version = version;
    }

    /** Writes all of them, as they come. */
    public void write(Iterator<Flow> flows, OutputStream to) throws IOException {
        try (JsonGenerator json = factory.createGenerator(to)) {
            json.writeStartObject();
            json.writeObjectFieldStart("log");
            json.writeStringField("version", "1.2");
            json.writeObjectFieldStart("creator");
            json.writeStringField("name", "egress-proxy");
            json.writeStringField("version", version);
            json.writeEndObject();
            json.writeArrayFieldStart("pages");
            json.writeEndArray();
            json.writeArrayFieldStart("entries");
            while (flows.hasNext()) {
                Flow flow = flows.next();
                if (flow.request() != null && !flow.request().method().equals("CONNECT")) {
                    entry(json, flow, flow.request());
                }
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    private static void entry(JsonGenerator json, Flow flow, Flow.Request request) throws IOException {
        json.writeStartObject();
        json.writeStringField("startedDateTime", flow.timestamp().toString());
        Timing timing = Timing.of(flow.timings());
        json.writeNumberField("time", timing.total());
        request(json, request);
        response(json, flow, request);
        json.writeObjectFieldStart("cache");
        json.writeEndObject();
        timing.write(json);
        server(json, flow.upstream());
        security(json, flow.upstream().tls());
        json.writeStringField("connection", flow.client().address());
        String why = flow.decision().why();
        if (why != null) {
            json.writeStringField("comment", flow.decision().verdict() + ": " + why);
        }
        messages(json, flow);
        json.writeEndObject();
    }

    private static void server(JsonGenerator json, Flow.Connection upstream) throws IOException {
        String address = upstream.address();
        if (address != null) {
            int colon = address.lastIndexOf(':');
            String ip = colon < 0 ? address : address.substring(0, colon);
            json.writeStringField("serverIPAddress", ip.startsWith("[") ? ip.substring(1, ip.length() - 1) : ip);
        }
    }

    /** HAR has no place for them; other tools write them by this name. Times are seconds of the Unix epoch. */
    private static void security(JsonGenerator json, Flow.@Nullable Tls tls) throws IOException {
        if (tls == null) {
            return;
        }
        json.writeObjectFieldStart("_securityDetails");
        json.writeStringField("protocol", tls.version());
        json.writeStringField("cipher", tls.cipher());
        Flow.Certificate certificate = tls.certificate();
        if (certificate != null) {
            json.writeStringField("subjectName", certificate.subject());
            json.writeStringField("issuer", certificate.issuer());
            json.writeNumberField("validFrom", certificate.notBefore().getEpochSecond());
            json.writeNumberField("validTo", certificate.notAfter().getEpochSecond());
        }
        json.writeEndObject();
    }

    private static void request(JsonGenerator json, Flow.Request request) throws IOException {
        json.writeObjectFieldStart("request");
        json.writeStringField("method", request.method());
        json.writeStringField("url", url(request));
        json.writeStringField("httpVersion", request.httpVersion());
        cookies(json);
        fields(json, request.fields());
        query(json, request.path());
        if (!request.body().isEmpty()) {
            String type = value(request.fields(), "content-type").orElse("application/octet-stream");
            json.writeObjectFieldStart("postData");
            json.writeStringField("mimeType", type);
            byte[] content = content(request.body(), request.fields());
            int text = Text.length(content, request.body().truncated());
            if (text >= 0) {
                json.writeFieldName("text");
                json.writeUTF8String(content, 0, text);
            } else {
                json.writeStringField("text", Base64.getEncoder().encodeToString(content));
                json.writeStringField("comment", "base64");
            }
            json.writeArrayFieldStart("params");
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeNumberField("headersSize", -1);
        json.writeNumberField("bodySize", request.body().length());
        json.writeEndObject();
    }

    private static String url(Flow.Request request) {
        boolean usual = request.port() == (request.scheme().equals("https") ? 443 : 80) || request.port() == 0;
        String host = request.host().indexOf(':') >= 0 ? "[" + request.host() + "]" : request.host();
        String path = request.path().startsWith("/") ? request.path() : "/" + request.path();
        return request.scheme() + "://" + host + (usual ? "" : ":" + request.port()) + path;
    }

    /** Credentials are masked, so that there is nothing to report. */
    private static void cookies(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("cookies");
        json.writeEndArray();
    }

    private static void fields(JsonGenerator json, List<Flow.Field> fields) throws IOException {
        json.writeArrayFieldStart("headers");
        for (Flow.Field field : fields) {
            pair(json, field.name(), field.value());
        }
        json.writeEndArray();
    }

    private static void pair(JsonGenerator json, String name, String value) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", name);
        json.writeStringField("value", value);
        json.writeEndObject();
    }

    private static void query(JsonGenerator json, String path) throws IOException {
        json.writeArrayFieldStart("queryString");
        int from = path.indexOf('?');
        if (from >= 0 && from + 1 < path.length()) {
            for (String each : path.substring(from + 1).split("&", -1)) {
                int equals = each.indexOf('=');
                pair(
                        json,
                        decoded(equals < 0 ? each : each.substring(0, equals)),
                        equals < 0 ? "" : decoded(each.substring(equals + 1)));
            }
        }
        json.writeEndArray();
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private static void response(JsonGenerator json, Flow flow, Flow.Request request) throws IOException {
        Flow.Response response = flow.response();
        List<Flow.Field> fields = response == null ? List.of() : response.fields();
        FlowBody body = response == null ? FlowBody.EMPTY : response.body();
        String version = flow.upstream().httpVersion();
        json.writeObjectFieldStart("response");
        json.writeNumberField("status", response == null ? 0 : response.status());
        json.writeStringField("statusText", response == null ? "" : response.reason());
        json.writeStringField("httpVersion", version == null ? request.httpVersion() : version);
        cookies(json);
        fields(json, fields);
        content(json, body, fields);
        json.writeStringField("redirectURL", value(fields, "location").orElse(""));
        json.writeNumberField("headersSize", -1);
        json.writeNumberField("bodySize", response == null ? -1 : body.length());
        if (response == null && flow.decision().code() != null) {
            json.writeStringField("_error", flow.decision().code());
        }
        json.writeEndObject();
    }

    private static void content(JsonGenerator json, FlowBody body, List<Flow.Field> fields) throws IOException {
        byte[] content = content(body, fields);
        json.writeObjectFieldStart("content");
        json.writeNumberField("size", body.truncated() ? body.length() : content.length);
        json.writeStringField("mimeType", value(fields, "content-type").orElse("application/octet-stream"));
        if (content.length > 0) {
            int text = Text.length(content, body.truncated());
            if (text >= 0) {
                json.writeFieldName("text");
                json.writeUTF8String(content, 0, text);
            } else {
                json.writeStringField("text", Base64.getEncoder().encodeToString(content));
                json.writeStringField("encoding", "base64");
            }
        }
        if (body.truncated()) {
            json.writeStringField("comment", "truncated");
        }
        json.writeEndObject();
    }

    /** What was kept, out of its coding; as it is where that is not possible. */
    private static byte[] content(FlowBody body, List<Flow.Field> fields) {
        if (body.decoded() || body.truncated() || body.isEmpty()) {
            return body.kept();
        }
        Optional<List<ContentCoding>> codings =
                ContentCoding.of(value(fields, "content-encoding").stream().toList());
        if (codings.isEmpty()
                || codings.get().isEmpty()
                || !codings.get().stream().allMatch(ContentCoding::isAvailable)) {
            return body.kept();
        }
        try (InputStream in = ContentCoding.decode(new ByteArrayInputStream(body.kept()), codings.get())) {
            byte[] decoded = in.readNBytes(MOST_DECODED + 1);
            return decoded.length > MOST_DECODED ? body.kept() : decoded;
        } catch (IOException e) {
            return body.kept();
        }
    }

    private static Optional<String> value(List<Flow.Field> fields, String name) {
        return fields.stream()
                .filter(field -> field.name().toLowerCase(Locale.ROOT).equals(name))
                .map(Flow.Field::value)
                .findFirst();
    }

    /** WebSocket messages as Chromium writes them. */
    private static void messages(JsonGenerator json, Flow flow) throws IOException {
        if (flow.messages().isEmpty()) {
            return;
        }
        json.writeStringField("_resourceType", "websocket");
        json.writeArrayFieldStart("_webSocketMessages");
        double start = flow.timestamp().toEpochMilli() / 1_000.0;
        for (Flow.Message message : flow.messages()) {
            byte[] kept = message.payload().kept();
            json.writeStartObject();
            json.writeStringField("type", message.fromCaller() ? "send" : "receive");
            json.writeNumberField("time", start + message.micros() / 1_000_000.0);
            json.writeNumberField("opcode", message.text() ? 1 : 2);
            json.writeStringField(
                    "data",
                    message.text()
                            ? new String(kept, StandardCharsets.UTF_8)
                            : Base64.getEncoder().encodeToString(kept));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** Milliseconds of an entry's phases; -1 for what it did not have. */
    private record Timing(
            double blocked, double connect, double ssl, double send, double waiting, double receive, double total) {
        static Timing of(Flow.Timings timings) {
            Map<String, Long> micros = timings.micros();
            double connect = millis(micros.get("connect"));
            double ssl = millis(micros.get("tls"));
            double stream = millis(micros.get("stream"));
            double first = millis(micros.get("first_byte"));
            double last = Math.max(0, millis(micros.get("last_byte")));
            double opening = Math.max(0, connect) + Math.max(0, ssl);
            double begun = Math.max(0, stream);
            double answered = Math.clamp(first < 0 ? last : first, begun, Math.max(begun, last));
            return new Timing(
                    stream < 0 ? -1 : Math.max(0, begun - opening),
                    opening == 0 ? -1 : opening, // includes ssl, as HAR wants it
                    ssl <= 0 ? -1 : ssl,
                    0,
                    answered - begun,
                    Math.max(0, last - answered),
                    Math.max(begun, last));
        }

        private static double millis(@Nullable Long micros) {
            return micros == null ? -1 : micros / 1_000.0;
        }

        void write(JsonGenerator json) throws IOException {
            json.writeObjectFieldStart("timings");
            json.writeNumberField("blocked", blocked);
            json.writeNumberField("dns", -1);
            json.writeNumberField("connect", connect);
            json.writeNumberField("ssl", ssl);
            json.writeNumberField("send", send);
            json.writeNumberField("wait", waiting);
            json.writeNumberField("receive", receive);
            json.writeEndObject();
        }
    }
}

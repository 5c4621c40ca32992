package egress.server.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import egress.server.flows.Flow;
import egress.server.flows.FlowBody;
import egress.server.flows.FlowUrl;
import egress.server.inspect.FlowStore.Entry;
import egress.server.json.AsciiJson;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Flows as the page and {@code tail} read them. */
final class FlowJson {
    private static final int LONGEST_PATH = 1_000;

    /** The rows of the list: {@code gone} are numbers that the filter no longer lets through. */
    String changes(FlowStore.Changes changes, List<Entry> shown, List<Long> gone) {
        return AsciiJson.object(json -> {
            json.writeNumberField("first", changes.first());
            json.writeNumberField("bytes", changes.bytes());
            json.writeArrayFieldStart("flows");
            for (Entry entry : shown) {
                json.writeStartObject();
                row(json, entry);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("gone");
            for (long number : gone) {
                json.writeNumber(number);
            }
            json.writeEndArray();
        });
    }

    private static void row(JsonGenerator json, Entry entry) throws IOException {
        Flow flow = entry.flow();
        json.writeNumberField("number", entry.number());
        json.writeNumberField("time", flow.timestamp().toEpochMilli());
        json.writeStringField("client", flow.client().address());
        optional(json, "user", flow.client().user());
        json.writeStringField("state", entry.state().name().toLowerCase(Locale.ROOT));
        json.writeStringField("verdict", flow.decision().verdict());
        optional(json, "code", flow.decision().code());
        Flow.Request request = flow.request();
        Flow.Hello hello = flow.hello();
        if (request != null) {
            json.writeStringField("method", request.method());
            json.writeStringField("scheme", request.scheme());
            json.writeStringField("host", request.host());
            json.writeNumberField("port", request.port());
            json.writeStringField("path", cut(request.path()));
        } else if (hello != null) {
            json.writeStringField("method", "TLS");
            json.writeStringField("scheme", "tls");
            json.writeStringField("host", hello.sni() == null ? hello.host() : hello.sni());
            json.writeNumberField("port", hello.port());
            json.writeStringField("path", "");
        }
        Flow.Response response = flow.response();
        if (response != null) {
            json.writeNumberField("status", response.status());
            json.writeNumberField("size", response.body().length());
            optional(json, "type", type(response));
        }
        Long last = flow.timings().micros().get("last_byte");
        if (last != null) {
            json.writeNumberField("micros", last);
        }
        json.writeNumberField("messages", flow.messages().size() + entry.messagesDropped());
        json.writeNumberField("findings", flow.findings().size());
        FlowStore.ShadowVerdict shadow = entry.shadow();
        if (shadow != null) {
            json.writeObjectFieldStart("shadow");
            json.writeStringField("from", shadow.from());
            json.writeStringField("to", shadow.to());
            optional(json, "rule", shadow.rule());
            json.writeEndObject();
        }
    }

    private static String cut(String path) {
        return path.length() > LONGEST_PATH ? path.substring(0, LONGEST_PATH) + "…" : path;
    }

    private static @Nullable String type(Flow.Response response) {
        return response.fields().stream()
                .filter(field -> field.name().equalsIgnoreCase("content-type"))
                .map(field -> field.value().split(";", 2)[0].strip())
                .findFirst()
                .orElse(null);
    }

    /** All that is known of a flow, but for its bodies, which are asked for by themselves. */
    String detail(Entry entry, Optional<Flow.Hello> hello) {
        Flow flow = entry.flow();
        return AsciiJson.object(json -> {
            row(json, entry);
            Flow.Request request = flow.request();
            if (request != null) {
                json.writeStringField("url", FlowUrl.of(request));
                json.writeObjectFieldStart("request");
                json.writeStringField("path", request.path());
                json.writeStringField("version", request.httpVersion());
                fields(json, "fields", request.fields());
                fields(json, "trailers", request.trailers());
                body(json, "body", request.body());
                json.writeEndObject();
            }
            Flow.Response response = flow.response();
            if (response != null) {
                json.writeObjectFieldStart("response");
                json.writeStringField("reason", response.reason());
                fields(json, "fields", response.fields());
                fields(json, "trailers", response.trailers());
                body(json, "body", response.body());
                json.writeEndObject();
            }
            decision(json, flow);
            if (flow.hello() != null) {
                hello(json, flow.hello());
            } else if (hello.isPresent()) {
                hello(json, hello.get());
            }
            messages(json, entry);
        });
    }

    private static void decision(JsonGenerator json, Flow flow) throws IOException {
        optional(json, "route", flow.decision().route());
        optional(json, "rule", flow.decision().rule());
        optional(json, "why", flow.decision().why());
        optional(json, "ask", flow.decision().ask());
        json.writeBooleanField("injected", flow.decision().injected());
        json.writeObjectFieldStart("upstream");
        optional(json, "address", flow.upstream().address());
        optional(json, "version", flow.upstream().httpVersion());
        json.writeBooleanField("reused", flow.upstream().reused());
        tls(json, flow.upstream().tls());
        json.writeEndObject();
        tls(json, flow.client().tls());
        json.writeObjectFieldStart("timings");
        for (var phase : flow.timings().micros().entrySet()) {
            json.writeNumberField(phase.getKey(), phase.getValue());
        }
        json.writeEndObject();
        json.writeArrayFieldStart("found");
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

    private static void tls(JsonGenerator json, Flow.@Nullable Tls tls) throws IOException {
        if (tls == null) {
            return;
        }
        json.writeObjectFieldStart("tls");
        json.writeStringField("version", tls.version());
        json.writeStringField("cipher", tls.cipher());
        optional(json, "alpn", tls.alpn());
        Flow.Certificate certificate = tls.certificate();
        if (certificate != null) {
            json.writeObjectFieldStart("certificate");
            json.writeStringField("subject", certificate.subject());
            json.writeStringField("issuer", certificate.issuer());
            json.writeNumberField("from", certificate.notBefore().toEpochMilli());
            json.writeNumberField("until", certificate.notAfter().toEpochMilli());
            json.writeArrayFieldStart("names");
            for (String each : certificate.names()) {
                json.writeString(each);
            }
            json.writeEndArray();
            json.writeNumberField("moreNames", certificate.moreNames());
            json.writeStringField("sha256", certificate.sha256());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void hello(JsonGenerator json, Flow.Hello hello) throws IOException {
        json.writeObjectFieldStart("hello");
        json.writeStringField("host", hello.host());
        json.writeNumberField("port", hello.port());
        optional(json, "sni", hello.sni());
        json.writeArrayFieldStart("alpn");
        for (String protocol : hello.alpn()) {
            json.writeString(protocol);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void messages(JsonGenerator json, Entry entry) throws IOException {
        json.writeNumberField("messagesDropped", entry.messagesDropped());
        json.writeArrayFieldStart("socket");
        for (Flow.Message message : entry.flow().messages()) {
            json.writeStartObject();
            json.writeBooleanField("sent", message.fromCaller());
            json.writeBooleanField("text", message.text());
            json.writeNumberField("micros", message.micros());
            body(json, "payload", message.payload());
            json.writeEndObject();
        }
        json.writeEndArray();
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

    private static void body(JsonGenerator json, String name, FlowBody body) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeNumberField("length", body.length());
        json.writeNumberField("kept", body.kept().length);
        json.writeBooleanField("truncated", body.truncated());
        json.writeBooleanField("decoded", body.decoded());
        json.writeEndObject();
    }

    private static void optional(JsonGenerator json, String name, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value);
        }
    }
}

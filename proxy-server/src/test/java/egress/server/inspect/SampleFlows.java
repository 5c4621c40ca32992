package egress.server.inspect;

import egress.server.flows.Flow;
import egress.server.flows.FlowBody;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Flows to show, each a variation of one plain exchange. */
final class SampleFlows {
    private final long id;
    private String method = "GET";
    private String host = "api.example.com";
    private String path = "/";
    private int status = 200;
    private final List<Flow.Field> requestFields = new ArrayList<>();
    private final List<Flow.Field> responseFields = new ArrayList<>();
    private FlowBody requestBody = FlowBody.EMPTY;
    private FlowBody responseBody = FlowBody.EMPTY;
    private Flow.Decision decision = new Flow.Decision("allowed", null, "api", "paths[0] prefix /", null, false);
    private List<Flow.Finding> findings = List.of();
    private List<Flow.Message> messages = List.of();
    private Flow.@Nullable Tls callerTls;
    private Flow.@Nullable Tls originTls;

    private SampleFlows(long id) {
        this.id = id;
    }

    static SampleFlows flow(long id) {
        return new SampleFlows(id);
    }

    SampleFlows ask(String askedMethod, String askedHost, String askedPath) {
        method = askedMethod;
        host = askedHost;
        path = askedPath;
        return this;
    }

    SampleFlows status(int value) {
        status = value;
        return this;
    }

    SampleFlows requestField(String name, String value) {
        requestFields.add(new Flow.Field(name, value));
        return this;
    }

    SampleFlows responseField(String name, String value) {
        responseFields.add(new Flow.Field(name, value));
        return this;
    }

    SampleFlows posted(String type, byte[] body) {
        method = "POST";
        requestBody = body(body);
        return requestField("content-type", type);
    }

    SampleFlows answered(String type, byte[] body) {
        responseBody = body(body);
        return responseField("content-type", type);
    }

    SampleFlows answered(String type, String body) {
        return answered(type, body.getBytes(StandardCharsets.UTF_8));
    }

    SampleFlows answeredOf(long length, byte[] kept) {
        responseBody = new FlowBody(length, true, kept, false);
        return this;
    }

    SampleFlows decided(String verdict, @Nullable String code, @Nullable String why) {
        decision = new Flow.Decision(verdict, code, "api", "paths[0] prefix /v1/", why, verdict.equals("allowed"));
        return this;
    }

    SampleFlows found(Flow.Finding... all) {
        findings = List.of(all);
        return this;
    }

    SampleFlows messages(Flow.Message... all) {
        messages = List.of(all);
        return this;
    }

    static FlowBody body(byte[] bytes) {
        return bytes.length == 0 ? FlowBody.EMPTY : new FlowBody(bytes.length, false, bytes, false);
    }

    static Flow.Message message(boolean fromCaller, String text) {
        return new Flow.Message(fromCaller, true, 1_500, body(text.getBytes(StandardCharsets.UTF_8)));
    }

    static Flow hello(String client, String name) {
        return new Flow(
                0,
                "",
                Instant.parse("2026-07-01T10:00:00Z"),
                new Flow.Client(client, null),
                new Flow.Hello(name, 443, name, List.of("h2", "http/1.1")),
                null,
                null,
                new Flow.Decision("allowed", null, null, null, null, false),
                Flow.Connection.NONE,
                Flow.Timings.NONE,
                List.of(),
                List.of());
    }

    /** With what the handshakes agreed on. */
    SampleFlows secured(Flow.Certificate certificate) {
        callerTls = new Flow.Tls("TLSv1.3", "TLS_AES_128_GCM_SHA256", "h2", null);
        originTls = new Flow.Tls("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", null, certificate);
        return this;
    }

    /** When its head came. */
    Flow begun() {
        return made(null, new Flow.Decision("pending", null, null, null, null, false), Flow.Timings.NONE);
    }

    /** When it is over. */
    Flow whole() {
        Map<String, Long> micros = new LinkedHashMap<>();
        micros.put("accept", 2_100L);
        micros.put("hello", 300L);
        micros.put("mint", 410L);
        micros.put("handshake", 1_900L);
        micros.put("verdict", 240L);
        micros.put("connect", 11_300L);
        micros.put("tls", 24_700L);
        micros.put("stream", 36_400L);
        micros.put("first_byte", 182_000L);
        micros.put("last_byte", 431_000L + id);
        return made(
                new Flow.Response(status, status == 200 ? "OK" : "", responseFields, responseBody, List.of()),
                decision,
                new Flow.Timings(micros));
    }

    private Flow made(Flow.@Nullable Response response, Flow.Decision decided, Flow.Timings timings) {
        return new Flow(
                id,
                "",
                Instant.parse("2026-07-01T10:00:00Z").plusMillis(id * 137),
                new Flow.Client("127.0.0.1:47154", null, callerTls),
                null,
                new Flow.Request(method, "https", host, 443, path, "HTTP/2.0", requestFields, requestBody, List.of()),
                response,
                decided,
                new Flow.Connection("203.0.113.7:443", "HTTP/2.0", false, originTls),
                timings,
                findings,
                messages);
    }
}

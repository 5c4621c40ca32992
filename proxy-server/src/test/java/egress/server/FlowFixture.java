package egress.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.server.flows.Flow;
import egress.server.flows.FlowReader;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.ReceivedResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** An origin with routes to it, and the flow log of the gates before it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FlowFixture {
    static final String TOKEN = "gate-token-0123456789";
    static final String ROUTES = """
            routes:
              - host: api.example
                auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
                dlp: {outbound_detectors: false}
                path_allowlist: ["/echo", "/status/", "/bytes/", "/answer", "/ws"]
              - host: pass.example
                tls: passthrough
              - host: guarded.example
            """;

    final TestCa authority = TestCa.create("origin authority");
    Origin origin;

    @TempDir
    Path directory;

    @BeforeAll
    void startOrigin() throws IOException {
        origin = Origin.tls(authority.leaf("api.example", "pass.example", "guarded.example"), Alpn.H2_AND_H1);
        origin.on("/answer", exchange -> {
            byte[] body = exchange.readAll();
            exchange.head(
                    200,
                    "content-length",
                    Integer.toString(body.length),
                    "content-type",
                    exchange.parameter("type", "text/plain"),
                    "content-encoding",
                    exchange.parameter("coding", "identity"),
                    "x-twice",
                    "1",
                    "x-twice",
                    "2");
            exchange.write(body);
            exchange.end();
        });
    }

    @AfterAll
    void stopOrigin() throws IOException {
        origin.close();
    }

    Path log() {
        return directory.resolve("flows.jsonl");
    }

    ProxyUnderTest.Builder gate(String... flags) {
        return ProxyUnderTest.with()
                .routes(ROUTES)
                .environment("EGRESS_TOKEN_0", TOKEN)
                .flags("--flows", log().toString(), "-q")
                .flags(flags)
                .origin("api.example:443", origin)
                .origin("pass.example:443", origin)
                .origin("guarded.example:443", origin)
                .trust(authority);
    }

    static ReceivedResponse ask(ProxyUnderTest proxy, String request) throws IOException {
        try (RawClient client = proxy.connect("api.example:443")) {
            return client.send(request).readResponse(request.substring(0, request.indexOf(' ')));
        }
    }

    static String get(String path, String... fields) {
        return "GET " + path + " HTTP/1.1\r\nHost: api.example\r\n" + lines(fields) + "\r\n";
    }

    static byte[] post(String path, byte[] body, String... fields) {
        String head = "POST " + path + " HTTP/1.1\r\nHost: api.example\r\nContent-Length: " + body.length + "\r\n"
                + lines(fields) + "\r\n";
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(head.getBytes(UTF_8));
        all.writeBytes(body);
        return all.toByteArray();
    }

    static String lines(String... fields) {
        return fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
    }

    static ReceivedResponse send(ProxyUnderTest proxy, byte[] request) throws IOException {
        try (RawClient client = proxy.connect("api.example:443")) {
            return client.send(request).readResponse("POST");
        }
    }

    List<Flow> flows() throws IOException {
        List<Flow> flows = new ArrayList<>();
        try (FlowReader reader = FlowReader.read(log())) {
            reader.forEach(flows::add);
            assertThat(reader.firstProblem()).isNull();
        }
        return flows;
    }

    List<Flow> exchanges() throws IOException {
        return flows().stream().filter(Flow::isExchange).toList();
    }

    static Flow.Request request(Flow flow) {
        return Objects.requireNonNull(flow.request(), "no exchange");
    }

    static Flow.Response response(Flow flow) {
        return Objects.requireNonNull(flow.response(), "no response");
    }

    void await(int count, Predicate<Flow> which) throws InterruptedException {
        ProxyUnderTest.await(count + " flows", () -> {
            try (FlowReader reader = FlowReader.read(log())) { // the last line may be half written
                return reader.stream().filter(which).count() >= count;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }
}

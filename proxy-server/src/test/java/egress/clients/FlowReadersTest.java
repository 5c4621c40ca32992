package egress.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.server.ProxyUnderTest;
import egress.server.cli.CommandLineFactory;
import egress.server.log.Notices;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.WebSocketFrame;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A flow log of all kinds of exchanges, read by those for whom it is written: the attestor's types in Go, and HAR's in JavaScript. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FlowReadersTest {
    private static final String ROUTES = """
            routes:
              - host: api.example
                path_allowlist: ["/echo", "/status/", "/bytes/", "/sse", "/ws"]
              - host: pass.example
                tls: passthrough
              - host: plain.example
            """;
    private static final byte[] UPLOAD = "{\"prompt\": \"größer\"}".getBytes(UTF_8);

    @TempDir
    static Path directory;

    private Path log;

    @BeforeAll
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void record() throws Exception {
        log = directory.resolve("flows.jsonl");
        TestCa authority = TestCa.create("origin authority");
        try (Origin origin = Origin.tls(authority.leaf("api.example", "pass.example"), Alpn.H2_AND_H1);
                Origin plain = Origin.plain();
                ProxyUnderTest proxy = ProxyUnderTest.with()
                        .routes(ROUTES)
                        .origin("api.example:443", origin)
                        .origin("pass.example:443", origin)
                        .origin("plain.example:80", plain)
                        .trust(authority)
                        .flags("-q", "--flows", log.toString(), "--scan-id", "scan-1", "--flow-body-limit", "32k")
                        .start()) {
            byH1(proxy);
            byH2(proxy);
            webSocket(proxy);
            try (RawClient client = proxy.connect()) {
                assertThat(client.send("GET http://plain.example/bytes/10 HTTP/1.1\r\nHost: plain.example\r\n\r\n")
                                .readResponse("GET")
                                .status())
                        .isEqualTo(200);
                assertThat(client.connectMethod("denied.example:22").status()).isEqualTo(403);
            }
            try (RawClient client = proxy.connect()
                    .tunnel("pass.example:443")
                    .tls(TlsClient.of("pass.example", authority.certificate()).alpn("h2", "http/1.1"))) {
                assertThat(client.applicationProtocol()).isEqualTo("h2");
            }
            ProxyUnderTest.await("12 lines", () -> lines() >= 12);
        }
        // What another scan, on a gate of its own, has left in the same file.
        Files.writeString(
                log,
                Files.readString(log)
                        + "{\"scan_id\":\"scan-2\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"event\":\"tls_clienthello\",\"sni\":\"x\"}\n");
    }

    private long lines() {
        try {
            return Files.readAllLines(log).size();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void byH1(ProxyUnderTest proxy) throws IOException {
        try (RawClient client = proxy.connect("api.example:443")) {
            client.send("POST /echo HTTP/1.1\r\nHost: api.example\r\nContent-Length: " + UPLOAD.length + "\r\n\r\n");
            client.send(UPLOAD);
            assertThat(client.readResponse("POST").status()).isEqualTo(200);
            assertThat(client.get("/status/404", "api.example").status()).isEqualTo(404);
            assertThat(client.get("/secret", "api.example").status()).isEqualTo(403);
        }
    }

    private static void byH2(ProxyUnderTest proxy) throws IOException {
        try (H2Client client = H2Client.through(
                proxy.port(), "api.example:443", proxy.client("api.example").alpn("h2"))) {
            assertThat(client.get("api.example", "/bytes/100000").response().status())
                    .isEqualTo(200);
            assertThat(client.get("api.example", "/status/204").response().status())
                    .isEqualTo(204);
        }
    }

    private static void webSocket(ProxyUnderTest proxy) throws IOException {
        try (RawClient client = proxy.connect("api.example:443")) {
            client.send("GET /ws HTTP/1.1\r\nHost: api.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(client.readHead().status()).isEqualTo(101);
            client.send(WebSocketFrame.text("hallo").bytes());
            WebSocketFrame.read(client.input());
            client.send(WebSocketFrame.close(1000).bytes());
            WebSocketFrame.read(client.input());
        }
    }

    private static Path program(String name) throws URISyntaxException {
        var url = FlowReadersTest.class.getResource("/flows/" + name);
        assertThat(url).isNotNull();
        return Path.of(url.toURI());
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void theAttestorsTypesReadEveryLineAndItsSumsAreRight() throws Exception {
        Path reader = Packages.built("read-flows");
        Tool.require("go", "install golang-go")
                .with("GOFLAGS", "-mod=mod")
                .with("GOTOOLCHAIN", "local")
                .with("GOPROXY", "off")
                .with("CGO_ENABLED", "0")
                .within(Duration.ofMinutes(4))
                .run("build", "-o", reader.toString(), program("read_flows.go").toString())
                .ok();

        Tool.Result result = Tool.of(reader).run(log.toString(), "scan-1");

        JsonNode echo = line("/echo");
        long echoed = echo.get("response_body").get("length").asLong();
        long denied = line("/secret").get("response_body").get("length").asLong();
        assertThat(result.ok().out().lines())
                .contains(
                        "lines 13 of other scans 1",
                        "events http=8 tls_clienthello=4",
                        "hosts api.example=6 denied.example=1 plain.example=1",
                        "snis api.example=3 pass.example=1",
                        "alpn h2=1 h2+http/1.1=1 http/1.1=2",
                        "methods CONNECT=1 GET=6 POST=1",
                        "schemes http=1 https=7",
                        "versions HTTP/1.1=6 HTTP/2.0=2",
                        "statuses 101=1 200=3 204=1 403=2 404=1",
                        "bytes " + UPLOAD.length + " "
                                + (echoed + lengthOf("/status/404") + denied + lengthOf("") + 100_000 + 10),
                        "sha256 "
                                + HexFormat.of()
                                        .formatHex(MessageDigest.getInstance("SHA-256")
                                                .digest(Files.readAllBytes(log))));
    }

    private long lengthOf(String path) throws IOException {
        return line(path).get("response_body").path("length").asLong();
    }

    private JsonNode line(String path) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        for (String line : Files.readAllLines(log)) {
            JsonNode node = mapper.readTree(line);
            if (node.get("event").asText().equals("http")
                    && node.get("path").asText().equals(path)) {
                return node;
            }
        }
        throw new AssertionError("no line of " + path);
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void asHarItPassesTheSchemaAndHasEveryExchange() throws Exception {
        Path har = directory.resolve("flows.har");
        ProxyUnderTest.Captured err = new ProxyUnderTest.Captured();

        int status = CommandLineFactory.run(
                Map.of(), (settings, ca) -> 9, new Notices(err), "har", log.toString(), "-o", har.toString());

        assertThat(status).as(err.text()).isZero();
        Tool.Result checked = Tool.require("node", "install nodejs")
                .runWithInput(
                        Files.readString(har),
                        program("check_har.mjs").toString(),
                        Packages.node().toString());
        assertThat(checked.ok().out().strip()).isEqualTo("7 entries, 0 errors");
        JsonNode entries = new ObjectMapper().readTree(har.toFile()).get("log").get("entries");
        JsonNode upload = entries.get(0);
        assertThat(upload.get("request").get("url").asText()).isEqualTo("https://api.example/echo");
        assertThat(upload.get("request").get("postData").get("text").asText()).isEqualTo(new String(UPLOAD, UTF_8));
        double sum = 0;
        for (String phase : new String[] {"blocked", "connect", "send", "wait", "receive"}) {
            sum += Math.max(0, upload.get("timings").get(phase).asDouble());
        }
        assertThat(upload.get("time").asDouble()).isCloseTo(sum, org.assertj.core.data.Offset.offset(0.01));
    }
}

package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import egress.server.flows.Flow;
import egress.server.flows.FlowReader;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is recorded of the handshakes on both sides, in the flow log and on the page. */
final class TlsRecordTest {
    private static final String SECRET = "kq7zt2vw9xhn4mpl8rbd";
    private static final String ROUTES = """
            routes:
              - host: api.example
                auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
              - host: plain.example:80
              - host: gone.example
            """;

    @TempDir
    private Path directory;

    private final TestCa authority = TestCa.create("origin authority");

    private List<Flow> flows(int count) throws Exception {
        Path log = directory.resolve("flows.jsonl");
        ProxyUnderTest.await(count + " flows", () -> read(log).size() == count);
        return read(log);
    }

    private static List<Flow> read(Path log) {
        try (FlowReader reader = FlowReader.read(log)) {
            return reader.stream().filter(Flow::isExchange).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private ProxyUnderTest.Builder gate() {
        return ProxyUnderTest.with()
                .routes(ROUTES)
                .environment("EGRESS_TOKEN_0", SECRET)
                .flags("--flows", directory.resolve("flows.jsonl").toString(), "--inspect")
                .trust(authority);
    }

    private static String sha256(TestLeaf leaf) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256")
                        .digest(leaf.chain().getFirst().getEncoded()));
    }

    @ParameterizedTest
    @EnumSource(names = {"H1", "H2_AND_H1"})
    void bothHandshakesAndTheOriginsCertificateAreRecorded(Alpn alpn) throws Exception {
        TestLeaf leaf = authority.leaf("api.example", SECRET + ".example", "127.0.0.1");
        boolean h2 = alpn == Alpn.H2_AND_H1;
        try (Origin origin = Origin.tls(leaf, alpn);
                ProxyUnderTest proxy = gate().origin("api.example:443", origin).start()) {
            origin.on("/close", exchange -> {
                exchange.head(200, "content-length", "0", "connection", "close");
                exchange.end();
            });
            if (h2) {
                try (H2Client client = H2Client.through(
                        proxy.port(),
                        "api.example:443",
                        proxy.client("api.example").alpn("h2"))) {
                    assertThat(client.request("GET", "api.example", "/echo", true)
                                    .response()
                                    .status())
                            .isEqualTo(200);
                    assertThat(client.request("GET", "api.example", "/echo", true)
                                    .response()
                                    .status())
                            .isEqualTo(200);
                }
            } else {
                try (RawClient client = proxy.connect("api.example:443")) {
                    assertThat(client.get("/echo", "api.example").status()).isEqualTo(200);
                    assertThat(client.get("/close", "api.example").status()).isEqualTo(200);
                }
                try (RawClient client = proxy.connect("api.example:443")) {
                    assertThat(client.get("/echo", "api.example").status()).isEqualTo(200);
                }
                try (RawClient admin = RawClient.connect(proxy.admin())) { // where no certificate is shown again
                    assertThat(admin.get("/metrics", "localhost").text())
                            .contains("egress_upstream_handshakes_resumed_total 1.0");
                }
            }
            List<Flow> flows = flows(h2 ? 2 : 3);
            for (Flow flow : flows) {
                Flow.Tls caller = Objects.requireNonNull(flow.client().tls());
                assertThat(caller.version()).isEqualTo("TLSv1.3");
                assertThat(caller.cipher()).startsWith("TLS_");
                assertThat(caller.alpn()).isEqualTo(h2 ? "h2" : "http/1.1");
                assertThat(caller.certificate()).isNull();
                Flow.Tls upstream = Objects.requireNonNull(flow.upstream().tls());
                assertThat(upstream.version()).isEqualTo("TLSv1.3");
                assertThat(upstream.cipher()).startsWith("TLS_");
                assertThat(upstream.alpn()).isEqualTo(h2 ? "h2" : "http/1.1");
                Flow.Certificate certificate = Objects.requireNonNull(upstream.certificate());
                assertThat(certificate.subject()).isEqualTo("CN=api.example");
                assertThat(certificate.issuer()).isEqualTo("CN=origin authority");
                assertThat(certificate.names()).containsExactly("api.example", "********.example", "127.0.0.1");
                assertThat(certificate.notBefore())
                        .isEqualTo(leaf.chain().getFirst().getNotBefore().toInstant());
                assertThat(certificate.notAfter())
                        .isEqualTo(leaf.chain().getFirst().getNotAfter().toInstant());
                assertThat(certificate.sha256()).isEqualTo(sha256(leaf));
            }
            JsonNode shown = Operator.of(proxy).flows().getFirst();
            assertThat(shown.path("tls").path("version").asText()).isEqualTo("TLSv1.3");
            JsonNode certificate = shown.path("upstream").path("tls").path("certificate");
            assertThat(certificate.path("sha256").asText()).isEqualTo(sha256(leaf));
            assertThat(shown.toString()).doesNotContain(SECRET);
        }
    }

    @Test
    void whatHasNoTlsOrNoAnswerHasNoneOfIt() throws Exception {
        try (Origin plain = Origin.plain();
                Origin rude = Origin.tls(authority.leaf("gone.example"), Alpn.H1);
                ProxyUnderTest proxy = gate().origin("plain.example:80", plain)
                        .origin("gone.example:443", rude)
                        .start()) {
            rude.on("/reset", exchange -> exchange.reset());
            try (RawClient client = proxy.connect()) {
                assertThat(client.send("GET http://plain.example/echo HTTP/1.1\r\nHost: plain.example\r\n\r\n")
                                .readResponse("GET")
                                .status())
                        .isEqualTo(200);
            }
            try (RawClient client = proxy.connect("gone.example:443")) {
                assertThat(client.get("/reset", "gone.example").status()).isEqualTo(502);
            }
            try (RawClient client = proxy.connect("none.example:443")) {
                assertThat(client.get("/", "none.example").status()).isEqualTo(403);
            }
            List<Flow> flows = flows(3);
            assertThat(flows.get(0).client().tls()).isNull();
            assertThat(flows.get(0).upstream().tls()).isNull();
            assertThat(Objects.requireNonNull(flows.get(1).upstream().tls()).certificate())
                    .isNotNull(); // no answer came, but it is known from whom
            assertThat(flows.get(2).client().tls()).isNotNull();
            assertThat(flows.get(2).upstream().tls()).isNull();
        }
    }
}

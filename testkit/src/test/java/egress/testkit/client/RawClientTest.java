package egress.testkit.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import egress.testkit.origin.ConnectionFault;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.origin.HostileWire;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The raw client, its TLS, and the certificates that the test CA mints. */
class RawClientTest {
    private static final String NAME = "origin.example";
    private static final TestCa CA = TestCa.create("test root");

    @TempDir
    private Path folder = Path.of(".");

    static Stream<Arguments> badCertificates() {
        return Stream.of(
                Arguments.of("expired", CA.expired(NAME)),
                Arguments.of("not yet valid", CA.notYetValid(NAME)),
                Arguments.of("wrong host", CA.leaf("other.example")),
                Arguments.of("self-signed", TestCa.selfSigned(NAME)),
                Arguments.of("unknown issuer", TestCa.create("another root").leaf(NAME)),
                Arguments.of(
                        "unknown issuer of the same name",
                        TestCa.create("test root").leaf(NAME)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badCertificates")
    void trustsNoBadCertificate(String what, TestLeaf leaf) throws IOException {
        try (Origin origin = Origin.tls(leaf, Alpn.H1);
                RawClient client = RawClient.connect(origin.port())) {
            assertThatThrownBy(() -> client.tls(TlsClient.of(NAME, CA.certificate())))
                    .as(what)
                    .isInstanceOf(SSLHandshakeException.class);
        }
    }

    @Test
    void trustsGoodCertificatesForNamesAndAddressesOfAPemFile() throws IOException {
        Path pem = CA.writePem(folder.resolve("ca.pem"));
        TestLeaf[] leaves = {
            CA.leaf(NAME, "127.0.0.1", "::1"), CA.intermediate("below").leaf(NAME, "127.0.0.1", "::1")
        };
        for (TestLeaf leaf : leaves) {
            for (String name : new String[] {NAME, "127.0.0.1", "::1"}) {
                try (Origin origin = Origin.tls(leaf, Alpn.H1);
                        RawClient client = RawClient.connect(origin.port())) {
                    client.tls(TlsClient.of(name, pem).sni(null));
                    assertThat(client.get("/", NAME).status()).isEqualTo(200);
                    assertThat(client.certificates()).hasSameSizeAs(leaf.chain());
                    assertThat(origin.takeRequest().sni()).isEmpty();
                }
            }
        }
    }

    @Test
    void writesPemThatTheJdkReadsBack() throws IOException {
        TestLeaf leaf = CA.leaf(NAME);
        assertThat(TlsClient.trusting(leaf.writeChain(folder.resolve("leaf.pem"))))
                .isNotNull();
        assertThat(leaf.writeKey(folder.resolve("key.pem")))
                .content()
                .startsWith("-----BEGIN PRIVATE KEY-----\n")
                .endsWith("-----END PRIVATE KEY-----\n");
    }

    @ParameterizedTest
    @CsvSource({
        "H2_AND_H1, h2",
        "H2, h2",
        "H1, http/1.1",
        "NONE, ''",
    })
    void settlesOnWhatTheOriginPrefers(Alpn alpn, String expected) throws IOException {
        try (Origin origin = Origin.tls(CA.leaf(NAME), alpn);
                RawClient client = RawClient.connect(origin.port())) {
            client.tls(TlsClient.of(NAME, CA.certificate()).alpn("http/1.1", "h2"));
            assertThat(client.applicationProtocol()).isEqualTo(expected);
        }
    }

    @Test
    void sendsItsHandshakeAndItsRequestByteByByte() throws IOException {
        try (Origin origin = Origin.tls(CA.leaf(NAME), Alpn.H1);
                RawClient client = RawClient.connect(origin.port())) {
            client.tlsByteByByte(TlsClient.of(NAME, CA.certificate()).versions("TLSv1.2"));
            assertThat(client.tlsVersion()).isEqualTo("TLSv1.2");
            client.sendByteByByte("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.readResponse("GET").status()).isEqualTo(200);
        }
    }

    @Test
    void makesAClientHelloWithWhateverSni() throws IOException {
        String sni = "x".repeat(300);
        byte[] hello = TlsClient.of(NAME, CA.certificate()).sni(sni).alpn("h2").clientHello();
        assertThat(hello[0]).isEqualTo((byte) 22);
        assertThat((hello[3] & 0xff) << 8 | (hello[4] & 0xff)).isEqualTo(hello.length - 5);
        assertThat(new String(hello, StandardCharsets.ISO_8859_1)).contains(sni);
        assertThat(new String(
                        TlsClient.of(NAME, CA.certificate()).sni(null).clientHello(), StandardCharsets.ISO_8859_1))
                .doesNotContain(NAME);
    }

    @Test
    void tellsAResetFromAnEnd() throws IOException {
        try (HostileOrigin origin = HostileOrigin.plain(ConnectionFault.RESET_AFTER_REQUEST_HEAD);
                RawClient client = RawClient.connect(origin.port())) {
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.RESET);
        }
        try (HostileOrigin origin = HostileOrigin.plain(HostileWire::halfClose);
                RawClient client = RawClient.connect(origin.port())) {
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
    }

    @Test
    void halfClosesAndStillReads() throws IOException {
        for (boolean tls : new boolean[] {false, true}) {
            try (Origin origin = tls ? Origin.tls(CA.leaf(NAME), Alpn.H1) : Origin.plain();
                    RawClient client = RawClient.connect(origin.port())) {
                if (tls) {
                    client.tls(TlsClient.of(NAME, CA.certificate()));
                }
                client.send("GET /drip?n=3&interval=20 HTTP/1.1\r\nHost: x\r\n\r\n");
                client.halfClose();
                assertThat(client.readResponse("GET").text()).isEqualTo("xxx");
                assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
            }
        }
    }

    @Test
    void asksForATunnelAndReportsARefusal() throws IOException {
        try (HostileOrigin proxy = HostileOrigin.plain(wire -> {
                    wire.readHead();
                    wire.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
                });
                RawClient client = RawClient.connect(proxy.port())) {
            assertThatThrownBy(() -> client.tunnel("a.example:443")).hasMessageContaining("407");
            assertThat(proxy.heads().getFirst().raw())
                    .isEqualTo("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
        }
    }
}

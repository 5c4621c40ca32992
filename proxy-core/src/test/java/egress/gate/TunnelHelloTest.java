package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.policy.Policy;
import egress.policy.Route;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may come first in a tunnel, and what comes of it. */
class TunnelHelloTest {
    private static final String HOST = "h1.example";

    @TempDir
    static Path directory;

    private static TestCa ca;
    private static Origin origin;
    private static Gate gate;

    @BeforeAll
    static void start() throws IOException {
        ca = TestCa.create("origins");
        origin = Origin.tls(ca.leaf(HOST, "pass.example", "127.0.0.1"), Alpn.H1);
        gate = Gate.builder()
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .origin(HOST, origin.port())
                .route(Route.named("pass.example").passthrough(true).build())
                .pin("pass.example", 443, origin.port())
                .route(Route.named("127.0.0.1").build())
                .pin("127.0.0.1", 443, origin.port())
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gate.awaitQuiet();
        gate.close();
        origin.close();
    }

    private static RawClient tunnel(String host) throws IOException {
        return RawClient.connect(gate.port()).tunnel(host + ":443");
    }

    static Stream<String> hostsOfEitherRoute() {
        return Stream.of(HOST, "pass.example");
    }

    @ParameterizedTest
    @MethodSource("hostsOfEitherRoute")
    @Row("8.xa")
    void anotherSniIsAnsweredWithUnrecognizedName(String host) throws IOException {
        int before = origin.connections();
        for (String sni : new String[] {"evil.example", "evil" + host, host + ".evil.example"}) {
            try (RawClient client = tunnel(host)) {
                client.send(gate.client(host).sni(sni).clientHello());
                assertThat(client.readToEnd()).as(sni).containsExactly(21, 3, 3, 0, 2, 2, 112);
            }
        }
        assertThat(origin.connections()).isEqualTo(before);
        assertThat(gate.refusals()).anyMatch(r -> r.code().equals("sni_mismatch"));
    }

    static Stream<Arguments> wrongSnis() {
        return hostsOfEitherRoute()
                .flatMap(host -> Stream.of(null, "127.0.0.1", "a".repeat(300), "[::1]", host + ":443")
                        .filter(sni -> sni != null || host.equals("pass.example"))
                        .map(sni -> Arguments.of(host, sni)));
    }

    @ParameterizedTest
    @MethodSource("wrongSnis")
    @Row("10.xa")
    void anImpossibleSniOrNoneInPassthroughIsAnAlert(String host, @Nullable String sni) throws IOException {
        try (RawClient client = tunnel(host)) {
            client.send(gate.client(host).anyName().sni(sni).clientHello());
            byte[] alert = client.readToEnd();
            assertThat(alert).hasSize(7);
            assertThat(alert[0]).isEqualTo((byte) 21);
            assertThat(alert[5]).as("fatal").isEqualTo((byte) 2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"H1.EXAMPLE", "h1.example."})
    void theSameNameInAnotherSpellingAgrees(String sni) throws IOException {
        try (RawClient client = tunnel(HOST)) {
            client.tls(gate.client(HOST).alpn("http/1.1").sni(sni));
            assertThat(client.get("/echo", HOST).status()).isEqualTo(200);
        }
    }

    @Test
    @Row(value = "10.xd", allowed = true)
    void noSniMeansTheNameOfTheConnect() throws IOException {
        try (RawClient client = tunnel(HOST)) {
            client.tls(gate.client(HOST).anyName().alpn("http/1.1").sni(null));
            assertThat(client.certificates()
                            .getFirst()
                            .getSubjectAlternativeNames()
                            .toString())
                    .contains(HOST);
            assertThat(client.get("/echo", HOST).status()).isEqualTo(200);
            assertThat(client.get("/echo", "pass.example").status()).isEqualTo(421);
        } catch (CertificateParsingException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @Row(value = "10.xe", allowed = true)
    void theLiteralOfTheConnectInTheSniIsTheSameName() throws IOException {
        try (RawClient client = tunnel("127.0.0.1")) {
            client.tls(gate.client("127.0.0.1").anyName().alpn("http/1.1").sni("127.0.0.1"));
            assertThat(client.get("/echo", "127.0.0.1").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.2", "127.1", "2130706433", "::1", "localhost"})
    @Row("10.xf")
    void anotherAddressInTheSniIsAnAlert(String sni) throws IOException {
        try (RawClient client = tunnel("127.0.0.1")) {
            client.send(gate.client("127.0.0.1").anyName().sni(sni).clientHello());
            assertThat(client.readToEnd()).containsExactly(21, 3, 3, 0, 2, 2, 112);
        }
    }

    @Test
    void anIpLiteralHasNoSni() throws IOException {
        try (RawClient client = tunnel("127.0.0.1")) {
            client.tls(gate.client("127.0.0.1").alpn("http/1.1").sni(null));
            assertThat(client.get("/echo", "127.0.0.1").status()).isEqualTo(200);
        }
        try (RawClient client = tunnel("127.0.0.1")) {
            client.send(gate.client("127.0.0.1").sni("h1.example").clientHello());
            assertThat(client.readToEnd()).containsExactly(21, 3, 3, 0, 2, 2, 112);
        }
    }

    @Test
    @Row(value = "10.xb", allowed = true)
    void aClientHelloMayComeInManyRecords() throws IOException {
        byte[] record = gate.client(HOST).alpn("http/1.1").clientHello();
        byte[] message = Arrays.copyOfRange(record, 5, record.length);
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        for (int at = 0; at < message.length; at += 50) {
            int length = Math.min(50, message.length - at);
            records.writeBytes(new byte[] {22, 3, 1, 0, (byte) length});
            records.write(message, at, length);
        }
        try (RawClient client = tunnel(HOST)) {
            client.send(records.toByteArray());
            byte[] answer = client.readBytes(6);
            assertThat(answer[0]).isEqualTo((byte) 22);
            assertThat(answer[5]).as("ServerHello").isEqualTo((byte) 2);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.6\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "GET / HTTP/2.0\r\nHost: h1.example\r\n\r\n",
                "EHLO h1.example\r\n",
                "\u0000\u0001\u0002garbage",
                "\u0016\u0002\u0000\u0000\u0005hello"
            })
    @Row("11.xa")
    void whatIsNoTlsEndsTheTunnelWithoutAnAnswer(String first) throws IOException {
        int before = origin.connections();
        for (String host : new String[] {HOST, "pass.example"}) {
            try (RawClient client = tunnel(host)) {
                client.send(first.getBytes(ISO_8859_1));
                byte[] answer = client.readToEnd();
                assertThat(answer.length == 0 || answer[0] == 21)
                        .as("nothing, or an alert")
                        .isTrue();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("reset");
            }
        }
        assertThat(origin.connections()).isEqualTo(before);
        assertThat(gate.refusals()).anyMatch(r -> r.code().equals("malformed_hello"));
    }

    @Test
    void theLogSaysWhatCameInsteadOfTls() throws Exception {
        for (String first : new String[] {"SSH-2.0-x\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u0001"}) {
            try (RawClient client = tunnel(HOST)) {
                client.send(first.getBytes(ISO_8859_1));
                client.awaitEnd();
            }
        }
        assertThat(gate.refusals().stream().map(Gate.Refusal::words))
                .contains(
                        "the first bytes of the tunnel are SSH",
                        "the first bytes of the tunnel are HTTP/2 without TLS",
                        "the first bytes of the tunnel are no TLS handshake");
    }

    @ParameterizedTest
    @MethodSource("hostsOfEitherRoute")
    @Row("11.xc")
    void plainHttpIsToldSoAndNothingOfItLeaves(String host) throws IOException {
        int before = origin.connections();
        for (String request : new String[] {
            "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
            "POST /x HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 5\r\n\r\nhello",
            "GET http://" + host + "/ HTTP/1.0\r\n\r\n"
        }) {
            try (RawClient client = tunnel(host)) {
                client.sendByteByByte(request.getBytes(ISO_8859_1));
                ReceivedResponse response = client.readResponse("GET");
                assertThat(response.status()).isEqualTo(403);
                assertThat(response.value("x-egress-deny")).contains("scheme_not_allowed");
                assertThat(response.text()).contains("plain http in a tunnel to " + host + ":443");
                assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
            }
        }
        assertThat(origin.connections()).isEqualTo(before);
        assertThat(gate.refusals()).anyMatch(r -> r.status() == 403 && r.code().equals("scheme_not_allowed"));
    }

    @ParameterizedTest
    @ValueSource(ints = {443, 8080, 3128})
    void theDebuggingProxyServesPlainHttpInATunnelToAnyPort(int port) throws Exception {
        try (Origin plain = Origin.plain();
                Gate own = Gate.builder()
                        .policy(Policy.allowAll())
                        .pin("any.example", port, plain.port())
                        .start();
                RawClient client = RawClient.connect(own.port()).tunnel("any.example:" + port)) {
            String host = "any.example:" + port;
            assertThat(client.get("/echo", host).status()).isEqualTo(200);
            assertThat(client.get("/echo", host).status()).isEqualTo(200);
            client.send("GET /ws HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(client.readHead().status()).isEqualTo(101);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0016\u0003\u0001\u0000\u0004\u0001\u0000\u0000\u0000", // a ClientHello without anything in it
                "\u0016\u0003\u0001\u0000\u0005\u0002\u0000\u0000\u0001\u0000", // a ServerHello
                "\u0016\u0003\u0001\u0000\u0004\u0001\u00ff\u00ff\u00ff", // of 16 MiB
                "\u0016\u0003\u0001\u0000\u0000" // an empty record
            })
    void aMalformedClientHelloIsADecodeError(String first) throws IOException {
        try (RawClient client = tunnel(HOST)) {
            client.send(first.getBytes(ISO_8859_1));
            assertThat(client.readToEnd()).containsExactly(21, 3, 3, 0, 2, 2, 50);
        }
    }

    @Test
    @Row("11.xb")
    void tls11IsRefused() throws IOException {
        byte[] hello = tls11Hello();
        try (RawClient client = tunnel(HOST)) {
            client.send(hello);
            byte[] alert = client.readToEnd();
            assertThat(alert[0]).isEqualTo((byte) 21);
            assertThat(alert[6]).as("protocol_version").isEqualTo((byte) 70);
        }
    }

    /** With the SNI and no supported_versions: what it says is all it can. */
    private static byte[] tls11Hello() {
        byte[] name = HOST.getBytes(ISO_8859_1);
        ByteBuffer hello = ByteBuffer.allocate(5 + 4 + 2 + 32 + 1 + 6 + 2 + 2 + 9 + name.length);
        hello.put((byte) 22).putShort((short) 0x0301).putShort((short) (hello.capacity() - 5));
        hello.put((byte) 1).put((byte) 0).putShort((short) (hello.capacity() - 9));
        hello.putShort((short) 0x0302).put(new byte[32]).put((byte) 0);
        hello.putShort((short) 4).putShort((short) 0xc009).putShort((short) 0xc013); // ECDHE with AES-128-CBC
        hello.put((byte) 1).put((byte) 0).putShort((short) (9 + name.length));
        hello.putShort((short) 0).putShort((short) (5 + name.length)).putShort((short) (3 + name.length));
        return hello.put((byte) 0).putShort((short) name.length).put(name).array();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "http/1.0", "h3", "h3,http/1.0"})
    @Row("12.xa")
    void h2IsNeverSpokenUnasked(String offered) throws IOException {
        try (RawClient client = tunnel(HOST)) {
            TlsClient tls = gate.client(HOST);
            client.tls(offered.isEmpty() ? tls : tls.alpn(offered.split(",")));
            assertThat(client.applicationProtocol()).isNotEqualTo("h2");
            assertThat(client.get("/echo", HOST).status()).isEqualTo(200);
        } catch (SSLException e) {
            assertThat(offered).as("refused: " + e.getMessage()).isNotEmpty();
        }
    }

    @Test
    void bothVersionsOfTlsAreSpoken() throws IOException {
        for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
            try (RawClient client = tunnel(HOST)) {
                client.tls(gate.client(HOST).versions(version).alpn("h2", "http/1.1"));
                assertThat(client.tlsVersion()).isEqualTo(version);
                assertThat(client.applicationProtocol()).isEqualTo("h2");
            }
        }
    }

    @Test
    void aCallerWhoDoesNotTrustUsIsToldApart() throws Exception {
        try (RawClient client = tunnel(HOST)) {
            TlsClient stranger =
                    TlsClient.of(HOST, TestCa.create("somebody else").certificate());
            assertThatThrownBy(() -> client.tls(stranger)).isInstanceOf(SSLException.class);
        }
        for (int i = 0; gate.handshakeFaults().isEmpty() && i < 1000; i++) {
            Thread.sleep(5);
        }
        assertThat(gate.handshakeFaults()).anyMatch(words -> words.contains("does not trust the proxy's certificate"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aCallerThatTakesRsaAloneIsToldApart(String version) throws Exception {
        byte[] connect = "CONNECT h1.example:443 HTTP/1.1\r\nHost: h1.example:443\r\n\r\n".getBytes(ISO_8859_1);
        try (Socket tcp = new Socket(InetAddress.getLoopbackAddress(), gate.port())) {
            tcp.getOutputStream().write(connect);
            tcp.getInputStream().readNBytes("HTTP/1.1 200 Connection established\r\n\r\n".length());
            SSLSocket tls = (SSLSocket)
                    TlsClient.trusting(gate.authority()).getSocketFactory().createSocket(tcp, HOST, 443, true);
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setProtocols(new String[] {version});
            if (version.equals("TLSv1.2")) {
                parameters.setCipherSuites(new String[] {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
            } else {
                parameters.setSignatureSchemes(new String[] {"rsa_pss_rsae_sha256", "rsa_pss_rsae_sha512"});
            }
            tls.setSSLParameters(parameters);
            assertThatThrownBy(tls::startHandshake).isInstanceOf(SSLException.class);
        }
        for (int i = 0; gate.handshakeFaults().stream().noneMatch(words -> words.contains("RSA")) && i < 1000; i++) {
            Thread.sleep(5);
        }
        assertThat(gate.handshakeFaults()).anyMatch(words -> words.contains("the client may take RSA alone"));
        gate.handshakeFaults().clear();
    }

    @Test
    void passthroughShowsTheOriginsOwnCertificate() throws IOException {
        try (RawClient client = tunnel("pass.example")) {
            client.tls(TlsClient.of("pass.example", ca.certificate()).alpn("http/1.1"));
            assertThat(client.certificates().getFirst().getIssuerX500Principal())
                    .isEqualTo(ca.certificate().getSubjectX500Principal());
            assertThat(client.get("/echo", "pass.example").status()).isEqualTo(200);
            // The proxy sees nothing of it: what the agent sends arrives.
            client.send("GET /raw HTTP/1.1\r\nHost: pass.example\r\nAuthorization: Bearer agents-own\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(200);
        }
        assertThat(origin.requests())
                .anyMatch(r -> r.values("authorization").contains("Bearer agents-own")
                        && r.sni().orElse("").equals("pass.example"));
    }

    @Test
    void passthroughEndsWithEitherSide() throws IOException {
        try (RawClient client = tunnel("pass.example")) {
            client.tls(TlsClient.of("pass.example", ca.certificate()).alpn("http/1.1"));
            client.send("GET /until-close HTTP/1.1\r\nHost: pass.example\r\n\r\n");
            assertThat(client.readResponse("GET").text()).isEqualTo("until the end");
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
        try (RawClient client = tunnel("pass.example")) {
            client.tls(TlsClient.of("pass.example", ca.certificate()).alpn("http/1.1"));
            assertThat(client.get("/echo", "pass.example").status()).isEqualTo(200);
        }
        origin.awaitOpenConnections(1); // the bumped tunnels' own kept-alive one may be left
    }

    @Test
    void aRouteThatTurnsToBumpEndsItsOpenTunnels() throws IOException {
        try (Gate own = Gate.builder()
                .route(Route.named("pass.example").passthrough(true).build())
                .pin("pass.example", 443, origin.port())
                .start()) {
            try (RawClient client = RawClient.connect(own.port()).tunnel("pass.example:443")) {
                client.tls(TlsClient.of("pass.example", ca.certificate()).alpn("http/1.1"));
                own.reload(Policy.of(List.of(Route.named("pass.example").build())));
                assertThat(client.awaitEnd()).isIn(RawClient.End.CLOSED, RawClient.End.RESET);
            }
            own.awaitQuiet();
        }
    }
}

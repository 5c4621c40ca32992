package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Alpn;
import egress.testkit.client.RawClient;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a message is cut on its way means nothing. */
class FragmentationTest extends TwoOriginsFixture {
    @ParameterizedTest
    @ValueSource(strings = {TwoOrigins.H1, TwoOrigins.H2})
    @Row(value = "10.xc", allowed = true)
    void everythingOfACallerMayComeByteByByte(String host) throws IOException {
        try (RawClient client = RawClient.connect(origins.gate().port())) {
            client.sendByteByByte(
                    ("CONNECT " + host + ":443 HTTP/1.1\r\nHost: " + host + ":443\r\n\r\n").getBytes(ISO_8859_1));
            assertThat(client.readHead().status()).isEqualTo(200);
            client.tlsByteByByte(origins.gate().client(host).alpn("http/1.1"));
            for (int i = 0; i < 2; i++) {
                client.sendByteByByte(("POST /echo?bytes=" + i + " HTTP/1.1\r\nHost: " + host
                                + "\r\nX-One: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-end: yes\r\n\r\n")
                        .getBytes(ISO_8859_1));
                ReceivedResponse response = client.readResponse("POST");
                assertThat(response.text()).isEqualTo("hello");
                assertThat(response.value("x-one")).contains("1");
            }
        }
        RecordedRequest seen = origins.lastRequest(host, "/echo?bytes=1");
        assertThat(seen.trailers()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void everythingOfAnOriginMayComeByteByByte(String version) throws IOException {
        try (HostileOrigin drip = HostileOrigin.tls(origins.ca().leaf("drip.example"), Alpn.H1, wire -> {
                    wire.readRequest();
                    wire.drip(
                            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nX-One: 1\r\n"
                                    + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-end: yes\r\n\r\n",
                            0);
                });
                Gate gate = Gate.builder()
                        .trust(origins.ca().writePem(directory.resolve("drip-" + version + ".pem")))
                        .origin("drip.example", drip.port())
                        .start();
                Caller caller = Caller.through(gate, version, "drip.example")) {
            ReceivedResponse response = caller.get("/").response();

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.value("x-one")).contains("1");
            assertThat(response.text()).isEqualTo("hello");
            assertThat(response.trailers()).hasSize(1);
            assertThat(response.interims()).hasSize(version.equals("h2") ? 1 : 0);
        }
    }

    @Test
    void aConnectAndAllThatFollowsMayComeInOneSegment() throws IOException {
        try (RawClient client = RawClient.connect(origins.gate().port())) {
            byte[] connect = "CONNECT h1.example:443 HTTP/1.1\r\nHost: h1.example:443\r\n\r\n".getBytes(ISO_8859_1);
            byte[] hello = origins.gate().client(TwoOrigins.H1).alpn("http/1.1").clientHello();
            byte[] both = new byte[connect.length + hello.length];
            System.arraycopy(connect, 0, both, 0, connect.length);
            System.arraycopy(hello, 0, both, connect.length, hello.length);
            client.send(both);

            assertThat(client.readHead().status()).isEqualTo(200);
            assertThat(client.readBytes(1)[0]).as("a TLS handshake record").isEqualTo((byte) 22);
        }
    }

    @Test
    void aRefusedClientHelloInTheSameSegmentComesAfterThe200() throws IOException {
        try (RawClient client = RawClient.connect(origins.gate().port())) {
            byte[] hello =
                    origins.gate().client(TwoOrigins.H1).sni("evil.example").clientHello();
            client.send(
                    "CONNECT h1.example:443 HTTP/1.1\r\nHost: h1.example:443\r\n\r\n" + new String(hello, ISO_8859_1));

            assertThat(client.readHead().status()).isEqualTo(200);
            assertThat(client.readBytes(7)).containsExactly(21, 3, 3, 0, 2, 2, 112);
            assertThat(client.awaitEnd()).isIn(RawClient.End.CLOSED, RawClient.End.RESET);
        }
    }

    @Test
    void aPlainRequestInTheSameSegmentIsAnsweredAfterThe200() throws IOException {
        try (RawClient client = RawClient.connect(origins.gate().port())) {
            client.send("CONNECT denied.example:80 HTTP/1.1\r\nHost: denied.example\r\n\r\n"
                    + "GET / HTTP/1.1\r\nHost: denied.example\r\n\r\n");

            assertThat(client.readHead().status()).isEqualTo(200);
            assertThat(client.readResponse("GET").status()).isEqualTo(403);
        }
    }
}

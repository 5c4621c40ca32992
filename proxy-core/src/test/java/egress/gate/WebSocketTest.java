package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.client.RawClient;
import egress.testkit.origin.OriginExchange;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.WebSocketFrame;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An upgraded connection is bytes both ways, from the first one on. */
class WebSocketTest extends TwoOriginsFixture {
    private static String request(String host, String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: keep-alive, Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Authorization: Bearer agents-own\r\n\r\n";
    }

    private static RawClient open(String host, String target) throws IOException {
        RawClient client = origins.caller("h1", host).raw();
        client.send(request(host, target));
        HttpHead head = client.readHead();
        assertThat(head.status()).isEqualTo(101);
        assertThat(head.value("upgrade")).contains("websocket");
        assertThat(head.value("connection")).contains("Upgrade");
        assertThat(head.value("sec-websocket-accept")).contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        return client;
    }

    /** An origin that also speaks h2 is asked by h1: Upgrade does not exist there. */
    @ParameterizedTest
    @ValueSource(strings = {TwoOrigins.H1, TwoOrigins.H2})
    void echoesMessagesOfEverySize(String host) throws IOException {
        try (RawClient client = open(host, "/ws?echo=1")) {
            for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536, 3 << 20}) {
                WebSocketFrame sent = WebSocketFrame.text("x".repeat(size));
                client.send(sent.bytes());
                assertThat(WebSocketFrame.read(client.input()).payload()).hasSize(size);
            }
            client.send(WebSocketFrame.close(1000).bytes());
            assertThat(WebSocketFrame.read(client.input()).closeCode()).isEqualTo(1000);
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
        RecordedRequest seen = origins.lastRequest(host, "/ws?echo=1");
        assertThat(seen.protocol()).isEqualTo("HTTP/1.1");
        assertThat(seen.values("authorization")).containsExactly(TwoOrigins.INJECTED);
        assertThat(seen.values("upgrade")).containsExactly("websocket");
        assertThat(seen.values("connection")).containsExactly("Upgrade");
    }

    @Test
    void itsEndIsToldOfWithTheBytesOfEachDirection() throws Exception {
        byte[] sent = WebSocketFrame.text("x".repeat(1_000)).bytes();
        byte[] close = WebSocketFrame.close(1000).bytes();
        try (RawClient client = open(TwoOrigins.H1, "/ws?told=1")) {
            client.send(sent);
            WebSocketFrame.read(client.input());
            client.send(close);
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
        origins.gate().awaitEnded(e -> e.target.equals("/ws?told=1"));
        Gate.Tunnelled told = origins.gate().tunnels().getLast();
        assertThat(told.authority().host()).isEqualTo(TwoOrigins.H1);
        assertThat(told.bytesUp()).isEqualTo(sent.length + close.length);
        assertThat(told.bytesDown()).isEqualTo(sent.length + close.length - 8); // unmasked: four bytes less a frame
    }

    @Test
    @Row(value = "43.xb", allowed = true)
    void keepsTheOriginsFramesThatComeWithThe101() throws IOException {
        try (RawClient client = open(TwoOrigins.H1, "/ws?early=first")) {
            assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo("first");
            client.send(WebSocketFrame.text("second").bytes());
            assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo("second");
        }
    }

    @Test
    @Row(value = "43.xc", allowed = true)
    void keepsTheCallersFramesThatComeWithTheRequest() throws IOException {
        try (RawClient client = origins.caller("h1", TwoOrigins.H1).raw()) {
            byte[] frame = WebSocketFrame.text("impatient").bytes();
            client.send(request(TwoOrigins.H1, "/ws") + new String(frame, ISO_8859_1));
            assertThat(client.readHead().status()).isEqualTo(101);
            assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo("impatient");
        }
    }

    @Test
    void theCallersEndReachesTheOrigin() throws IOException {
        int before = origins.origin(TwoOrigins.H1).openConnections();
        try (RawClient client = open(TwoOrigins.H1, "/ws")) {
            assertThat(origins.origin(TwoOrigins.H1).openConnections()).isGreaterThanOrEqualTo(before);
            client.reset();
        }
        origins.origin(TwoOrigins.H1).awaitOpenConnections(before);
    }

    /** Over TLS the end of one direction, said by close_notify, is the end of both. */
    @Test
    void anEndSaidByCloseNotifyAloneIsPassedOn() throws IOException {
        int before = origins.origin(TwoOrigins.H1).openConnections();
        try (RawClient client = open(TwoOrigins.H1, "/ws")) {
            client.halfClose();
            origins.origin(TwoOrigins.H1).awaitOpenConnections(before);
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
    }

    @Test
    void theOriginsLastBytesComeBeforeItsEnd() throws IOException {
        try (RawClient client = open(TwoOrigins.H1, "/ws?close=1001")) {
            assertThat(WebSocketFrame.read(client.input()).closeCode()).isEqualTo(1001);
            client.send(WebSocketFrame.close(1001).bytes());
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
    }

    @Test
    void aRefusedUpgradeIsAnOrdinaryAnswerOnAConnectionThatGoesOn() throws IOException {
        try (Caller caller = origins.caller("h1", TwoOrigins.H1)) {
            caller.raw().send(request(TwoOrigins.H1, "/echo"));
            ReceivedResponse response = caller.raw().readResponse("GET");
            assertThat(response.status()).isEqualTo(200);
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
        }
    }

    @Test
    @Row("43.xa")
    void anythingElseToUpgradeToIsDenied() throws IOException {
        for (String protocol : new String[] {"TLS/1.0", "foo", "websocket, foo"}) {
            try (Caller caller = origins.caller("h1", TwoOrigins.H1)) {
                ReceivedResponse response = caller.get("/echo", "Connection", "Upgrade", "Upgrade", protocol)
                        .response();
                assertThat(response.status()).as(protocol).isEqualTo(403);
                assertThat(response.value("x-egress-deny")).contains("upgrade_not_allowed");
            }
        }
    }

    @Test
    @Row("28.xc")
    void h2cIsOnlyRemoved() throws IOException {
        try (Caller caller = origins.caller("h1", TwoOrigins.H1)) {
            ReceivedResponse response = caller.get(
                            "/echo?h2c",
                            "Connection",
                            "Upgrade, HTTP2-Settings",
                            "Upgrade",
                            "h2c",
                            "HTTP2-Settings",
                            "AAMAAABkAAQAAP__")
                    .response();
            assertThat(response.status()).isEqualTo(200);
        }
        RecordedRequest seen = origins.lastRequest(TwoOrigins.H1, "/echo?h2c");
        assertThat(seen.value("upgrade")).isEmpty();
        assertThat(seen.value("connection")).isEmpty();
        assertThat(seen.value("http2-settings")).isEmpty();
    }

    @Test
    @Row("43.xd")
    void a101ThatNobodyAskedForIsA502() throws IOException {
        try (Caller caller = origins.caller("h1", TwoOrigins.H1)) {
            Call call = caller.get("/held");
            OriginExchange exchange = origins.origin(TwoOrigins.H1).takeHeld();
            exchange.raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                    .getBytes(ISO_8859_1));
            assertThat(call.response().status()).isEqualTo(502);
            exchange.awaitGone();
        }
    }
}

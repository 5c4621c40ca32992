package egress.testkit.origin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Pattern251;
import egress.testkit.client.RawClient;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.WebSocketFrame;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebSocketEchoTest {
    private static final String HANDSHAKE = String.join(
            "\r\n",
            " HTTP/1.1",
            "Host: origin.example",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "");

    @Test
    void answersTheHandshakeOfTheRfc() throws IOException {
        try (Origin origin = Origin.plain();
                RawClient client = RawClient.connect(origin.port())) {
            client.send("GET /ws" + HANDSHAKE + "\r\n");
            HttpHead head = client.readHead();
            assertThat(head.status()).isEqualTo(101);
            assertThat(head.value("sec-websocket-accept")).contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            assertThat(head.value("sec-websocket-extensions")).isEmpty();
            client.send(WebSocketFrame.close(1001).bytes());
            assertThat(WebSocketFrame.read(client.input()).closeCode()).isEqualTo(1001);
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
    }

    @Test
    void sendsAnEarlyFrameInThePacketOfThe101() throws IOException {
        try (Origin origin = Origin.plain();
                RawClient client = RawClient.connect(origin.port())) {
            client.send("GET /ws?early=hello" + HANDSHAKE + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
            assertThat(client.readHead().value("sec-websocket-extensions"))
                    .contains("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
            WebSocketFrame early = WebSocketFrame.read(client.input());
            assertThat(early.text()).isEqualTo("hello");
            assertThat(early.masked()).isFalse();
        }
    }

    @Test
    void echoesEachFragmentAsItIsAndAnswersAPingInBetween() throws IOException {
        try (Origin origin = Origin.plain();
                RawClient client = RawClient.connect(origin.port())) {
            client.send("GET /ws" + HANDSHAKE + "\r\n");
            client.readHead();
            client.send(new WebSocketFrame(false, 4, WebSocketFrame.TEXT, true, "a".getBytes(UTF_8)).bytes());
            client.send(new WebSocketFrame(true, 0, WebSocketFrame.PING, true, "p".getBytes(UTF_8)).bytes());
            client.send(new WebSocketFrame(true, 0, WebSocketFrame.CONTINUATION, true, "b".getBytes(UTF_8)).bytes());
            WebSocketFrame first = WebSocketFrame.read(client.input());
            assertThat(first.fin()).isFalse();
            assertThat(first.rsv()).isEqualTo(4);
            assertThat(first.text()).isEqualTo("a");
            assertThat(WebSocketFrame.read(client.input()).opcode()).isEqualTo(WebSocketFrame.PONG);
            assertThat(WebSocketFrame.read(client.input()).fin()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 125, 126, 65_535, 65_536, 1_000_000})
    void carriesMessagesOfEveryLengthForm(int length) throws IOException {
        try (Origin origin = Origin.plain();
                RawClient client = RawClient.connect(origin.port())) {
            client.send("GET /ws" + HANDSHAKE + "\r\n");
            client.readHead();
            byte[] payload = Pattern251.of(length);
            client.send(new WebSocketFrame(true, 0, WebSocketFrame.BINARY, true, payload).bytes());
            assertThat(WebSocketFrame.read(client.input()).payload()).isEqualTo(payload);
        }
    }

    @Test
    void agreesWithTheJdksClient() throws Exception {
        CompletableFuture<String> received = new CompletableFuture<>();
        CompletableFuture<Integer> closed = new CompletableFuture<>();
        WebSocket.Listener listener = new WebSocket.Listener() {
            @Override
            public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
                socket.request(1);
                received.complete(text.toString());
                socket.sendClose(4000, "bye");
                return CompletableFuture.completedStage(null);
            }

            @Override
            public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                closed.complete(code);
                return CompletableFuture.completedStage(null);
            }
        };
        try (Origin origin = Origin.plain();
                HttpClient client = HttpClient.newHttpClient()) {
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create("ws://127.0.0.1:" + origin.port() + "/ws"), listener)
                    .get(10, TimeUnit.SECONDS);
            socket.sendText("hello", true).get(10, TimeUnit.SECONDS);
            assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
            assertThat(closed.get(10, TimeUnit.SECONDS)).isEqualTo(4000);
        }
    }

    @Test
    void refusesWhatIsNoHandshake() throws IOException {
        try (Origin origin = Origin.plain();
                RawClient client = RawClient.connect(origin.port())) {
            assertThat(client.get("/ws", "origin.example").status()).isEqualTo(426);
        }
    }
}

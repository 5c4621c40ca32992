package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Timeouts;
import egress.policy.Policy;
import egress.policy.Route;
import egress.testkit.client.RawClient;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.origin.HostileWire;
import egress.testkit.origin.Origin;
import egress.testkit.wire.WebSocketFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes both ways, each direction with an end of its own, until both have ended or nothing moves for too long. */
class TunnelTest {
    private static final String HOST = "pass.example";
    private static final Duration SHORT = Duration.ofMillis(500);

    @TempDir
    Path directory;

    private static Timeouts idle(Duration idle) {
        Duration long10 = Duration.ofSeconds(10);
        return new Timeouts(long10, long10, long10, idle, long10, Duration.ofSeconds(1));
    }

    private static Gate passthrough(int port, Timeouts timeouts) throws IOException {
        return Gate.builder()
                .route(Route.named(HOST).passthrough(true).build())
                .pin(HOST, 443, port)
                .timeouts(timeouts)
                .start();
    }

    private static int sayHello(Gate gate, RawClient client) throws IOException {
        byte[] hello = gate.client(HOST).clientHello();
        client.send(hello);
        return hello.length;
    }

    /** Reads so many bytes of the script's connection. */
    private static String read(HostileWire wire, int count) throws IOException {
        return new String(wire.input().readNBytes(count), ISO_8859_1);
    }

    @Test
    void theCallersEndIsPassedOnAndTheOriginMayStillAnswer() throws Exception {
        CompletableFuture<Integer> heard = new CompletableFuture<>();
        try (HostileOrigin origin = HostileOrigin.plain(wire -> {
                    int all = wire.input().readAllBytes().length; // to the caller's end
                    heard.complete(all);
                    wire.send("answer after the end");
                });
                Gate gate = passthrough(origin.port(), Timeouts.DEFAULT)) {
            int hello;
            try (RawClient client = RawClient.connect(gate.port()).tunnel(HOST + ":443")) {
                hello = sayHello(gate, client);
                client.send("question").halfCloseTcp();
                assertThat(heard.get(5, TimeUnit.SECONDS)).isEqualTo(hello + "question".length());
                assertThat(new String(client.readToEnd(), ISO_8859_1)).isEqualTo("answer after the end");
            }
            Gate.Tunnelled told = gate.awaitTunnelled();
            assertThat(told.bytesUp()).isEqualTo(hello + "question".length());
            assertThat(told.bytesDown()).isEqualTo("answer after the end".length());
            gate.awaitQuiet();
        }
    }

    @Test
    void theOriginsEndIsPassedOnAndTheCallerMayStillSend() throws Exception {
        CompletableFuture<String> heard = new CompletableFuture<>();
        CompletableFuture<Integer> helloSent = new CompletableFuture<>();
        try (HostileOrigin origin = HostileOrigin.plain(wire -> {
                    read(wire, helloSent.join());
                    wire.send("said it all");
                    wire.halfClose();
                    heard.complete(new String(wire.input().readAllBytes(), ISO_8859_1));
                });
                Gate gate = passthrough(origin.port(), Timeouts.DEFAULT);
                RawClient client = RawClient.connect(gate.port()).tunnel(HOST + ":443")) {
            helloSent.complete(sayHello(gate, client));
            assertThat(new String(client.readToEnd(), ISO_8859_1)).isEqualTo("said it all");
            client.send("still ").send("sending").halfCloseTcp();
            assertThat(heard.get(5, TimeUnit.SECONDS)).isEqualTo("still sending");
            gate.awaitQuiet();
        }
    }

    @Test
    void aResetOfEitherSideEndsTheOther() throws Exception {
        try (HostileOrigin origin = HostileOrigin.plain(wire -> {
                    if (wire.connection() == 1) {
                        wire.input().read();
                        wire.reset();
                    } else {
                        wire.hang();
                    }
                });
                Gate gate = passthrough(origin.port(), Timeouts.DEFAULT)) {
            try (RawClient client = RawClient.connect(gate.port()).tunnel(HOST + ":443")) {
                sayHello(gate, client);
                client.awaitEnd();
            }
            try (RawClient client = RawClient.connect(gate.port()).tunnel(HOST + ":443")) {
                sayHello(gate, client);
                origin.awaitConnections(2);
                client.reset();
                origin.awaitOpenConnections(0);
            }
            gate.awaitQuiet();
        }
    }

    private static void assertLetGo(RawClient client, long sinceNanos) throws IOException {
        assertThat(client.awaitEnd()).isIn(RawClient.End.CLOSED, RawClient.End.RESET);
        assertThat(Duration.ofNanos(System.nanoTime() - sinceNanos))
                .isBetween(SHORT.minusMillis(1), Duration.ofSeconds(5));
    }

    /** Something small now and then is enough, whichever side it comes from. */
    @Test
    void aPassthroughInWhichNothingMovesIsLetGo() throws Exception {
        CompletableFuture<Integer> helloSent = new CompletableFuture<>();
        try (HostileOrigin origin = HostileOrigin.plain(wire -> {
                    read(wire, helloSent.join());
                    for (int i = 0; i < 4; i++) {
                        read(wire, 1);
                        wire.drip("x", 200);
                    }
                    wire.hang();
                });
                Gate gate = passthrough(origin.port(), idle(SHORT));
                RawClient client = RawClient.connect(gate.port()).tunnel(HOST + ":443")) {
            helloSent.complete(sayHello(gate, client));
            long begun = System.nanoTime();
            for (int i = 0; i < 4; i++) {
                client.send("y");
                assertThat(client.readBytes(1)).containsExactly('x');
                TimeUnit.MILLISECONDS.sleep(150); // silence that is short enough
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(SHORT);
            assertLetGo(client, System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(150));
            origin.awaitOpenConnections(0);
            gate.awaitQuiet();
        }
    }

    private static RawClient upgraded(Gate gate, String host) throws IOException {
        RawClient client = RawClient.connect(gate.port());
        client.send("GET http://" + host + "/ws HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        assertThat(client.readHead().status()).isEqualTo(101);
        return client;
    }

    @Test
    void aWebSocketInWhichNothingMovesIsLetGo() throws Exception {
        try (TwoOrigins origins = TwoOrigins.start(directory, builder -> builder.timeouts(idle(SHORT)));
                RawClient client = origins.caller("h1", TwoOrigins.H2).raw()) {
            client.send("GET /ws HTTP/1.1\r\nHost: " + TwoOrigins.H2 + "\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(client.readHead().status()).isEqualTo(101);
            for (int i = 0; i < 4; i++) {
                client.send(WebSocketFrame.text("alive").bytes());
                assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo("alive");
                TimeUnit.MILLISECONDS.sleep(200); // silence that is short enough
            }
            assertLetGo(client, System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(200));
            origins.origin(TwoOrigins.H2).awaitOpenConnections(0);
        }
    }

    /** What the caller asked the proxy for by its URL has no CONNECT that would say whom it is for. */
    @Test
    void aWebSocketWithoutAConnectEndsWithItsRoute() throws Exception {
        try (Origin origin = Origin.plain();
                Gate gate = Gate.builder()
                        .route(Route.named("ws.example").build())
                        .pin("ws.example", 80, origin.port())
                        .start();
                RawClient client = upgraded(gate, "ws.example")) {
            client.send(WebSocketFrame.text("still").bytes());
            assertThat(WebSocketFrame.read(client.input()).text()).isEqualTo("still");
            gate.reload(Policy.of(List.of(Route.named("other.example").build())));
            assertThat(client.awaitEnd()).isIn(RawClient.End.CLOSED, RawClient.End.RESET);
            origin.awaitOpenConnections(0);
            gate.awaitEnded(e -> e.target.equals("/ws"));
            assertThat(gate.tunnels())
                    .singleElement()
                    .matches(tunnel -> tunnel.authority().host().equals("ws.example"));
            gate.awaitQuiet();
        }
    }
}

package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Limits;
import egress.exchange.Timeouts;
import egress.policy.Route;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever is silent for too long, at whatever point, is let go; and no more callers are taken than may be. */
class TimeoutTest {
    private static final Duration SHORT = Duration.ofMillis(500);

    @TempDir
    static Path directory;

    private static TwoOrigins origins;

    @BeforeAll
    static void start() throws IOException {
        origins = TwoOrigins.start(
                directory,
                builder -> builder.timeouts(new Timeouts(SHORT, SHORT, SHORT, SHORT, SHORT, Duration.ofSeconds(1)))
                        .route(Route.named("pass.example").passthrough(true).build()));
        origins.gate().upstreams().trustedRoots().toCompletableFuture().join();
    }

    @AfterAll
    static void stop() throws IOException {
        origins.close();
    }

    /** Ended by the gate: after the time, and long before the client's own patience ends. */
    private static void assertLetGo(RawClient client, long sinceNanos) throws IOException {
        assertThat(client.awaitEnd()).isIn(RawClient.End.CLOSED, RawClient.End.RESET);
        assertThat(Duration.ofNanos(System.nanoTime() - sinceNanos))
                .isBetween(SHORT.minusMillis(1), Duration.ofSeconds(5));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "CONNECT h1.exa", "GET http://h1.example/ HTTP/1.1\r\nHost: h1"})
    @Row("26.xa")
    void anUnfinishedFirstHead(String sent) throws IOException {
        long since = System.nanoTime();
        try (RawClient client = RawClient.connect(origins.gate().port())) {
            client.send(sent);
            assertLetGo(client, since);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 60})
    @Row("26.xb")
    void anUnfinishedClientHello(int bytes) throws IOException {
        for (String host : new String[] {TwoOrigins.H1, "pass.example"}) {
            long since = System.nanoTime();
            try (RawClient client = RawClient.connect(origins.gate().port()).tunnel(host + ":443")) {
                byte[] hello = origins.gate().client(host).clientHello();
                client.send(Arrays.copyOf(hello, bytes));
                assertLetGo(client, since);
            }
        }
    }

    @Test
    @Row("26.xc")
    void anUnfinishedHandshake() throws IOException {
        try (RawClient client = RawClient.connect(origins.gate().port()).tunnel(TwoOrigins.H1 + ":443")) {
            TlsClient tls = origins.gate().client(TwoOrigins.H1);
            long since = System.nanoTime();
            client.send(tls.clientHello());
            assertLetGo(client, since);
        }
    }

    @Test
    @Row("26.xd")
    void anUnfinishedHeadInsideTheTunnel() throws IOException {
        try (RawClient client = origins.caller("h1", TwoOrigins.H1).raw()) {
            assertThat(client.get("/echo", TwoOrigins.H1).status()).isEqualTo(200);
            long since = System.nanoTime();
            client.send("GET / HTTP/1.1\r\nHost: h1");
            assertLetGo(client, since);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void aConnectionBetweenRequests(String version) throws IOException {
        try (Caller caller = origins.caller(version, TwoOrigins.H1)) {
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
            long since = System.nanoTime();
            if (caller.isHttp2()) {
                caller.http2().awaitEnd();
                assertThat(System.nanoTime() - since)
                        .isGreaterThan(SHORT.minusMillis(1).toNanos());
            } else {
                assertLetGo(caller.raw(), since);
            }
        }
    }

    @Pairs
    @Row("26.xe")
    void aBodyThatStopsComingIsA408(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/count");
            call.write("piece");
            assertThat(call.response().status()).isEqualTo(408);
        }
    }

    @Pairs
    void anOriginThatDoesNotAnswerIsA504(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.get("/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            exchange.drain();
            assertThat(call.response().status()).isEqualTo(504);
            exchange.awaitGone();
        }
    }

    @Pairs
    void aResponseThatStopsComingBreaks(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.get("/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            exchange.drain();
            exchange.head(200);
            exchange.write("piece");
            assertThat(call.read(5)).isEqualTo("piece");
            call.awaitBroken();
            exchange.awaitGone();
        }
    }

    /** As long as something moves, however little, nothing is cut off. */
    @Pairs
    @Row(value = "26.xf", allowed = true)
    void aSlowBodyIsNotAStalledOne(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            assertThat(caller.get("/drip?n=8&interval=150").response().text()).isEqualTo("xxxxxxxx");
        }
    }

    @Test
    @Row("26.xg")
    void atMostSoManyConnectionsAreOpenAndTheOldestHalfSentMakeRoom() throws IOException {
        Limits few = new Limits(3, 32_768, 65_536, 256, 256, 65_536);
        try (Gate gate = Gate.builder().limits(few).start()) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                clients.add(RawClient.connect(gate.port()));
                clients.getLast().send("GET / HTTP/1.1\r\nHost: x\r\nX: ");
                gate.awaitOpened(i + 1);
            }
            for (int i = 0; i < 2; i++) {
                clients.get(i).awaitEnd();
                clients.get(i).close();
            }
            clients.get(2).send("y\r\n\r\n");
            assertThat(clients.get(2).readResponse("GET").status()).isEqualTo(400);
            assertThat(gate.server().openConnections()).isLessThanOrEqualTo(3);
            clients.get(2).close();
            for (int i = 3; i < 5; i++) {
                clients.get(i).send("y\r\n\r\n");
                assertThat(clients.get(i).readResponse("GET").status()).isEqualTo(400);
                clients.get(i).close();
            }
            gate.awaitQuiet();
        }
    }
}

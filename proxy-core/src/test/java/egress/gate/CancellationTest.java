package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.ConnectionFault;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Row;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever goes away takes the other side along, at once and at every phase. */
class CancellationTest extends TwoOriginsFixture {
    /** Far below every time limit of the gate, far above what it takes: about a millisecond. */
    private static final long AT_ONCE_MILLIS = 3_000;

    static Stream<Arguments> pairsAndWays() {
        return Stream.of("h1", "h2")
                .flatMap(version -> Stream.of(TwoOrigins.H1, TwoOrigins.H2)
                        .flatMap(host -> Stream.of(Caller.Way.values()).map(way -> Arguments.of(version, host, way))));
    }

    private interface Step {
        Object run() throws IOException;
    }

    private static Object atOnce(Step step) throws IOException {
        long from = System.nanoTime();
        Object result = step.run();
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from)).isLessThan(AT_ONCE_MILLIS);
        return result;
    }

    @ParameterizedTest
    @MethodSource("pairsAndWays")
    void aCallerThatLeavesWhileTheOriginThinksEndsItThere(String version, String host, Caller.Way way)
            throws Exception {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.get("/held?thinking=" + version + way);
            OriginExchange exchange = origins.origin(host).takeHeld();
            exchange.drain();
            caller.abandon(call, way);
            atOnce(exchange::awaitGone);
        }
        assertThat(origins.gate().awaitEnded(e -> e.target.equals("/held?thinking=" + version + way)).failure)
                .isNotNull();
    }

    @ParameterizedTest
    @MethodSource("pairsAndWays")
    @Row("26.xi")
    void aCallerThatLeavesInTheMiddleOfTheResponseEndsIt(String version, String host, Caller.Way way)
            throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.get("/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            exchange.drain();
            exchange.head(200);
            exchange.write("piece");
            assertThat(call.read(5)).isEqualTo("piece");
            caller.abandon(call, way);
            atOnce(exchange::awaitGone);
        }
    }

    @ParameterizedTest
    @MethodSource("pairsAndWays")
    @Row("26.xh")
    void aCallerThatLeavesInTheMiddleOfItsUploadBreaksItOff(String version, String host, Caller.Way way)
            throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/held");
            call.write("piece");
            OriginExchange exchange = origins.origin(host).takeHeld();
            byte[] into = new byte[64];
            assertThat(exchange.read(into)).isEqualTo(5);
            caller.abandon(call, way);
            atOnce(() -> {
                assertThatThrownBy(() -> exchange.read(into)).isInstanceOf(IOException.class);
                return exchange;
            });
        }
    }

    @ParameterizedTest
    @MethodSource("pairsAndWays")
    void aCallerThatLeavesWhileTheHandshakeHangsEndsTheAttempt(String version, String host, Caller.Way way)
            throws IOException {
        TestCa ca = origins.ca();
        try (HostileOrigin hostile =
                        HostileOrigin.tls(ca.leaf(host), Alpn.H2_AND_H1, ConnectionFault.HANG_IN_HANDSHAKE);
                Gate gate = Gate.builder().origin(host, hostile.port()).start();
                Caller caller = Caller.through(gate, version, host)) {
            Call call = caller.get("/");
            hostile.awaitConnections(1);
            caller.abandon(call, way);
            atOnce(() -> {
                hostile.awaitOpenConnections(0);
                return hostile;
            });
        }
    }

    @Pairs
    void anOriginThatResetsBeforeItAnswersIsA502(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/held");
            call.write("piece");
            OriginExchange exchange = origins.origin(host).takeHeld();
            assertThat(exchange.read(new byte[64])).isEqualTo(5);
            exchange.reset();

            assertThat(call.response().status()).isEqualTo(502);
        }
    }

    @Pairs
    @Row("26.xj")
    void anOriginThatResetsInTheMiddleBreaksTheResponse(String version, String host) throws IOException {
        for (String length : List.of("", "100")) {
            try (Caller caller = origins.caller(version, host)) {
                Call call = caller.get("/held");
                OriginExchange exchange = origins.origin(host).takeHeld();
                exchange.drain();
                if (length.isEmpty()) {
                    exchange.head(200);
                } else {
                    exchange.head(200, "content-length", length);
                }
                exchange.write("piece");
                assertThat(call.read(5)).isEqualTo("piece");
                exchange.reset();
                atOnce(call::awaitBroken);
                if (caller.isHttp2()) {
                    assertThat(caller.get("/echo").response().status()).isEqualTo(200);
                }
            }
        }
    }

    @Pairs
    void anOriginThatResetsInTheMiddleOfTheUploadBreaksTheResponseThatBegan(String version, String host)
            throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/held");
            call.write("piece");
            OriginExchange exchange = origins.origin(host).takeHeld();
            assertThat(exchange.read(new byte[64])).isEqualTo(5);
            exchange.head(200);
            exchange.write("so far");
            assertThat(call.read(6)).isEqualTo("so far");
            exchange.reset();
            atOnce(call::awaitBroken);
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void anHttp10CallerSeesAResetWhereTheOriginBreaksOff(String host) throws IOException {
        try (Caller caller = origins.caller("h1", host)) {
            caller.raw().send("GET /held HTTP/1.0\r\nHost: " + host + "\r\n\r\n");
            OriginExchange exchange = origins.origin(host).takeHeld();
            exchange.drain();
            exchange.head(200);
            exchange.write("piece");
            assertThat(caller.raw().readHead().status()).isEqualTo(200);
            assertThat(caller.raw().readBytes(5)).hasSize(5);
            exchange.reset();
            assertThatThrownBy(() -> caller.raw().readToEnd()).isInstanceOf(IOException.class);
        }
    }

    static Stream<String> versions() {
        return Stream.of(TwoOrigins.H1, TwoOrigins.H2);
    }

    @ParameterizedTest
    @MethodSource("pairsAndWays")
    @Row(value = "26.xk", allowed = true)
    void aCancelledStreamLeavesItsSiblingsAlone(String version, String host, Caller.Way way) throws IOException {
        try (Caller staying = origins.caller(version, host);
                Caller leaving = origins.caller(version, host)) {
            Call kept = staying.get("/held");
            OriginExchange other = origins.origin(host).takeHeld();
            Call given = leaving.get("/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            exchange.drain();
            leaving.abandon(given, way);
            exchange.awaitGone();
            other.respond(200, "stays");

            assertThat(kept.response().text()).isEqualTo("stays");
        }
    }
}

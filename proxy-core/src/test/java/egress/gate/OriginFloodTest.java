package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.H2Flood;
import egress.testkit.origin.H2Peer;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.origin.Origin;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What an h2 origin sends without end costs it its connection, and the exchanges on it fail at once, with the ordinary time limits of
 * many minutes; whoever asks other origins hears nothing of it.
 */
class OriginFloodTest {
    private static final String FLOODING = "flooding.example";
    private static final String OTHER = "other.example";
    /** Far below the 15 minutes that the gate gives a response. */
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final TestCa ca = TestCa.create("origins");

    private Gate gate(int flooding, int other) throws IOException {
        return Gate.builder()
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .origin(FLOODING, flooding)
                .origin(OTHER, other)
                .start();
    }

    static Stream<Arguments> floods() {
        return Stream.of("h1", "h2")
                .flatMap(version -> Stream.of(H2Flood.values()).map(flood -> Arguments.of(version, flood)));
    }

    @ParameterizedTest
    @MethodSource("floods")
    void endsItsConnectionAndFailsTheExchange(String version, H2Flood flood) throws Exception {
        try (HostileOrigin hostile = HostileOrigin.tls(ca.leaf(FLOODING), Alpn.H2, flood);
                Origin good = Origin.tls(ca.leaf(OTHER), Alpn.H2_AND_H1);
                Gate gate = gate(hostile.port(), good.port())) {
            try (Caller other = Caller.through(gate, version, OTHER);
                    Caller caller = Caller.through(gate, version, FLOODING)) {
                assertThat(other.get("/echo").response().status()).isEqualTo(200);
                long begun = System.nanoTime();
                Call call = caller.get("/");
                if (flood == H2Flood.INTERIM) {
                    assertThat(call.response().status()).isEqualTo(502);
                } else if (call.status() == 200) {
                    call.awaitBroken();
                } else {
                    assertThat(call.status()).isEqualTo(502);
                }
                assertThat(other.get("/echo").response().status()).isEqualTo(200);
                if (flood != H2Flood.HPACK_BOMB) { // one head too large: the connection's tables are in order
                    hostile.awaitOpenConnections(0);
                }
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
            }
            gate.awaitQuiet();
        }
    }

    /** What is in flight beside it on the connection fails as well, each in the way its state allows. */
    @ParameterizedTest
    @EnumSource(names = {"PING", "SETTINGS", "PRIORITY", "WINDOW_UPDATE", "UNKNOWN", "RST_STREAM"})
    void takesEveryExchangeOfTheConnectionAlong(H2Flood kind) throws Exception {
        HostileOrigin.Script script = wire -> {
            H2Peer h2 = wire.h2();
            int begun = h2.awaitRequest().streamId();
            h2.head(begun, 200, false);
            h2.data(begun, "begun", false);
            for (int i = 0; i < 5; i++) {
                h2.awaitRequest();
            }
            h2.flood(200_000, frame(kind));
        };
        try (HostileOrigin hostile = HostileOrigin.tls(ca.leaf(FLOODING), Alpn.H2, script);
                Gate gate = Gate.builder()
                        .trust(ca.writePem(directory.resolve("origins.pem")))
                        .origin(FLOODING, hostile.port())
                        .start()) {
            try (Caller caller = Caller.through(gate, "h2", FLOODING)) {
                Call begun = caller.get("/begun");
                assertThat(begun.read(5)).isEqualTo("begun");
                List<Call> waiting = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    waiting.add(caller.begin("POST", "/waiting?" + i));
                }
                begun.awaitBroken();
                for (Call call : waiting) {
                    ReceivedResponse response = call.response();
                    assertThat(response.status()).isEqualTo(502);
                    assertThat(response.text()).contains("the origin broke h2 (ENHANCE_YOUR_CALM)");
                }
                hostile.awaitOpenConnections(0);
            }
            assertThat(hostile.connections()).isEqualTo(1);
            gate.awaitQuiet();
        }
    }

    private static H2Frame frame(H2Flood kind) {
        return switch (kind) {
            case PING -> H2Frame.ping(1);
            case SETTINGS -> H2Frame.settings(H2Frame.Setting.INITIAL_WINDOW_SIZE, 65_535);
            case PRIORITY -> new H2Frame(H2Frame.PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 16});
            case WINDOW_UPDATE -> H2Frame.windowUpdate(0, 1);
            case RST_STREAM -> H2Frame.rstStream(1, H2Frame.ErrorCode.NO_ERROR); // whose end is known already
            default -> new H2Frame(0xfa, 0, 0, new byte[0]);
        };
    }
}

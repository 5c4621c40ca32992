package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.CallerBudgets;
import egress.exchange.Limits;
import egress.share.FairBudget;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.ProxyUser;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.H2Wire;
import egress.testkit.wire.StreamResetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small budgets, a caller that takes all it can of one, and another that comes later. */
class FairShareTest {
    private static final String HOST = "h1.example";
    private static final CallerBudgets ALL = CallerBudgets.of(10_000, 1 << 30);
    private static final long EXCHANGES = 256 * 1024;

    @TempDir
    Path directory;

    private final TestCa origins = TestCa.create("origins");
    private Origin origin;

    @BeforeEach
    void startOrigin() throws IOException {
        origin = Origin.tls(origins.leaf(HOST), Alpn.H1).withoutRecords();
    }

    @AfterEach
    void stopOrigin() throws IOException {
        origin.close();
    }

    private Gate gate(Limits limits, CallerBudgets budgets) throws IOException {
        return Gate.builder()
                .origin(HOST, origin.port())
                .trust(origins.writePem(directory.resolve("origins.pem")))
                .limits(limits)
                .budgets(budgets)
                .users(Map.of("one", "pw", "other", "pw"))
                .start();
    }

    private ProxyUser user(Gate gate, String name) throws IOException {
        Path ca = directory.resolve("ca.pem");
        Files.writeString(ca, TestCa.pem(gate.authority()));
        return new ProxyUser(gate.port(), name, "pw", ca);
    }

    private static Limits connections(int most) {
        Limits all = Limits.DEFAULT;
        return new Limits(
                most,
                all.maxTargetBytes(),
                all.maxHeadBytes(),
                all.maxFields(),
                all.maxStreams(),
                all.maxClientHelloBytes());
    }

    private static void assertServed(ProxyUser user) throws IOException {
        assertThat(user.h1(HOST).get("/bytes/100", HOST).status()).isEqualTo(200);
    }

    @Test
    @Row("46.xa")
    void halfSentHeadsMakeRoomForWhoComesLater() throws IOException {
        try (Gate gate = gate(connections(16), CallerBudgets.of(16, 1 << 30));
                ProxyUser one = user(gate, "one");
                ProxyUser other = user(gate, "other")) {
            for (int i = 0; i < 40; i++) {
                one.connect().send("CONNECT h1.example:443 HTTP/1.1\r\nX: ");
            }
            for (int i = 0; i < 5; i++) {
                assertServed(other);
            }
            assertThat(gate.server().openConnections()).isLessThanOrEqualTo(17);
        }
    }

    @Test
    @Row("46.xb")
    void tunnelsOfOneUserLeaveConnectionsToAnother() throws IOException {
        try (Gate gate = gate(connections(16), CallerBudgets.of(16, 1 << 30));
                ProxyUser one = user(gate, "one");
                ProxyUser other = user(gate, "other")) {
            int taken = 0;
            int refused = 0;
            for (int i = 0; i < 20; i++) {
                RawClient client = one.connect();
                if (client.connectMethod(HOST + ":443", one.authorization()).status() == 200) {
                    taken++;
                } else {
                    refused++;
                }
                assertThat(taken + refused).isEqualTo(i + 1);
            }
            assertThat(taken).isGreaterThanOrEqualTo(12);
            for (int i = 0; i < 5; i++) {
                assertServed(other);
            }
        }
    }

    @Test
    @Row("46.xc")
    void headsWhoseBodiesNeverComeLeavePlacesToOthers() throws IOException {
        CallerBudgets small = new CallerBudgets(
                ALL.connections(), ALL.handshakes(), new FairBudget(EXCHANGES), ALL.replays(), ALL.headroom());
        try (Gate gate = gate(Limits.DEFAULT, small);
                ProxyUser one = user(gate, "one");
                ProxyUser other = user(gate, "other");
                H2Client client = one.h2(HOST)) {
            List<H2Stream> streams = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                streams.add(client.request("POST", HOST, "/count", false, "x-long", "v".repeat(4_000)));
            }
            client.ping();
            assertThat(small.exchanges().statistics().used()).isBetween(EXCHANGES / 2, EXCHANGES * 7 / 8);
            assertThat(streams.getLast().response().status()).isEqualTo(503);
            for (int i = 0; i < 20; i++) {
                assertServed(other);
            }
        }
        assertThat(small.exchanges().statistics().used()).isZero();
    }

    @Test
    @Row("46.xd")
    void stalledRequestsGiveWayOnceOthersNeedTheirPlaces() throws Exception {
        CallerBudgets small = new CallerBudgets(
                ALL.connections(), ALL.handshakes(), new FairBudget(EXCHANGES), ALL.replays(), ALL.headroom());
        try (Gate gate = gate(Limits.DEFAULT, small);
                ProxyUser one = user(gate, "one");
                ProxyUser other = user(gate, "other");
                H2Client client = one.h2(HOST);
                H2Client late = other.h2(HOST)) {
            H2Stream first = client.request("POST", HOST, "/count", false, "x-long", "v".repeat(4_000));
            for (int i = 0; i < 60; i++) {
                client.request("POST", HOST, "/count", false, "x-long", "v".repeat(4_000));
            }
            client.ping();
            Thread.sleep(1_500); // what has stopped counts as stalled
            for (int i = 0; i < 200 && small.exchanges().statistics().reclaimed() < 10; i++) {
                late.request("POST", HOST, "/count", false, "x-long", "v".repeat(4_000));
                late.ping();
                Thread.sleep(5);
            }
            assertThat(statusOrReset(first)).isEqualTo(408);
            assertThat(small.exchanges().statistics().reclaimed()).isPositive();
        }
    }

    /** Their resets cannot leave either: the caller reads nothing from its socket. */
    @Test
    void answersBehindAFullSocketGiveWayOnceOthersNeedTheirPlaces() throws Exception {
        CallerBudgets small = new CallerBudgets(
                ALL.connections(), ALL.handshakes(), new FairBudget(EXCHANGES), ALL.replays(), ALL.headroom());
        egress.share.Caller deaf = egress.share.Caller.ofUser("one");
        try (Gate gate = gate(Limits.DEFAULT, small);
                ProxyUser one = user(gate, "one");
                ProxyUser other = user(gate, "other")) {
            RawClient client = one.tunnel(HOST + ":443");
            client.tls(gate.client(HOST).alpn("h2"));
            H2Wire wire = new H2Wire(client.input(), client.output());
            wire.write(H2Wire.PREFACE.getBytes(StandardCharsets.ISO_8859_1));
            wire.write(
                    H2Frame.settings(H2Frame.Setting.INITIAL_WINDOW_SIZE, 1 << 20), H2Frame.windowUpdate(0, 1 << 26));
            for (int i = 0; i < 20; i++) {
                List<Field> head = Field.list(
                        ":method",
                        "GET",
                        ":scheme",
                        "https",
                        ":authority",
                        HOST,
                        ":path",
                        "/bytes/8000000",
                        "x-long",
                        "v".repeat(4_000));
                wire.write(H2Wire.headers(2 * i + 1, H2Wire.literals(head), true));
            }
            for (int i = 0; i < 500 && small.exchanges().heldBy(deaf) < EXCHANGES / 2; i++) {
                Thread.sleep(10);
            }
            Thread.sleep(2_000); // after one second it counts as stalled
            long held = small.exchanges().heldBy(deaf);
            assertThat(held).isGreaterThanOrEqualTo(EXCHANGES / 2);
            H2Client late = other.h2(HOST);
            for (int i = 0; i < 100 && small.exchanges().heldBy(deaf) > held * 3 / 4; i++) {
                late.request("POST", HOST, "/count", false, "x-long", "v".repeat(4_000));
                late.ping();
                Thread.sleep(20);
            }
            assertThat(small.exchanges().heldBy(deaf)).isLessThanOrEqualTo(held * 3 / 4);
            assertThat(gate.server().openConnections()).isEqualTo(2);
        }
    }

    private static int statusOrReset(H2Stream stream) throws IOException {
        try {
            return stream.response().status();
        } catch (StreamResetException reset) {
            return -reset.code();
        }
    }

    @Test
    @Row("46.xe")
    void handshakesThatStopLeaveHandshakesToOthers() throws Exception {
        CallerBudgets small = new CallerBudgets(
                ALL.connections(), FairBudget.ofUnits(8), ALL.exchanges(), ALL.replays(), ALL.headroom());
        try (Gate gate = gate(Limits.DEFAULT, small);
                ProxyUser one = user(gate, "one");
                ProxyUser other = user(gate, "other")) {
            byte[] hello = gate.client(HOST).clientHello();
            int refused = 0;
            for (int i = 0; i < 20; i++) {
                RawClient client = one.tunnel(HOST + ":443");
                client.send(hello);
                refused += client.readBytes(1)[0] == 21 ? 1 : 0; // an alert, and no ServerHello
            }
            assertThat(refused).as("beyond what it may have").isLessThanOrEqualTo(13);
            assertThat(small.handshakes().statistics().used()).isLessThanOrEqualTo(8);
            assertThat(small.handshakes().statistics().refused()
                            + small.handshakes().statistics().reclaimed())
                    .isGreaterThanOrEqualTo(12);
            for (int i = 0; i < 5; i++) {
                assertServed(other);
            }
            assertThat(small.handshakes().statistics().used()).isLessThanOrEqualTo(8);
        }
    }
}

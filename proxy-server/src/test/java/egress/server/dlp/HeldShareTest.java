package egress.server.dlp;

import static org.assertj.core.api.Assertions.assertThat;

import egress.gate.Gate;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.server.dlp.judge.ScanWatch;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One caller's unfinished bodies hold all they can get; they give way to another's. */
class HeldShareTest {
    private static final String HOST = "h1.example";
    private static final int BODY = 60_000;
    private static final int MIB = 1 << 20;

    @TempDir
    Path directory;

    private Gate gate(DlpEngine engine, TestCa ca, Origin origin) throws IOException {
        Route route = Route.named(HOST).build();
        return CaLeaves.gate()
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .inspector(engine.inspector(List.of(route), List.of(), Map.of()))
                .pin(HOST, 443, origin.port())
                .route(route)
                .users(Map.of("greedy", "pw", "other", "pw"))
                .start();
    }

    private static RawClient connect(Gate gate, String user) throws IOException {
        String pair = Base64.getEncoder().encodeToString((user + ":pw").getBytes(StandardCharsets.UTF_8));
        RawClient client = RawClient.connect(gate.port());
        HttpHead answer = client.connectMethod(HOST + ":443", "Proxy-Authorization: Basic " + pair);
        assertThat(answer.status()).isEqualTo(200);
        return client.tls(gate.client(HOST).alpn("http/1.1"));
    }

    /** All of a body but its last byte. */
    private static RawClient halfSend(Gate gate, String user, int length) throws IOException {
        RawClient client = connect(gate, user);
        client.send("POST /count HTTP/1.1\r\nHost: h1.example\r\nContent-Length: " + length + "\r\n\r\n");
        return client.send(new byte[length - 1]);
    }

    /** @param many of the others, who have less than their share */
    private void givesWay(long memory, long spool, int length, int most, int many) throws Exception {
        TestCa ca = TestCa.create("origins");
        List<RawClient> greedy = new ArrayList<>();
        List<RawClient> others = new ArrayList<>();
        try (DlpEngine engine = DlpEngine.start(
                        DlpGate.settings(directory, 16 * MIB, memory, spool),
                        Optional.empty(),
                        new byte[32],
                        new SecureRandom(),
                        ScanWatch.NONE);
                Origin origin = Origin.tls(ca.leaf(HOST), Alpn.H1);
                Gate gate = gate(engine, ca, origin)) {
            for (int i = 0; i < most; i++) {
                greedy.add(halfSend(gate, "greedy", length));
            }
            for (int i = 0; i < many; i++) {
                others.add(halfSend(gate, "other", length));
            }
            for (RawClient other : others) {
                ReceivedResponse response = other.send("x").readResponse("POST");
                assertThat(response.status()).as(response.text()).isEqualTo(200);
            }
            List<String> said = new ArrayList<>();
            for (RawClient client : greedy) {
                try {
                    said.add(client.send("x").readResponse("POST").text());
                } catch (IOException brokenOff) {
                    said.add(String.valueOf(brokenOff));
                }
            }
            assertThat(said).anyMatch(text -> text.contains("is needed by other callers"));
            assertThat(engine.statistics().memory().reclaimed()
                            + engine.statistics().spool().reclaimed())
                    .isPositive();
        } finally {
            for (RawClient client : greedy) {
                client.close();
            }
            for (RawClient client : others) {
                client.close();
            }
        }
    }

    @Test
    @Row("46.be")
    void ofMemory() throws Exception {
        givesWay(2 * MIB, 1 << 30, BODY, 30, 10);
    }

    @Test
    @Row("46.bf")
    void ofTheSpool() throws Exception {
        givesWay(64 * MIB, 8 * MIB, 500_000, 16, 6);
    }
}

package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Policy;
import egress.testkit.TestCa;
import egress.testkit.client.ProxyUser;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import egress.upstream.RecordedDialing;
import egress.upstream.UpstreamConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A caller that asks for one name after the other floods neither the name server nor the look-ups of others. */
@Timeout(60)
class LookupPaceTest {
    /** What docs/running.md says. */
    private static final int AT_ONCE = 256;

    private static final int A_SECOND = 32;
    private static final int CONNECTIONS = 8;

    @TempDir
    Path directory;

    private final RecordedDialing dialing = new RecordedDialing();
    private int names;

    private void ask(RawClient client, ProxyUser user) throws IOException {
        String name = "n" + names++ + ".flood.example";
        client.send("GET http://" + name + "/ HTTP/1.1\r\nHost: " + name + "\r\n" + user.authorization() + "\r\n\r\n");
    }

    private static void assertUnknown(ReceivedResponse response) {
        assertThat(response.status()).isEqualTo(502);
        assertThat(response.text()).contains("no address is known");
    }

    private void awaitLookedUp(int count) throws InterruptedException {
        for (int i = 0; i < 1_000 && dialing.lookedUp().size() < count; i++) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        TimeUnit.MILLISECONDS.sleep(100); // for more than there may be
        assertThat(dialing.lookedUp()).hasSize(count);
    }

    @Test
    void aCallersLookupsArePacedAndAnothersAreNot() throws Exception {
        try (Gate gate = Gate.builder()
                .policy(Policy.allowAll())
                .upstreams(dialing.upstreams(UpstreamConfig.DEFAULTS))
                .users(Map.of("greedy", "pw", "modest", "pw"))
                .start()) {
            Path pem = directory.resolve("ca.pem");
            Files.writeString(pem, TestCa.pem(gate.authority()));
            try (ProxyUser greedy = new ProxyUser(gate.port(), "greedy", "pw", pem);
                    ProxyUser modest = new ProxyUser(gate.port(), "modest", "pw", pem)) {
                List<RawClient> all = new ArrayList<>();
                for (int i = 0; i < CONNECTIONS; i++) {
                    all.add(greedy.connect());
                }
                for (int round = 0; round < AT_ONCE / CONNECTIONS; round++) {
                    for (RawClient each : all) {
                        ask(each, greedy);
                    }
                    for (RawClient each : all) {
                        assertUnknown(each.readResponse("GET"));
                    }
                }
                for (RawClient each : all) { // from another connection of the same caller as well
                    ask(each, greedy);
                }
                awaitLookedUp(AT_ONCE);

                RawClient other = modest.connect();
                for (int i = 0; i < 20; i++) {
                    ask(other, modest);
                    assertUnknown(other.readResponse("GET"));
                }
                awaitLookedUp(AT_ONCE + 20);

                dialing.later(Duration.ofMillis(4 * 1_000 / A_SECOND));
                awaitLookedUp(AT_ONCE + 20 + 4);
                dialing.later(Duration.ofSeconds(1));
                for (RawClient each : all) {
                    assertUnknown(each.readResponse("GET"));
                }
                assertThat(new HashSet<>(dialing.lookedUp())).hasSize(AT_ONCE + 20 + CONNECTIONS);
            }
        }
    }
}

package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Policy;
import egress.policy.Route;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import egress.upstream.Cidr;
import egress.upstream.UpstreamConfig;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A route says who may be asked; where that leads is guarded all the same. */
class GuardedAddressTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "127.0.0.1",
                "10.0.0.1",
                "169.254.169.254",
                "192.168.0.1",
                "100.64.0.1",
                "[::1]",
                "[fd00::1]",
                "[fe80::1]",
                "[::ffff:127.0.0.1]",
                "[64:ff9b::7f00:1]",
                "0.0.0.0",
                "224.0.0.1"
            })
    void anAddressThatIsNotPublicIsA403AndNotDialled(String host) throws IOException {
        try (Origin origin = Origin.plain();
                Gate gate = Gate.builder()
                        .route(Route.named(host + ":" + origin.port()).build())
                        .route(Route.named(host).build())
                        .start()) {
            try (RawClient client = RawClient.connect(gate.port())) {
                ReceivedResponse response = client.get("http://" + host + "/", host);
                assertThat(response.status()).isEqualTo(403);
                assertThat(response.value("x-egress-deny")).contains("address_not_allowed");
                assertThat(response.text()).startsWith("egress: ");
            }
            assertThat(origin.connections()).isZero();
            gate.awaitQuiet();
            assertThat(gate.upstreams().statistics().connects()).isZero();
        }
    }

    @Test
    @Row("6.xa")
    void aPassthroughIsGuardedToo() throws IOException {
        try (Gate gate = Gate.builder()
                .route(Route.named("localhost").passthrough(true).build())
                .start()) {
            try (RawClient client = RawClient.connect(gate.port()).tunnel("localhost:443")) {
                client.send(gate.client("localhost").clientHello());
                assertThat(client.readToEnd()).containsExactly(21, 3, 3, 0, 2, 2, 80);
            }
            assertThat(gate.refusals()).anyMatch(refusal -> refusal.code().equals("address_not_allowed"));
            assertThat(gate.upstreams().statistics().connects()).isZero();
            gate.awaitQuiet();
        }
    }

    @Test
    void whatIsAllowedByConfigurationIsDialled() throws IOException {
        try (Origin origin = Origin.plain();
                Gate gate = Gate.builder()
                        .upstream(UpstreamConfig.DEFAULTS.withAllowPrivate(List.of(Cidr.parse("127.0.0.0/8"))))
                        .policy(Policy.allowAll())
                        .start();
                RawClient client = RawClient.connect(gate.port())) {
            String authority = "127.0.0.1:" + origin.port();
            assertThat(client.get("http://" + authority + "/echo", authority).status())
                    .isEqualTo(200);
            assertThat(origin.connections()).isEqualTo(1);
        }
    }
}

package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import egress.gate.Gate;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import egress.upstream.RecordedDialing;
import egress.upstream.UpstreamConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A name that leads to a public address at first, and elsewhere later. Nothing is called but an origin of the test's, whatever the gate
 * decides: the sockets are recorded ones.
 */
class ReboundNameTest {
    private static final String HOST = "rebound.example";
    private static final String PUBLIC = "8.8.8.8";
    private static final Duration AGE = Duration.ofMinutes(1);

    private final RecordedDialing dialing = new RecordedDialing();
    private Origin origin;
    private Gate gate;

    @BeforeEach
    void start() throws IOException {
        origin = Origin.plain().otherwise(exchange -> exchange.respond(200, "public", "connection", "close"));
        dialing.name(HOST, List.of(PUBLIC)).answers(PUBLIC, origin.port());
        gate = CaLeaves.gate()
                .route(Route.named(HOST + ":80").build())
                .route(Route.named(HOST + ":443").passthrough(true).build())
                .upstreams(dialing.upstreams(UpstreamConfig.DEFAULTS))
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        gate.close();
        origin.close();
    }

    private ReceivedResponse get() throws IOException {
        try (RawClient client = RawClient.connect(gate.port())) {
            return client.get("http://" + HOST + "/", HOST);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "169.254.169.254",
                "10.0.0.1",
                "172.16.0.1",
                "192.168.1.1",
                "100.64.0.1",
                "0.0.0.0",
                "::1",
                "::ffff:169.254.169.254",
                "fd00:ec2::254",
                "fe80::1",
                "64:ff9b::a9fe:a9fe"
            })
    @Row("6.xr")
    void aNameThatLeadsElsewhereLaterIsJudgedAnew(String address) throws IOException {
        assertThat(get().text()).isEqualTo("public");
        dialing.name(HOST, List.of(address));
        dialing.later(AGE);

        ReceivedResponse refused = get();

        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.value("x-egress-deny")).contains("address_not_allowed");
        assertThat(dialing.dialled()).containsExactly(PUBLIC);
    }

    @Test
    @Row("6.xs")
    void ofMixedAnswersOnlyThePublicOneIsDialled() throws IOException {
        dialing.name(HOST, List.of("127.0.0.1", "169.254.169.254", PUBLIC, "::1"));

        assertThat(get().text()).isEqualTo("public");
        assertThat(dialing.dialled()).containsExactly(PUBLIC);
    }

    @Test
    @Row("6.xt")
    void aPublicAddressThatRefusesIsNotMadeUpForByAPrivateOne() throws IOException {
        dialing.name(HOST, List.of("9.9.9.9", "10.0.0.1"));

        assertThat(get().status()).isEqualTo(502);
        assertThat(dialing.dialled()).containsExactly("9.9.9.9");
    }

    @Test
    @Row("6.xu")
    void aTunnelIsJudgedAnewToo() throws Exception {
        assertThat(get().text()).isEqualTo("public");
        dialing.name(HOST, List.of("127.0.0.1"));
        dialing.later(AGE);

        try (RawClient client = RawClient.connect(gate.port()).tunnel(HOST + ":443")) {
            client.send(gate.client(HOST).clientHello());
            client.awaitEnd();
        }
        assertThat(gate.refusals()).anyMatch(refusal -> refusal.code().equals("address_not_allowed"));
        assertThat(dialing.dialled()).containsExactly(PUBLIC);
    }
}

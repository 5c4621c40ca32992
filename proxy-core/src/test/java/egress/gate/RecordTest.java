package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.CallerPhases;
import egress.policy.Route;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the gate knows of its exchanges and connections is so. */
class RecordTest {
    @TempDir
    Path directory;

    private static CallerPhases phases(Gate gate, String target) throws InterruptedException {
        return gate.awaitEnded(e -> e.target.equals(target)).callerPhases;
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void theFirstExchangeKnowsHowLongItsConnectionTookAndTheNextTookNothing(String version) throws Exception {
        try (TwoOrigins origins = TwoOrigins.start(directory)) {
            try (RawClient slow = RawClient.connect(origins.gate().port())) {
                slow.tunnel(TwoOrigins.H1 + ":443");
                TimeUnit.MILLISECONDS.sleep(60); // before the ClientHello
                slow.tls(origins.gate().client(TwoOrigins.H1).alpn("http/1.1"));
                slow.get("/slow", TwoOrigins.H1);
            }
            CallerPhases slow = phases(origins.gate(), "/slow");
            assertThat(slow.hello()).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(59));
            try (Caller caller = origins.caller(version, TwoOrigins.H1)) {
                caller.get("/first").response();
                caller.get("/second").response();
            }
            CallerPhases first = phases(origins.gate(), "/first");
            assertThat(first.accept()).isPositive();
            assertThat(first.hello()).isPositive();
            assertThat(first.mint()).isPositive();
            assertThat(first.handshake()).isPositive();
            assertThat(phases(origins.gate(), "/second")).isEqualTo(new CallerPhases(0, 0, 0, 0));
        }
    }

    @Test
    void aRequestToTheListenerItselfKnowsOfNoTunnel() throws Exception {
        try (Origin origin = Origin.plain();
                Gate gate = Gate.builder()
                        .route(Route.named("plain.example").build())
                        .pin("plain.example", 80, origin.port())
                        .start()) {
            try (RawClient client = RawClient.connect(gate.port())) {
                client.get("http://plain.example/first", "plain.example");
                client.get("http://plain.example/second", "plain.example");
            }
            CallerPhases first = phases(gate, "/first");
            assertThat(first.accept()).isPositive();
            assertThat(first).isEqualTo(new CallerPhases(first.accept(), -1, -1, -1));
            assertThat(phases(gate, "/second")).isEqualTo(new CallerPhases(0, -1, -1, -1));
            gate.awaitQuiet();
        }
    }

    private static void await(BooleanSupplier condition) {
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (!condition.getAsBoolean() && System.nanoTime() < patience) {
            LockSupport.parkNanos(1_000_000); // the counts have no event to wait for
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @Pairs
    void aConnectionOfAnOriginIsIdleWhenNoExchangeIsOnIt(String version, String host) throws IOException {
        try (TwoOrigins origins = TwoOrigins.start(directory);
                Caller caller = origins.caller(version, host)) {
            caller.get("/echo").response();
            await(() -> origins.gate().upstreams().statistics().idle() == 1);
            for (int i = 0; i < 2; i++) {
                Call call = caller.get("/held");
                OriginExchange held = origins.origin(host).takeHeld();
                assertThat(origins.gate().upstreams().statistics().idle()).isZero();
                held.respond(200, "done");
                assertThat(call.response().text()).isEqualTo("done");
                await(() -> origins.gate().upstreams().statistics().idle() == 1);
            }
            origins.origin(host).resetConnections();
            await(() -> origins.gate().upstreams().statistics().idle() == 0);
        }
    }
}

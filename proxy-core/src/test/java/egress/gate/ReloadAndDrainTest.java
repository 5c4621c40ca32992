package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.policy.Match;
import egress.policy.Policy;
import egress.policy.Route;
import egress.testkit.client.RawClient;
import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.H2Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A new policy, and the end of the gate, while callers are at work. */
class ReloadAndDrainTest {
    @TempDir
    static Path directory;

    private static Route any(String host) {
        return Route.named(host).build();
    }

    @Pairs
    void theNextRequestOnAnOpenConnectionSeesTheNewPolicy(String version, String host) throws IOException {
        try (TwoOrigins origins = TwoOrigins.start(directory);
                Caller caller = origins.caller(version, host)) {
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
            Call under = caller.isHttp2() ? caller.get("/held") : null;
            Route onlyHeads = Route.named(host)
                    .match(new Match(List.of(), List.of("HEAD"), List.of()))
                    .build();
            if (under != null) {
                OriginExchange exchange = origins.origin(host).takeHeld();
                origins.gate().reload(Policy.of(List.of(onlyHeads)));
                exchange.respond(200, "keeps what it began with");
                assertThat(under.response().status()).isEqualTo(200);
            } else {
                origins.gate().reload(Policy.of(List.of(onlyHeads)));
            }
            assertThat(caller.get("/echo").response().status()).isEqualTo(403);
            assertThat(caller.request("HEAD", "/echo").response().status()).isEqualTo(200);
        }
    }

    @Pairs
    void whatIsOpenToAHostThatIsGoneEndsAtOnceAndNothingElseDoes(String version, String host) throws IOException {
        String other = host.equals(TwoOrigins.H1) ? TwoOrigins.H2 : TwoOrigins.H1;
        try (TwoOrigins origins = TwoOrigins.start(directory);
                Caller staying = origins.caller(version, other);
                Caller leaving = origins.caller(version, host);
                Caller idle = origins.caller(version, host)) {
            Call kept = staying.get("/held");
            OriginExchange keptThere = origins.origin(other).takeHeld();
            Call ended = leaving.get("/held");
            OriginExchange endedThere = origins.origin(host).takeHeld();
            endedThere.drain();
            assertThat(idle.get("/echo").response().status()).isEqualTo(200);

            origins.gate().reload(Policy.of(List.of(any(other))));

            endedThere.awaitGone();
            ended.awaitBroken();
            if (idle.isHttp2()) {
                idle.http2().awaitEnd();
            } else {
                assertThat(idle.raw().awaitEnd()).isIn(RawClient.End.CLOSED, RawClient.End.RESET);
            }
            keptThere.respond(200, "stays");
            assertThat(kept.response().text()).isEqualTo("stays");
        }
    }

    @Pairs
    void drainingLetsWhatIsUnderWayEndAndTakesNothingNew(String version, String host) throws Exception {
        try (TwoOrigins origins = TwoOrigins.start(directory);
                Caller busy = Caller.through(
                        origins.gate(), version, host, H2Settings.defaults().streamWindow(4_096), 8_192);
                Caller idle = origins.caller(version, host)) {
            assertThat(idle.get("/echo").response().status()).isEqualTo(200);
            Call call = busy.get("/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            CompletableFuture<Void> drained = CompletableFuture.runAsync(() -> {
                try {
                    origins.gate().server().drain();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            if (version.equals("h2")) {
                assertThat(idle.http2().awaitGoAway().int32(4)).isZero();
                idle.http2().awaitEnd();
            } else {
                assertThat(idle.raw().awaitEnd()).isEqualTo(RawClient.End.CLOSED);
            }
            assertThatThrownBy(() -> RawClient.connect(origins.gate().port())).isInstanceOf(IOException.class);

            String large = "0123456789".repeat(50_000);
            exchange.respond(200, large);
            assertThat(call.status()).isEqualTo(200);
            assertThat(call.read(large.length())).isEqualTo(large);
            assertThat(call.read(new byte[1])).isEqualTo(-1);
            if (version.equals("h1")) {
                assertThat(call.field("connection")).contains("close");
            }
            drained.join();
        }
    }

    /** So many requests wait for their origin while the policy changes: all of them keep what they began with, and are answered. */
    @Pairs
    void reloadsWithHundredsInFlightDropNone(String version, String host) throws Exception {
        int callers = version.equals("h2") ? 4 : 100;
        int each = version.equals("h2") ? 200 : 1;
        int atOnce =
                host.equals(TwoOrigins.H1) ? 400 : 1_000; // 256 h1 connections a loop; the rest waits for one of them
        CountDownLatch arrived = new CountDownLatch(Math.min(atOnce, callers * each));
        CountDownLatch release = new CountDownLatch(1);
        Policy one = Policy.of(List.of(any(TwoOrigins.H1), any(TwoOrigins.H2)));
        Policy two = Policy.of(List.of(any(TwoOrigins.H2), any(TwoOrigins.H1), any("third.example")));
        try (TwoOrigins origins = TwoOrigins.start(directory)) {
            origins.origin(host).withoutRecords().on("/waits", exchange -> {
                arrived.countDown();
                release.await();
                exchange.respond(200, "in the end");
            });
            List<Caller> open = new ArrayList<>();
            List<Call> calls = new ArrayList<>();
            try {
                for (int i = 0; i < callers; i++) {
                    open.add(origins.caller(version, host));
                    for (int j = 0; j < each; j++) {
                        calls.add(open.getLast().get("/waits"));
                    }
                }
                assertThat(arrived.await(60, TimeUnit.SECONDS))
                        .as("still to arrive: " + arrived.getCount())
                        .isTrue();
                for (int i = 0; i < 20; i++) {
                    origins.gate().reload(i % 2 == 0 ? two : one);
                }
                release.countDown();
                for (Call call : calls) {
                    assertThat(call.response().text()).isEqualTo("in the end");
                }
            } finally {
                release.countDown();
                for (Caller caller : open) {
                    caller.close();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    @Row(value = "39.xd", allowed = true)
    void reloadsUnderLoadLoseNothing(String version) throws Exception {
        try (TwoOrigins origins = TwoOrigins.start(directory);
                Caller caller = origins.caller(version, TwoOrigins.H2)) {
            Policy one = Policy.of(List.of(any(TwoOrigins.H1), any(TwoOrigins.H2)));
            Policy two = Policy.of(List.of(any(TwoOrigins.H2), any("third.example")));
            for (int i = 0; i < 200; i++) {
                origins.gate().reload(i % 2 == 0 ? one : two);
                assertThat(caller.get("/bytes/1000").response().body()).hasSize(1000);
            }
        }
    }
}

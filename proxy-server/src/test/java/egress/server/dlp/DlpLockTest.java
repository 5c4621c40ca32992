package egress.server.dlp;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Inspection.Effect;
import egress.exchange.Inspection.Hit;
import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import egress.policy.Route;
import egress.server.config.KnownHits;
import egress.server.dlp.DlpGate.Ask;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.WebSocketFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A caller with too many different hits on known secrets is locked out. */
class DlpLockTest {
    private static final String SECRET = "q8ZtW3nRb5KxJ7vLc2Hy9MdPfG4sTa6E";
    private static final int HITS = 4;
    private static final Duration LONG = Duration.ofMinutes(5);

    @TempDir
    Path directory;

    private DlpGate gate(OnMatch onMatch, Duration span) throws IOException {
        Detectors standard = new Detectors.Standard();
        DlpRules unseen =
                new DlpRules(new Detectors.Off(), new Detectors.Off(), OnMatch.BLOCK, OnOversize.DENY, false, Set.of());
        DlpRules seen = new DlpRules(standard, standard, onMatch, OnOversize.DENY, false, Set.of());
        List<Route> routes = List.of(
                Route.named(DlpGate.H1).dlp(seen).build(),
                Route.named(DlpGate.H2).dlp(unseen).build());
        return DlpGate.start(
                directory,
                DlpGate.settings(directory).withKnownHits(new KnownHits(HITS, span)),
                routes,
                Map.of("EGRESS_TOKEN_0", SECRET));
    }

    private static ReceivedResponse post(DlpGate dlp, String caller, String text) throws IOException {
        return dlp.ask(caller, Ask.post(DlpGate.H1, "/echo", DlpGate.bytes(text)));
    }

    private static void hit(DlpGate dlp, String caller, int from) throws IOException {
        for (int i = from; i < HITS; i++) {
            post(dlp, caller, "see " + SECRET.substring(i) + " end");
        }
    }

    private static void assertLocked(ReceivedResponse response) {
        assertThat(response.status()).isEqualTo(403);
        assertThat(response.value("x-egress-deny")).contains("dlp_locked");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    @Row("45.b")
    void everythingOfTheCallerIsRefusedUntilTheTimeIsOver(String caller) throws Exception {
        try (DlpGate dlp = gate(OnMatch.BLOCK, Duration.ofSeconds(4));
                RawClient kept = dlp.h1Client(DlpGate.H2)) {
            assertThat(kept.get("/count", DlpGate.H2).status()).isEqualTo(200);
            hit(dlp, caller, 0);

            assertLocked(kept.get("/count", DlpGate.H2));
            try (RawClient another = RawClient.connect(dlp.gate.port())) {
                HttpHead head = another.connectMethod(DlpGate.H2 + ":443");
                assertThat(head.status()).isEqualTo(403);
            }
            Hit locked = dlp.awaitHit("known_secrets");
            assertThat(locked.effect()).isEqualTo(Effect.LOCKED);
            assertThat(locked.place()).contains("addr:loopback", HITS + " different");

            TimeUnit.MILLISECONDS.sleep(4200);
            assertThat(post(dlp, caller, "hello").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BLOCK", "REDACT", "SUPERVISE"})
    @Row("45.c")
    void hitsThatAreMaskedOrAskedAboutCountToo(OnMatch onMatch) throws Exception {
        try (DlpGate dlp = gate(onMatch, LONG)) {
            hit(dlp, "h1", 0);
            assertThat(dlp.awaitHit("known_secrets").effect()).isEqualTo(Effect.LOCKED);
        }
    }

    @Test
    @Row(value = "45.d", allowed = true)
    void theSameHitAgainCountsOnce() throws Exception {
        try (DlpGate dlp = gate(OnMatch.BLOCK, LONG)) {
            for (int i = 0; i < 3 * HITS; i++) {
                assertThat(post(dlp, "h1", "turn " + i + ": " + SECRET).status())
                        .isEqualTo(403);
                assertThat(post(dlp, "h2", "hello").status()).isEqualTo(200);
            }
        }
    }

    @Test
    @Row(value = "45.e", allowed = true)
    void nobodyIsLockedOutWhereHitsAreOnlySaid() throws Exception {
        try (DlpGate dlp = gate(OnMatch.WARN, LONG)) {
            hit(dlp, "h1", 0);
            assertThat(post(dlp, "h1", "hello").status()).isEqualTo(200);
        }
    }

    @Test
    @Row("45.f")
    void anOpenWebSocketEnds() throws Exception {
        try (DlpGate dlp = gate(OnMatch.BLOCK, LONG);
                RawClient socket = dlp.h1Client(DlpGate.H1)) {
            socket.send("GET /ws HTTP/1.1\r\nHost: h1.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(socket.readHead().status()).isEqualTo(101);
            socket.send(WebSocketFrame.text("hello").bytes());
            assertThat(WebSocketFrame.read(socket.input()).text()).isEqualTo("hello");

            hit(dlp, "h1", 0);

            socket.awaitEnd();
        }
    }
}

package egress.server.dlp;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Inspection.Hit;
import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import egress.policy.Route;
import egress.server.config.DlpConfig;
import egress.server.config.KnownHits;
import egress.server.dlp.DlpGate.Ask;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.WebSocketFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Secrets that leave in parts, over requests, messages and hosts, are stopped by the whole gate. */
class DlpSplitTest {
    private static final String SECRET =
            "q8ZtW3nRb5KxJ7vLc2Hy9MdPfG4sTa6EwV1oUiB0mXkQzYrCeNhDjAlSgFpT5u3Z8vR2k6W9yB4n7Jm1Lq0Xc5Hs3Gd8Fa2Tz6Po9Ie4Ru7Yw1Vb0Kx5Nj3Mh8Ql2"
                    + "Ct6Sg9Df4Az7Ep1Bv0Wk5Ou3Xi8Rm2Jn6Ly9Hq4Uc7Ts1Gb0Fd5Va3Pz8Ew2Ko6Ix9Nr4Mj7Yh1Qt0Cs5Lg3Df8";
    private static final String TOKEN = "ghp_" + "R7kQ2mZx9vLtB4nWc8JpYs3HdG6fKa1UeT5o";
    private static final int PART = 6;

    @TempDir
    Path directory;

    private DlpGate gate(OnMatch onMatch) throws IOException {
        return gate(onMatch, DlpGate.settings(directory).withKnownHits(KnownHits.OFF));
    }

    private DlpGate gate(OnMatch onMatch, DlpConfig settings) throws IOException {
        List<Route> routes = new ArrayList<>();
        for (String host : List.of(DlpGate.H1, DlpGate.H2)) {
            routes.add(Route.named(host).dlp(DlpGate.rules(onMatch)).build());
        }
        return DlpGate.start(directory, settings, routes, Map.of("EGRESS_TOKEN_0", SECRET));
    }

    private static List<String> parts(String value) {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < value.length(); i += PART) {
            out.add(value.substring(i, Math.min(value.length(), i + PART)));
        }
        return out;
    }

    private static Ask part(String host, String way, String part, int i) {
        return switch (way) {
            case "query" -> new Ask(host, "GET", "/count?c=" + part, List.of(), List.of(), List.of());
            case "path" -> new Ask(host, "GET", "/count/" + part, List.of(), List.of(), List.of());
            case "field" -> new Ask(host, "GET", "/count", List.of(), List.of(), List.of()).with("x-note", part);
            case "json" ->
                Ask.post(host, "/echo", DlpGate.bytes("{\"n\":\"" + part + "\"}"))
                        .with("content-type", "application/json");
            case "rpc" ->
                Ask.post(
                                host,
                                "/echo",
                                DlpGate.bytes("{\"jsonrpc\":\"2.0\",\"id\":" + i
                                        + ",\"method\":\"tools/call\",\"params\":{\"name\":\"put\",\"arguments\":{\"t\":\""
                                        + part + "\"}}}"))
                        .with("content-type", "application/json");
            case "grpc" -> {
                byte[] text = DlpGate.bytes(part);
                byte[] message = new byte[7 + text.length];
                message[4] = (byte) (2 + text.length);
                message[5] = 0x0a;
                message[6] = (byte) text.length;
                System.arraycopy(text, 0, message, 7, text.length);
                yield Ask.post(host, "/echo", message).with("content-type", "application/grpc");
            }
            default -> Ask.post(host, "/echo", DlpGate.bytes(part)).with("content-type", "text/plain");
        };
    }

    @ParameterizedTest
    @CsvSource({
        "query, h1",
        "query, h2",
        "path, h2",
        "field, h1",
        "json, h2",
        "rpc, h1",
        "grpc, h2",
        "plain, h1",
        "plain, h2"
    })
    void fortyPartsOverRequestsOfTwoHostsAreStoppedEarly(String way, String caller) throws IOException {
        try (DlpGate dlp = gate(OnMatch.BLOCK)) {
            for (String value : List.of(SECRET, TOKEN)) {
                List<String> parts = parts(value);
                int left = 0;
                for (int i = 0; i < parts.size(); i++) {
                    String host = i % 2 == 0 || way.equals("grpc") ? DlpGate.H2 : DlpGate.H1;
                    ReceivedResponse response = dlp.ask(caller, part(host, way, parts.get(i), i));
                    if (response.value("x-egress-deny").isPresent()) {
                        assertThat(response.value("x-egress-deny")).contains("dlp_match");
                        assertThat(response.status()).isEqualTo(way.equals("grpc") ? 200 : 403);
                        break;
                    }
                    left++;
                }
                System.out.printf("| %s | %s | %d parts of %d | %d left |%n", way, caller, parts.size(), PART, left);
                assertThat(left).isLessThanOrEqualTo(value.equals(SECRET) ? 1 : parts.size() - 1);
            }
        }
    }

    @Test
    void messagesOfAWebSocketAreJoinedOverConnectionsAndWithTheirLabelsTakenOff() throws Exception {
        List<String> parts = parts(SECRET);
        try (DlpGate dlp = gate(OnMatch.BLOCK)) {
            for (int i = 0; i < 2; i++) {
                try (RawClient socket = dlp.h1Client(DlpGate.H1)) {
                    socket.send("GET /ws HTTP/1.1\r\nHost: h1.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
                    assertThat(socket.readHead().status()).isEqualTo(101);
                    socket.send(WebSocketFrame.text("part" + (7 - i) + ":" + parts.get(6 - i))
                            .bytes());
                    WebSocketFrame answer = WebSocketFrame.read(socket.input());
                    assertThat(answer.opcode()).isEqualTo(i == 0 ? 1 : 8);
                }
            }
            Hit hit = dlp.awaitHit("known_secret");
            assertThat(hit.place()).isEqualTo("values sent one after the other");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BLOCK", "REDACT", "SUPERVISE"})
    void whatCannotBeMaskedIsDenied(OnMatch onMatch) throws IOException {
        List<String> parts = parts(SECRET);
        try (DlpGate dlp = gate(onMatch)) {
            assertThat(dlp.ask("h1", part(DlpGate.H1, "query", parts.get(0), 0)).status())
                    .isEqualTo(200);
            for (int i = 0; i < 3; i++) {
                assertThat(dlp.ask("h1", part(DlpGate.H1, "query", parts.get(1), i))
                                .status())
                        .isEqualTo(403);
            }
            assertThat(dlp.ask("h1", part(DlpGate.H1, "query", "harmless", 4)).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void whereItIsOnlySaidAllOfItLeaves() throws Exception {
        try (DlpGate dlp = gate(OnMatch.WARN)) {
            for (String part : parts(SECRET)) {
                assertThat(dlp.ask("h1", part(DlpGate.H1, "query", part, 0)).status())
                        .isEqualTo(200);
            }
            dlp.awaitHit("known_secret");
        }
    }

    @Test
    void aRouteThatIsNotScannedTellsNothingOfWhatLeftThere() throws IOException {
        Detectors standard = new Detectors.Standard();
        DlpRules unseen =
                new DlpRules(new Detectors.Off(), new Detectors.Off(), OnMatch.BLOCK, OnOversize.DENY, false, Set.of());
        DlpRules seen = new DlpRules(standard, standard, OnMatch.BLOCK, OnOversize.DENY, false, Set.of());
        List<Route> routes = List.of(
                Route.named(DlpGate.H1).dlp(unseen).build(),
                Route.named(DlpGate.H2).dlp(seen).build());
        List<String> parts = parts(SECRET);
        try (DlpGate dlp =
                DlpGate.start(directory, DlpGate.settings(directory), routes, Map.of("EGRESS_TOKEN_0", SECRET))) {
            assertThat(dlp.ask("h1", part(DlpGate.H1, "query", parts.get(0), 0)).status())
                    .isEqualTo(200);
            assertThat(dlp.ask("h1", part(DlpGate.H2, "query", parts.get(1), 0)).status())
                    .isEqualTo(200);
            assertThat(dlp.ask("h1", part(DlpGate.H2, "query", parts.get(2), 0)).status())
                    .isEqualTo(403);
        }
    }

    /** However they are judged beside each other, no two neighbours leave. */
    @Test
    void ofPartsThatAreSentAtOnceNoTwoNeighboursLeave() throws Exception {
        List<String> parts = parts(SECRET).subList(0, 8);
        try (DlpGate dlp = gate(OnMatch.BLOCK);
                ExecutorService callers = Executors.newFixedThreadPool(4)) {
            List<Callable<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < 2 * parts.size(); i++) {
                int which = i / 2;
                String numbered = "/count?part" + which + "=" + parts.get(which);
                all.add(() -> dlp.ask("h1", new Ask(DlpGate.H1, "GET", numbered, List.of(), List.of(), List.of()))
                                .status()
                        == 200);
            }
            List<Future<Boolean>> asked = callers.invokeAll(all);
            List<Boolean> left = new ArrayList<>();
            for (int i = 0; i < parts.size(); i++) {
                left.add(asked.get(2 * i).get() || asked.get(2 * i + 1).get());
            }
            for (int i = 1; i < left.size(); i++) {
                assertThat(left.get(i) && left.get(i - 1)).as(left.toString()).isFalse();
            }
        }
    }

    @Test
    void theMemoryIsCountedAndStaysWithinItsBudget() throws IOException {
        try (DlpGate dlp = gate(OnMatch.BLOCK)) {
            assertThat(dlp.engine.statistics().remembered().used()).isZero();
            for (int i = 0; i < 40; i++) {
                assertThat(dlp.ask("h1", part(DlpGate.H1, "json", "value-" + i + "-of-the-caller", i))
                                .status())
                        .isEqualTo(200);
            }
            long used = dlp.engine.statistics().remembered().used();
            assertThat(used).isBetween(4_000L, 100_000L);
            assertThat(dlp.engine.statistics().remembered().callers()).isEqualTo(1);
            assertThat(dlp.engine.statistics().remembered().capacity()).isEqualTo(8 << 20);
        }
    }
}

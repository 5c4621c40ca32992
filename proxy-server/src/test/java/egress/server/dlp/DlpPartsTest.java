package egress.server.dlp;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.DlpRules.OnMatch;
import egress.policy.Route;
import egress.server.config.KnownHits;
import egress.server.dlp.DlpGate.Ask;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.StreamResetException;
import egress.testkit.wire.WebSocketFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A known secret of forty parts and a token, in parts of six bytes: over requests to three hosts, messages of one WebSocket and of one gRPC
 * stream; as they are or numbered, in order, backwards and mixed. No two neighbours of the secret leave, and never all of the token.
 */
class DlpPartsTest {
    private static final int PART = 6;
    private static final int PARTS = 40;
    private static final long SEED = 20_261_130L;
    private static final String SECRET = drawn(PART * PARTS);
    private static final String TOKEN = "ghp_" + drawn(36);
    private static final List<String> HOSTS = List.of(DlpGate.H1, DlpGate.H2, DlpGate.H3);

    @TempDir
    Path directory;

    private static String drawn(int n) {
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        Random random = new Random(SEED + n);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) {
            out.append(letters.charAt(random.nextInt(letters.length())));
        }
        return out.toString();
    }

    private DlpGate gate() throws IOException {
        List<Route> routes = new ArrayList<>();
        for (String host : HOSTS) {
            routes.add(Route.named(host).dlp(DlpGate.rules(OnMatch.BLOCK)).build());
        }
        return DlpGate.start(
                directory,
                DlpGate.settings(directory).withKnownHits(KnownHits.OFF),
                routes,
                Map.of("EGRESS_TOKEN_0", SECRET));
    }

    /** A part as it is sent: which one it is, and its text with its number. */
    private record Part(int which, String text) {}

    private static List<Part> parts(String value, String label, String order) {
        List<Part> parts = new ArrayList<>();
        for (int at = 0; at < value.length(); at += PART) {
            int which = at / PART;
            String number = switch (label) {
                case "none" -> "";
                case "part1:" -> "part" + (which + 1) + ":";
                default -> "[" + (which + 1) + "/" + (value.length() + PART - 1) / PART + "] ";
            };
            parts.add(new Part(which, number + value.substring(at, Math.min(value.length(), at + PART))));
        }
        switch (order) {
            case "backwards" -> Collections.reverse(parts);
            case "mixed" -> Collections.shuffle(parts, new Random(SEED));
            default -> assertThat(order).isEqualTo("in order");
        }
        return parts;
    }

    /** What left of the secret: no two neighbours, since they would be a stretch that nobody can guess. */
    private static void assertNoNeighbours(List<Integer> left) {
        for (int which : left) {
            assertThat(left).as("part %d left", which).doesNotContain(which + 1);
        }
    }

    private static void check(String value, List<Integer> left, int all, String how) {
        System.out.printf(
                "| %s | %s | %d of %d parts left |%n",
                value.equals(SECRET) ? "known secret" : "token", how, left.size(), all);
        if (value.equals(SECRET)) {
            assertNoNeighbours(left);
        } else {
            assertThat(left).hasSizeLessThan(all);
        }
    }

    private static Ask ask(String host, String way, String part) {
        String query = part.replace(" ", "%20").replace("[", "%5B").replace("]", "%5D");
        return switch (way) {
            case "query" -> new Ask(host, "GET", "/count?c=" + query, List.of(), List.of(), List.of());
            case "path" -> new Ask(host, "GET", "/count/" + query.replace("/", "%2F"), List.of(), List.of(), List.of());
            case "field" -> new Ask(host, "GET", "/count", List.of(), List.of(), List.of()).with("x-note", part);
            case "json" ->
                Ask.post(host, "/echo", DlpGate.bytes("{\"note\":\"" + part + "\"}"))
                        .with("content-type", "application/json");
            default -> Ask.post(host, "/echo", DlpGate.bytes(part)).with("content-type", "text/plain");
        };
    }

    @ParameterizedTest(name = "{0}, label {1}, {2}")
    @CsvSource({
        "query, none, in order",
        "query, none, backwards",
        "query, part1:, in order",
        "query, part1:, mixed",
        "path, none, in order",
        "path, part1:, mixed",
        "field, none, in order",
        "field, part1:, backwards",
        "json, none, in order",
        "json, part1:, in order",
        "json, part1:, mixed",
        "json, [1/n], mixed",
        "plain, none, in order",
        "plain, part1:, mixed",
    })
    void overRequestsToThreeHosts(String way, String label, String order) throws IOException {
        try (DlpGate dlp = gate()) {
            for (String value : List.of(SECRET, TOKEN)) {
                List<Part> parts = parts(value, label, order);
                List<Integer> left = new ArrayList<>();
                for (int i = 0; i < parts.size(); i++) {
                    String host = HOSTS.get(i % HOSTS.size());
                    ReceivedResponse response =
                            dlp.ask("h1", ask(host, way, parts.get(i).text()));
                    if (response.value("x-egress-deny").isEmpty()) {
                        assertThat(response.status()).isEqualTo(200);
                        left.add(parts.get(i).which());
                    } else {
                        assertThat(response.value("x-egress-deny")).contains("dlp_match");
                        assertThat(response.text()).contains("values sent one after the other");
                    }
                }
                check(value, left, parts.size(), way + ", 3 hosts, label " + label + ", " + order);
            }
        }
    }

    @ParameterizedTest(name = "label {0}, {1}")
    @CsvSource({"none, in order", "none, backwards", "part1:, in order", "part1:, mixed"})
    void overTenMessagesOfOneWebSocket(String label, String order) throws IOException {
        for (String value : List.of(SECRET.substring(0, 10 * PART), TOKEN)) {
            List<Part> parts = parts(value, label, order);
            List<Integer> left = new ArrayList<>();
            try (DlpGate dlp = gate();
                    RawClient socket = dlp.h1Client(DlpGate.H1)) {
                socket.send("GET /ws HTTP/1.1\r\nHost: h1.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
                assertThat(socket.readHead().status()).isEqualTo(101);
                for (Part part : parts) {
                    socket.send(WebSocketFrame.text(part.text()).bytes());
                    WebSocketFrame answer = WebSocketFrame.read(socket.input());
                    if (answer.opcode() == WebSocketFrame.CLOSE) {
                        assertThat(answer.closeCode()).isEqualTo(1008);
                        break;
                    }
                    left.add(part.which());
                }
            }
            assertThat(left).hasSizeLessThan(parts.size());
            check(
                    value.equals(TOKEN) ? TOKEN : SECRET,
                    left,
                    parts.size(),
                    "one WebSocket, label " + label + ", " + order);
        }
    }

    private static byte[] message(String text) {
        byte[] value = DlpGate.bytes(text);
        return ByteBuffer.allocate(7 + value.length)
                .putInt(1, 2 + value.length)
                .position(5)
                .put((byte) 0x0a)
                .put((byte) value.length)
                .put(value)
                .array();
    }

    @ParameterizedTest(name = "label {0}, {1}")
    @CsvSource({"none, in order", "none, backwards", "part1:, in order", "part1:, mixed"})
    void overTenMessagesOfOneGrpcStream(String label, String order) throws IOException {
        for (String value : List.of(SECRET.substring(0, 10 * PART), TOKEN)) {
            List<Part> parts = parts(value, label, order);
            List<Integer> left = new ArrayList<>();
            try (DlpGate dlp = gate();
                    H2Client client =
                            H2Client.through(dlp.gate.port(), DlpGate.H2 + ":443", dlp.gate.client(DlpGate.H2))) {
                H2Stream stream = client.request(
                        "POST", DlpGate.H2, "/grpc", false, "content-type", "application/grpc", "te", "trailers");
                for (Part part : parts) {
                    byte[] sent = message(part.text());
                    if (!passes(stream, sent)) {
                        break;
                    }
                    left.add(part.which());
                }
            }
            assertThat(left).hasSizeLessThan(parts.size());
            check(
                    value.equals(TOKEN) ? TOKEN : SECRET,
                    left,
                    parts.size(),
                    "one gRPC stream, label " + label + ", " + order);
        }
    }

    /** Whether the origin gave it back, or the stream ended. */
    private static boolean passes(H2Stream stream, byte[] sent) throws IOException {
        try {
            stream.write(sent, false);
            int got = 0;
            while (got < sent.length) {
                int n = stream.read(new byte[sent.length - got]);
                if (n <= 0) {
                    return false;
                }
                got += n;
            }
            return true;
        } catch (StreamResetException denied) {
            return false;
        }
    }

    /** Each part beside nine values that have nothing to do with it, as a body of some tool has. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"in order", "backwards"})
    void overRequestsWithOtherValuesBesideThem(String order) throws IOException {
        List<Part> parts = parts(SECRET, "none", order);
        List<Integer> left = new ArrayList<>();
        Random random = new Random(SEED);
        try (DlpGate dlp = gate()) {
            for (int i = 0; i < parts.size(); i++) {
                String others = IntStream.range(0, 9)
                        .mapToObj(n -> "\"f" + n + "\":\"" + Integer.toString(random.nextInt(1 << 30), 36) + "\"")
                        .reduce("", (a, b) -> a + "," + b);
                String body = "{\"note\":\"" + parts.get(i).text() + "\"" + others + "}";
                Ask ask = Ask.post(HOSTS.get(i % HOSTS.size()), "/echo", DlpGate.bytes(body))
                        .with("content-type", "application/json");
                if (dlp.ask("h1", ask).value("x-egress-deny").isEmpty()) {
                    left.add(parts.get(i).which());
                }
            }
        }
        check(SECRET, left, parts.size(), "beside other values, " + order);
    }
}

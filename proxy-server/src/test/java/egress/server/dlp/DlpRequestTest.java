package egress.server.dlp;

import static egress.server.dlp.DlpGate.bytes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Inspection.Effect;
import egress.policy.DlpRules;
import egress.policy.Route;
import egress.server.dlp.DlpGate.Ask;
import egress.testkit.GitHubToken;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.ReceivedResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What leaves and what does not, by h1 and h2 on either side. */
class DlpRequestTest {
    private static final String TOKEN = GitHubToken.of(1);

    @TempDir
    static Path directory;

    private static DlpGate dlp;

    @BeforeAll
    static void start() throws IOException {
        dlp = DlpGate.start(directory, DlpGate.settings(directory), DlpRules.DEFAULT);
    }

    @AfterAll
    static void stop() throws IOException {
        dlp.close();
    }

    static Stream<String[]> matrix() {
        return Stream.of(
                new String[] {"h1", DlpGate.H1},
                new String[] {"h1", DlpGate.H2},
                new String[] {"h2", DlpGate.H1},
                new String[] {"h2", DlpGate.H2});
    }

    static Stream<Arguments> dresses() throws IOException {
        String json = "{\"model\":\"m\",\"note\":\"" + TOKEN + "\"}";
        String twice = URLEncoder.encode(URLEncoder.encode(TOKEN, UTF_8), UTF_8).replace("_", "%255F");
        String multipart = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + TOKEN + "\r\n--b--\r\n";
        List<Ask> asks = List.of(
                post("/plain", bytes("token=" + TOKEN)),
                post("/json", bytes(json)).with("content-type", "application/json"),
                post("/key", bytes("{\"" + TOKEN + "\":1}")).with("content-type", "application/json"),
                post("/base64", bytes("x=" + Base64.getEncoder().encodeToString(bytes("k: " + TOKEN)))),
                post("/percent-twice", bytes("a=" + twice)).with("content-type", "application/x-www-form-urlencoded"),
                post("/gzip", gzip(json)).with("content-encoding", "gzip", "content-type", "application/json"),
                post("/split", bytes("token=" + TOKEN.substring(0, 11)), bytes(TOKEN.substring(11))),
                post("/multipart", bytes(multipart)).with("content-type", "multipart/form-data; boundary=b"),
                post("/trailer", bytes("clean")).with("trailer", "x-sum").trailing("x-sum", TOKEN),
                post("/large", padded(200_000, TOKEN)),
                post("/header", bytes("clean")).with("x-note", TOKEN),
                post("/authorization", bytes("clean")).with("authorization", "Bearer " + TOKEN),
                get("/path/" + TOKEN),
                get("/query?a=1&t=" + TOKEN));
        List<Arguments> all = new ArrayList<>();
        for (String[] pair : matrix().toList()) {
            for (Ask ask : asks) {
                all.add(Arguments.of(pair[0], pair[1], ask.target().split("[/?]", -1)[1], ask));
            }
        }
        return all.stream();
    }

    private static Ask post(String target, byte[]... parts) {
        return Ask.post("", target, parts);
    }

    private static Ask get(String target) {
        return new Ask("", "GET", target, List.of(), List.of(), List.of());
    }

    static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(UTF_8));
        }
        return out.toByteArray();
    }

    /** Words, with the secret near their end. */
    private static byte[] padded(int length, String secret) {
        StringBuilder text = new StringBuilder(length + 100);
        while (text.length() < length) {
            text.append("the quick brown fox jumps over the lazy dog\n");
        }
        return bytes(text + secret + "\nthe end\n");
    }

    @ParameterizedTest(name = "{2} by {0} to {1}")
    @MethodSource("dresses")
    @Row("33.xa")
    void deniesATokenInEveryDressAndPlace(String caller, String host, String dress, Ask ask) throws IOException {
        String target = ask.target() + (ask.target().contains("?") ? "&" : "?") + "by=" + caller;
        Ask sent = new Ask(host, ask.method(), target, ask.fields(), ask.parts(), ask.trailers());

        ReceivedResponse response = dlp.ask(caller, sent);

        assertThat(response.status()).as("%s", response).isEqualTo(403);
        assertThat(response.text())
                .startsWith("egress DLP: github_token found in ")
                .endsWith("\n");
        assertThat(response.text()).doesNotContain(TOKEN);
        assertThat(response.value("x-egress-deny")).contains("dlp_match");
        assertThat(dlp.received(host, target)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void saysWhereTheTokenStood(String caller, String host) throws IOException {
        assertThat(dlp.ask(caller, Ask.post(host, "/where", bytes("token=" + TOKEN)))
                        .text())
                .isEqualTo("egress DLP: github_token found in body\n");
        assertThat(dlp.ask(caller, Ask.post(host, "/where", bytes("clean")).with("x-note", TOKEN))
                        .text())
                .isEqualTo("egress DLP: github_token found in header x-note\n");
    }

    @ParameterizedTest
    @CsvSource({
        "h1,h1.example,1000",
        "h1,h2.example,100000",
        "h2,h1.example,100000",
        "h2,h2.example,1000",
        "h1,h1.example,3000000",
        "h2,h2.example,3000000",
        "h2,h1.example,3000000"
    })
    @Row(value = "33.xb", allowed = true)
    void sendsACleanBodyByteForByte(String caller, String host, int length) throws IOException, InterruptedException {
        byte[] body = new byte[length];
        Random random = new Random(length);
        for (int i = 0; i < length; i++) {
            body[i] = (byte) "abcdefgh \n".charAt(random.nextInt(10));
        }
        int third = length / 3;
        String target = "/echo?" + caller + host + length;

        ReceivedResponse response = dlp.ask(
                caller,
                Ask.post(host, target, Arrays.copyOfRange(body, 0, third), Arrays.copyOfRange(body, third, length))
                        .with("X-Case", "kept")
                        .trailing("x-end", "clean too"));

        assertThat(response.status()).as("%s", response).isEqualTo(200);
        RecordedRequest seen = dlp.received(host, target).orElseThrow();
        assertThat(seen.awaitComplete().body()).isEqualTo(body);
        assertThat(Field.first(seen.trailers(), "x-end")).contains("clean too");
        dlp.awaitNothingHeld(64 << 20, 1 << 30);
        assertThat(directory.toFile().list((dir, name) -> name.endsWith(".spool")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"h1.example,0", "h2.example,0", "h2.example,00"})
    void dropsTheTrailersOfARequestThatSaysItHasNoBody(String host, String length)
            throws IOException, InterruptedException {
        String target = "/echo?no-body" + host + length;

        ReceivedResponse response = dlp.ask(
                "h2", Ask.post(host, target).with("content-length", length).trailing("x-sum", TOKEN));

        assertThat(response.status()).as("%s", response).isEqualTo(200);
        RecordedRequest seen = dlp.received(host, target).orElseThrow();
        assertThat(seen.awaitComplete().body()).isEmpty();
        assertThat(seen.trailers()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "content_encoding,br",
        "content.encoding,br",
        "content_encoding,gzip",
        "grpc_encoding,br",
        "connect_content_encoding,br"
    })
    void sendsNoBodyWhoseCodingIsNamedByAnotherSpelling(String name, String coding) throws IOException {
        for (String[] way : matrix().toArray(String[][]::new)) {
            String target = "/spelled?" + way[0] + name + coding;
            Ask ask = Ask.post(way[1], target, new byte[] {11, 2, -128, 'c', 'l', 'e', 'a', 'n', 3});

            ReceivedResponse response = dlp.ask(way[0], ask.with(name, coding));

            assertThat(response.status()).as("%s", response).isEqualTo(403);
            assertThat(response.value("x-egress-deny")).contains("dlp_unscannable");
            assertThat(dlp.received(way[1], target)).isEmpty();
            assertThat(dlp.ask(way[0], ask.with(name, "identity")).status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/svc/Get?connect=v1&encoding=json&base64=1&compression=br&message=CwKAY2xlYW4D,403",
        "/svc/Get?message=CwKAY2xlYW4D&base64=1&compr%65ssion=%62r,403",
        "/svc/Get?message=e30&compression=snappy,403",
        "/svc/Get?message=%7B%7D&encoding=json&compression=identity,200",
        "/svc/Get?compression=br&size=3,200",
        "/svc/Get?message=hello&encoding=json,200"
    })
    void sendsNoMessageInAQueryThatIsInACodingNotReadThere(String target, int status) throws IOException {
        for (String[] way : matrix().toArray(String[][]::new)) {
            ReceivedResponse response =
                    dlp.ask(way[0], new Ask(way[1], "GET", target, List.of(), List.of(), List.of()));

            assertThat(response.status()).as("%s", response).isEqualTo(status);
            assertThat(response.value("x-egress-deny"))
                    .isEqualTo(status == 200 ? java.util.Optional.empty() : java.util.Optional.of("dlp_unscannable"));
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void keepsTheContentLengthOfACleanBody(String caller, String host) throws IOException {
        String target = "/echo?length" + caller + host;

        ReceivedResponse response =
                dlp.ask(caller, Ask.post(host, target, bytes("hello")).with("content-length", "5"));

        assertThat(response.status()).isEqualTo(200);
        assertThat(dlp.received(host, target).orElseThrow().value("content-length"))
                .contains("5");
    }

    @Test
    @Row("36.xa")
    void deniesASecretInAHostLabelBeforeAnybodyIsAskedForTheName() throws IOException {
        String label = TOKEN.toLowerCase(Locale.ROOT).replace("_", "-");
        String known = "kq7zt2vw9xhn4mpl8rbd";
        String host = known + ".attacker.example";
        List<Route> routes = List.of(
                Route.named(host).build(), Route.named(label + ".example").build());
        try (DlpGate own =
                DlpGate.start(directory, DlpGate.settings(directory), routes, Map.of("EGRESS_TOKEN_7", known))) {
            Ask ask = new Ask(host, "GET", "/", List.of(), List.of(), List.of());

            ReceivedResponse response = own.ask("h1", ask);

            assertThat(response.status()).isEqualTo(403);
            assertThat(response.text()).startsWith("egress DLP: known_secret found in h");
            assertThat(own.gate.upstreams().statistics().connects()).isZero();
            assertThat(own.gate.upstreams().statistics().connectFailures()).isZero();
        }
    }

    @Test
    @Row("31.xf")
    void tellsObserversWhatWasFoundButNotTheValue() throws IOException, InterruptedException {
        try (DlpGate own = DlpGate.start(directory, DlpGate.settings(directory), DlpRules.DEFAULT)) {
            own.ask("h1", Ask.post(DlpGate.H1, "/found", bytes("token=" + TOKEN)));

            var hit = own.awaitHit("github_token");
            assertThat(hit.place()).isEqualTo("body");
            assertThat(hit.fingerprint()).matches("fp:[0-9a-f]{16}");
            assertThat(hit.effect()).isEqualTo(Effect.BLOCKED);
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    @Row("34.xa")
    void deniesACodingThatItCannotReadIn(String caller, String host) throws IOException {
        ReceivedResponse response =
                dlp.ask(caller, Ask.post(host, "/coding?" + caller, bytes("x")).with("content-encoding", "compress"));

        assertThat(response.status()).isEqualTo(403);
        assertThat(response.value("x-egress-deny")).contains("dlp_unscannable");
        assertThat(dlp.received(host, "/coding?" + caller)).isEmpty();
    }
}

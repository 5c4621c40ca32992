package egress.server.dlp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Inspection.Effect;
import egress.gate.Gate;
import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.server.config.KnownHits;
import egress.server.dlp.judge.ScanWatch;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Settings;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.WebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an origin gave goes back to where it belongs through the whole gate, and nothing else does. */
class DlpGivenTest {
    private static final String GIVER = "github.com";
    private static final String STORE = "store.example";
    private static final String OTHER = "other.example";
    /** Only warns of what is found, and answers with what it was sent. */
    private static final String ECHO = "echo.example";
    /** The same at another host. */
    private static final String AGAIN = "again.example";
    /** Is not scanned. */
    private static final String UNSEEN = "unseen.example";

    /** Lets bodies that are too large pass unscanned. */
    private static final String LOOSE = "loose.example";

    private static final int MOST = 64 * 1024;

    private static final String PLAIN = "plain.example";
    private static final String KNOWN = "q8ZtW3nRb5KxJ7vLc2Hy9MdPfG4sTa6E";
    private static final String TOKEN = "ghp_" + "R7kQ2mZx9vLtB4nWc8JpYs3HdG6fKa1UeT5o";
    private static final String SESSION = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3Mzg0NzMyMTA5NCIsInIiOiJ4OWsyIn0."
            + "Zm93bGVyLXF1aWNrLXNpbHZlci1tb29uLTg4MzQyMQ";
    private static final String TARGET = "/tool.tar.gz?key=" + TOKEN + "&Expires=1796025600&Signature=q9~Lk2-Zt7Wb4Xn8";
    private static final String URL = "https://" + STORE + TARGET;

    @TempDir
    Path directory;

    private Origin origin;
    private Origin plain;
    private DlpEngine engine;
    private Gate gate;
    /** What the giver answers with. */
    private volatile List<Field> fields = List.of();

    private volatile byte[] body = {};

    private static DlpRules rules(Detectors outbound, OnMatch onMatch) {
        return new DlpRules(outbound, new Detectors.Standard(), onMatch, OnOversize.DENY, false, Set.of());
    }

    @BeforeEach
    void start() throws IOException {
        TestCa ca = TestCa.create("origins");
        origin = Origin.tls(ca.leaf(GIVER, STORE, OTHER, ECHO, AGAIN, UNSEEN, LOOSE), Alpn.H2_AND_H1);
        plain = Origin.plain();
        for (String path : List.of("/", "/x", "/keep", "/tool.tar.gz")) {
            origin.on(path, DlpGivenTest::echo);
        }
        origin.on("/give", this::give);
        plain.on("/give", this::give);
        Detectors standard = new Detectors.Standard();
        List<Route> routes = new ArrayList<>();
        for (String host : List.of(GIVER, STORE, OTHER, PLAIN)) {
            routes.add(Route.named(host).dlp(rules(standard, OnMatch.BLOCK)).build());
        }
        for (String host : List.of(ECHO, AGAIN)) {
            routes.add(Route.named(host).dlp(rules(standard, OnMatch.WARN)).build());
        }
        routes.add(Route.named(UNSEEN)
                .dlp(rules(new Detectors.Off(), OnMatch.BLOCK))
                .build());
        routes.add(Route.named(LOOSE)
                .dlp(new DlpRules(standard, standard, OnMatch.BLOCK, OnOversize.NOSCAN, false, Set.of()))
                .build());
        routes.add(Route.named(GIVER + ":8443").passthrough(true).build());
        engine = DlpEngine.start(
                DlpGate.settings(directory, MOST, 64 << 20, 1 << 30).withKnownHits(KnownHits.OFF),
                Optional.empty(),
                new byte[32],
                new SecureRandom(),
                ScanWatch.NONE);
        Gate.Builder builder = CaLeaves.gate()
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .users(Map.of("one", "pw", "two", "pw"))
                .inspector(engine.inspector(routes, List.of(), Map.of("EGRESS_TOKEN_0", KNOWN)))
                .pin(PLAIN, 80, plain.port())
                .pin(STORE, 80, plain.port())
                .pin(GIVER, 8443, origin.port());
        for (String host : List.of(GIVER, STORE, OTHER, ECHO, AGAIN, UNSEEN, LOOSE)) {
            builder.pin(host, 443, origin.port());
        }
        routes.forEach(builder::route);
        gate = builder.start();
    }

    @AfterEach
    void stop() throws IOException {
        gate.close();
        engine.close();
        origin.close();
        plain.close();
    }

    private void give(OriginExchange exchange) throws IOException {
        exchange.drain();
        List<Field> head = new ArrayList<>(fields);
        head.add(new Field("content-length", Integer.toString(body.length)));
        exchange.head(Field.first(fields, "location").isPresent() ? 302 : 200, head);
        for (byte each : body) { // in as many parts as there can be
            exchange.write(new byte[] {each});
        }
        exchange.end();
    }

    /** Gives what it was sent: where it is to go, which cookie to set, or its body as JSON. */
    private static void echo(OriginExchange exchange) throws IOException {
        byte[] sent = exchange.readAll();
        List<Field> head = new ArrayList<>();
        for (String name : List.of("location", "set-cookie")) {
            String value = exchange.parameter(name, "");
            if (!value.isEmpty()) {
                head.add(new Field(name, URLDecoder.decode(value, StandardCharsets.UTF_8)));
            }
        }
        String base64 = exchange.parameter("coded", "");
        if (!base64.isEmpty()) {
            head.add(new Field(
                    "location",
                    "https://" + STORE + "/?sig=1&state="
                            + Base64.getEncoder().encodeToString(base64.getBytes(ISO_8859_1))));
        }
        String plain = exchange.parameter("plain", "");
        if (!plain.isEmpty()) {
            String decoded = new String(
                    Base64.getDecoder().decode(URLDecoder.decode(plain, StandardCharsets.UTF_8)), ISO_8859_1);
            head.add(new Field("location", "https://" + STORE + "/?sig=1&state=" + decoded));
        }
        head.add(new Field("content-type", "application/json"));
        head.add(new Field("content-length", Integer.toString(sent.length)));
        exchange.head(200, head);
        exchange.write(sent);
        exchange.end();
    }

    private static String authorization(String user) {
        return "Proxy-Authorization: Basic " + Base64.getEncoder().encodeToString((user + ":pw").getBytes(ISO_8859_1));
    }

    private RawClient h1(String user, String host) throws IOException {
        RawClient client = RawClient.connect(gate.port());
        assertThat(client.connectMethod(host + ":443", authorization(user)).status())
                .isEqualTo(200);
        return client.tls(gate.client(host).alpn("http/1.1"));
    }

    private ReceivedResponse ask(String user, String host, String method, String target, String text, String... lines)
            throws IOException {
        try (RawClient client = h1(user, host)) {
            String head = lines.length == 0 ? "" : String.join("\r\n", lines) + "\r\n";
            String length = text.isEmpty() ? "" : "Content-Length: " + text.length() + "\r\n";
            client.send(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + head + length + "\r\n" + text);
            return client.readResponse(method);
        }
    }

    private ReceivedResponse get(String host, String target, String... lines) throws IOException {
        return ask("one", host, "GET", target, "", lines);
    }

    /** The giver answers one with such fields. */
    private void given(String... namesAndValues) throws IOException {
        fields = Field.list(namesAndValues);
        assertThat(get(GIVER, "/give").value("x-egress-deny")).isEmpty();
    }

    private void isDenied(ReceivedResponse response, String detector) {
        assertThat(response.status()).isEqualTo(403);
        assertThat(response.value("x-egress-deny")).contains("dlp_match");
        assertThat(response.text()).contains(detector);
    }

    private static void passes(ReceivedResponse response) {
        assertThat(response.status()).as(response.text()).isEqualTo(200);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"location", "link", "json", "escaped", "gzip", "lfs"})
    @Row(value = "33.xj", allowed = true)
    void aLinkIsFollowed(String by) throws IOException {
        String json = "{\"objects\":[{\"actions\":{\"download\":{\"href\":\"" + URL + "\",\"expires_in\":300}}}]}";
        isDenied(get(STORE, TARGET), "github_token");
        switch (by) {
            case "location" -> given("location", URL);
            case "link" -> given("link", "<https://" + STORE + "/a>; rel=self, <" + URL + ">; rel=\"alternate\"");
            case "gzip" -> {
                body = gzip(json);
                given("content-type", "application/json", "content-encoding", "gzip");
            }
            default -> {
                body = (by.equals("escaped") ? json.replace("/", "\\/").replace("&", "\\u0026") : json)
                        .getBytes(StandardCharsets.UTF_8);
                given(
                        "content-type",
                        by.equals("lfs") ? "application/vnd.git-lfs+json; charset=utf-8" : "application/json");
            }
        }
        passes(get(STORE, TARGET));
        passes(get(STORE, TARGET));
        assertThat(gate.hits()).filteredOn(hit -> hit.effect() == Effect.WARNED).isEmpty();
        try (RawClient tunnel = RawClient.connect(gate.port())) {
            assertThat(tunnel.connectMethod(STORE + ":443", authorization("one"))
                            .status())
                    .isEqualTo(200);
            H2Client client = H2Client.over(tunnel.tls(gate.client(STORE).alpn("h2")), H2Settings.defaults());
            assertThat(client.request("GET", STORE, TARGET, true).response().status())
                    .as("by h2")
                    .isEqualTo(200);
        }
        assertThat(origin.requests())
                .filteredOn(request -> request.target().equals(TARGET))
                .hasSize(3);
    }

    @Test
    void aCookieGoesBack() throws IOException {
        String cookie = "Cookie: a=b; session=" + SESSION + "; c=d";
        isDenied(get(GIVER, "/x", cookie), "jwt found in header Cookie");
        given("set-cookie", "session=" + SESSION + "; Path=/; HttpOnly; Secure");
        for (int i = 0; i < 3; i++) { // what goes back is not taken for sent, and set again it is given again
            passes(get(GIVER, "/x", cookie));
            passes(get(GIVER, "/give", cookie));
        }
        assertThat(gate.hits()).filteredOn(hit -> hit.effect() == Effect.WARNED).isEmpty();
    }

    @Test
    void aCookieThatHoldsATokenInBase64GoesBack() throws IOException {
        String state = "{\"user\":\"anna\",\"token\":\"" + TOKEN + "\"}";
        String cookie = "state=" + Base64.getUrlEncoder().withoutPadding().encodeToString(state.getBytes(ISO_8859_1));
        isDenied(get(GIVER, "/x", "Cookie: " + cookie), "github_token");
        given("set-cookie", cookie + "; Secure");
        passes(get(GIVER, "/x", "Cookie: " + cookie));
        isDenied(get(GIVER, "/x", "X-State: " + cookie), "github_token");
    }

    /** Each row is one thing that is not what was given. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "another host             | other.example | GET  | TARGET                 |",
                "one byte more            | store.example | GET  | TARGETx                |",
                "one byte less            | store.example | GET  | TARGE                  |",
                "one byte else in the path| store.example | GET  | /u TARGET              |",
                "one parameter more       | store.example | GET  | TARGET&a=b             |",
                "in a field               | store.example | GET  | /                      | Referer: URL",
                "in another cookie        | store.example | GET  | /                      | Cookie: u=URL",
                "its token in a field     | store.example | GET  | TARGET                 | X-Note: TOKEN",
                "its token in a cookie    | store.example | GET  | TARGET                 | Cookie: a=TOKEN",
                "a cookie to another host | store.example | GET  | /                      | Cookie: session=SESSION",
                "a cookie by another name | github.com    | GET  | /                      | Cookie: sessions=SESSION",
                "a cookie with more in it | github.com    | GET  | /                      | Cookie: session=SESSIONx",
                "a token beside a cookie  | github.com    | GET  | /                      | Cookie: session=SESSION; a=TOKEN",
                "a cookie in another field| github.com    | GET  | /                      | X-Cookie: session=SESSION",
                "a cookie in the query    | github.com    | GET  | /?session=SESSION      |",
                "the link to its giver    | github.com    | GET  | TARGET                 |",
            })
    @Row("33.xh")
    void whatWasNotGivenIsDenied(String what, String host, String method, String target, String line)
            throws IOException {
        given("location", URL, "set-cookie", "session=" + SESSION);
        String asked = filled(target.replace("/u TARGET", "/u" + TARGET.substring(2))
                .replace("TARGET", TARGET)
                .replace("TARGE", TARGET.substring(0, TARGET.length() - 1)));
        ReceivedResponse response =
                line == null ? ask("one", host, method, asked, "") : ask("one", host, method, asked, "", filled(line));
        assertThat(response.status()).as(what).isEqualTo(403);
        assertThat(response.value("x-egress-deny")).as(what).contains("dlp_match");
        passes(get(STORE, TARGET));
        passes(get(GIVER, "/", "Cookie: session=" + SESSION));
    }

    private static String filled(String text) {
        return text.replace("URL", URL).replace("TOKEN", TOKEN).replace("SESSION", SESSION);
    }

    @Test
    void aBodyThatGoesToAGivenLinkIsScannedAsEver() throws IOException {
        given("location", URL);
        passes(ask("one", STORE, "PUT", TARGET, "harmless"));
        isDenied(ask("one", STORE, "PUT", TARGET, "note " + TOKEN), "github_token found in body");
    }

    @Test
    void anotherCallerWasGivenNothing() throws IOException {
        given("location", URL, "set-cookie", "session=" + SESSION);
        isDenied(ask("two", STORE, "GET", TARGET, ""), "github_token");
        isDenied(ask("two", GIVER, "GET", "/", "", "Cookie: session=" + SESSION), "jwt");
        passes(get(STORE, TARGET));
    }

    @Test
    void nothingIsGivenOverPlainHttpNorGoesThere() throws IOException {
        given("location", "http://" + STORE + TARGET);
        isDenied(get(STORE, TARGET), "github_token");
        given("location", URL);
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send("GET http://" + STORE + TARGET + " HTTP/1.1\r\nHost: " + STORE + "\r\n" + authorization("one")
                    + "\r\n\r\n");
            isDenied(client.readResponse("GET"), "github_token");
        }
        String fromPlain = TARGET.replace("Zt7Wb4Xn8", "plain");
        fields = Field.list("location", "https://" + STORE + fromPlain);
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send("GET http://" + PLAIN + "/give HTTP/1.1\r\nHost: " + PLAIN + "\r\n" + authorization("one")
                    + "\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(302);
        }
        isDenied(get(STORE, fromPlain), "github_token");
        passes(get(STORE, TARGET));
    }

    @Test
    void aKnownSecretIsNeverGiven() throws IOException {
        String target = "/x?token=" + KNOWN + "&sig=1";
        given("location", "https://" + STORE + target, "set-cookie", "session=" + KNOWN);
        isDenied(get(STORE, target), "known_secret found in query");
        isDenied(get(GIVER, "/", "Cookie: session=" + KNOWN), "known_secret");
    }

    @Test
    void theTestValueIsNeverGiven() throws IOException {
        String target = "/x?note=egress-test-value-Zq7Xw2Lm9Kd4Tn8Rv5Hb3Yc6Jp1Gs0Ft&sig=1";
        given("location", "https://" + STORE + target);
        isDenied(get(STORE, target), "egress_test_value");
    }

    @Test
    void aRouteThatIsNotScannedGivesNothing() throws IOException {
        fields = Field.list("location", URL);
        assertThat(get(UNSEEN, "/give").status()).isEqualTo(302);
        isDenied(get(STORE, TARGET), "github_token");
    }

    /** However the caller sends its own token to an origin that gives back what it was sent, it is not given. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET  | /?location=ENCODED                              |",
                "POST | /?location=https://store.example/x%3Fsig=1      | [\"URL\"]",
                "POST | /                                               | {\"note\":\"URL\"}",
                "POST | /                                               | [\"ESCAPED\"]",
                "GET  | /?coded=TOKEN                                   |",
            })
    @Row("33.xi")
    void whatAnOriginEchoesIsDenied(String method, String target, String text) throws IOException {
        String encoded = URL.replace("&", "%26").replace("?", "%3f").replace("=", "%3D");
        String sent = filled(target.replace("ENCODED", encoded));
        String json = text == null
                ? ""
                : filled(text.replace("ESCAPED", URL.replace("/", "\\/").replace("&", "\\u0026")));
        String state = "/?sig=1&state=" + Base64.getEncoder().encodeToString(TOKEN.getBytes(ISO_8859_1));
        passes(ask("one", ECHO, method, sent, json));
        String follows = target.contains("coded") ? state : TARGET;
        isDenied(get(STORE, follows), "github_token");
        passes(ask("two", ECHO, "GET", "/", ""));
        isDenied(ask("two", STORE, "GET", follows, ""), "github_token");
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** What the caller sent, which is what it goes to, in a form in which its token cannot be read off. */
    static List<String> dresses() {
        String base64 = Base64.getEncoder().withoutPadding().encodeToString(TOKEN.getBytes(ISO_8859_1));
        StringBuilder spaced = new StringBuilder();
        StringBuilder pieces = new StringBuilder();
        StringBuilder codes = new StringBuilder();
        for (int i = 0; i < TOKEN.length(); i++) {
            spaced.append(i == 0 ? "" : "-").append(TOKEN.charAt(i));
            pieces.append(i % 7 == 0 ? "&p" + i / 7 + "=" : "").append(TOKEN.charAt(i));
            codes.append('%').append(HexFormat.of().toHexDigits((byte) TOKEN.charAt(i)));
        }
        return List.of(
                "/?sig=1&state=" + base64,
                "/x/" + base64 + "?sig=1",
                "/?sig=1&state=" + HexFormat.of().formatHex(TOKEN.getBytes(ISO_8859_1)),
                "/?sig=1&state=" + spaced,
                "/?sig=1" + pieces,
                "/?sig=1&state=" + codes);
    }

    @ParameterizedTest
    @MethodSource("dresses")
    @Row("33.xi")
    void whatAnOriginEchoesIsDeniedInTheDressInWhichItWasSent(String target) throws IOException {
        isDenied(get(STORE, target), "github_token");
        passes(get(ECHO, "/?location=" + encoded("https://" + STORE + target)));
        isDenied(get(STORE, target), "github_token");
    }

    @Test
    void aCookieThatHoldsWhatWasSentInBase64IsStillFound() throws IOException {
        String cookie = "a=" + Base64.getEncoder().withoutPadding().encodeToString(TOKEN.getBytes(ISO_8859_1));
        passes(get(ECHO, "/?set-cookie=" + encoded(cookie)));
        int before = gate.hits().size();
        passes(get(ECHO, "/", "Cookie: " + cookie));
        assertThat(gate.hits().subList(before, gate.hits().size()))
                .anyMatch(hit ->
                        hit.detector().equals("github_token") && hit.place().contains("Cookie"));
    }

    /** By an origin that takes off what it was sent in. */
    @Test
    void whatAnOriginDecodesIsDenied() throws IOException {
        String base64 = Base64.getEncoder().encodeToString(("a note: " + TOKEN).getBytes(ISO_8859_1));
        passes(get(ECHO, "/?plain=" + encoded(base64)));
        isDenied(get(STORE, "/?sig=1&state=a%20note:%20" + TOKEN), "github_token");
    }

    /** One that echoes leads to the next: what it was given takes along what the caller had sent. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatGoesFromEchoToEchoIsDenied(boolean base64) throws IOException {
        String target = "/?sig=1&state="
                + (base64 ? Base64.getEncoder().withoutPadding().encodeToString(TOKEN.getBytes(ISO_8859_1)) : TOKEN);
        String again = "/?location=" + encoded("https://" + STORE + target);
        ReceivedResponse first = get(ECHO, "/?location=" + encoded("https://" + AGAIN + again));
        assertThat(first.value("location")).contains("https://" + AGAIN + again);
        assertThat(get(AGAIN, again).value("location")).contains("https://" + STORE + target);
        isDenied(get(STORE, target), "github_token");
    }

    @Test
    void whatAnOriginEchoesLaterIsDenied() throws IOException {
        passes(ask("one", ECHO, "POST", "/keep", "note=" + TOKEN));
        fields = Field.list("location", URL);
        assertThat(get(ECHO, "/give").status()).isEqualTo(302);
        isDenied(get(STORE, TARGET), "github_token");
        // The same from an origin that was not sent it.
        given("location", URL);
        passes(get(STORE, TARGET));
    }

    @Test
    void whatAnOriginEchoesInACookieIsStillFound() throws IOException {
        passes(get(ECHO, "/?set-cookie=a%3D" + TOKEN));
        int before = gate.hits().size();
        passes(get(ECHO, "/", "Cookie: a=" + TOKEN));
        assertThat(gate.hits().subList(before, gate.hits().size()))
                .anyMatch(hit ->
                        hit.detector().equals("github_token") && hit.place().contains("Cookie"));
    }

    @Test
    void whatIsEchoedAfterAMessageOfAWebSocketIsDenied() throws Exception {
        try (RawClient socket = h1("one", ECHO)) {
            socket.send("GET /ws HTTP/1.1\r\nHost: " + ECHO + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(socket.readHead().status()).isEqualTo(101);
            socket.send(WebSocketFrame.text("note " + TOKEN).bytes());
            assertThat(WebSocketFrame.read(socket.input()).opcode()).isEqualTo(1);
        }
        fields = Field.list("location", URL);
        assertThat(get(ECHO, "/give").status()).isEqualTo(302);
        isDenied(get(STORE, TARGET), "github_token");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatLeftUnscannedIsNotTakenForGiven(boolean chunked) throws IOException {
        String large = "note " + TOKEN + " ".repeat(MOST);
        try (RawClient client = h1("one", LOOSE)) {
            String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + large.length();
            client.send("POST /keep HTTP/1.1\r\nHost: " + LOOSE + "\r\n" + framing + "\r\n\r\n");
            client.send(chunked ? Integer.toHexString(large.length()) + "\r\n" + large + "\r\n0\r\n\r\n" : large);
            passes(client.readResponse("POST"));
        }
        fields = Field.list("location", URL);
        assertThat(get(LOOSE, "/give").status()).isEqualTo(302);
        isDenied(get(STORE, TARGET), "github_token");
        fields = Field.list("location", URL);
        assertThat(ask("two", LOOSE, "GET", "/give", "").status()).isEqualTo(302);
        passes(ask("two", STORE, "GET", TARGET, ""));
    }

    @Test
    void whatPassedThroughAnotherPortIsNotTakenForGiven() throws IOException {
        try (RawClient through = RawClient.connect(gate.port())) {
            assertThat(through.connectMethod(GIVER + ":8443", authorization("one"))
                            .status())
                    .isEqualTo(200);
        }
        fields = Field.list("location", URL);
        assertThat(get(GIVER, "/give").status()).isEqualTo(302);
        isDenied(get(STORE, TARGET), "github_token");
        assertThat(ask("two", GIVER, "GET", "/give", "").status()).isEqualTo(302);
        passes(ask("two", STORE, "GET", TARGET, ""));
    }

    @Test
    void aMessageThatLeftUnscannedIsNotTakenForGiven() throws Exception {
        try (RawClient socket = h1("one", LOOSE)) {
            socket.send("GET /ws HTTP/1.1\r\nHost: " + LOOSE + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(socket.readHead().status()).isEqualTo(101);
            socket.send(WebSocketFrame.text(" ".repeat(MOST) + TOKEN).bytes());
            assertThat(WebSocketFrame.read(socket.input()).opcode()).isEqualTo(1);
        }
        fields = Field.list("location", URL);
        assertThat(get(LOOSE, "/give").status()).isEqualTo(302);
        isDenied(get(STORE, TARGET), "github_token");
    }

    private static String batch(String href, String authorization) {
        return "{\"transfer\":\"basic\",\"objects\":[{\"oid\":\"1\",\"size\":3,\"authenticated\":true,\"actions\":{\"download\":"
                + "{\"header\":{\"Authorization\":\"" + authorization + "\"},\"href\":\"" + href + "\"}}}]}";
    }

    /** Each row is one way to use what a server of git LFS said is to be sent to a URL. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "it                  | store.example | /lfs/1   | Authorization: Bearer SESSION          | 200",
                "it, in small letters| store.example | /lfs/1   | authorization: Bearer SESSION          | 200",
                "another URL         | store.example | /lfs/2   | Authorization: Bearer SESSION          | 403",
                "one parameter more  | store.example | /lfs/1?a | Authorization: Bearer SESSION          | 403",
                "another host        | other.example | /lfs/1   | Authorization: Bearer SESSION          | 403",
                "to its giver        | github.com    | /lfs/1   | Authorization: Bearer SESSION          | 403",
                "another scheme      | store.example | /lfs/1   | Authorization: Basic SESSION           | 403",
                "something else in it| store.example | /lfs/1   | Authorization: Bearer SESSION, TOKEN   | 403",
                "another token       | store.example | /lfs/1   | Authorization: Bearer TOKEN            | 403",
                "another field       | store.example | /lfs/1   | X-Authorization: Bearer SESSION        | 403",
                "in a cookie         | store.example | /lfs/1   | Cookie: Authorization=Bearer SESSION   | 403",
            })
    void whatAuthorizesATransferGoesWithItAlone(String what, String host, String target, String line, int status)
            throws IOException {
        origin.otherwise(exchange -> exchange.respond(200, ""));
        body = batch("https://" + STORE + "/lfs/1", "Bearer " + SESSION).getBytes(StandardCharsets.UTF_8);
        String right = "Authorization: Bearer " + SESSION;
        given("content-type", "application/json");
        assertThat(get(STORE, "/lfs/1", right).status()).as("by another type").isEqualTo(403);
        given("content-type", "application/vnd.git-lfs+json; charset=utf-8");
        ReceivedResponse response = get(host, target, filled(line));
        assertThat(response.status()).as(what).isEqualTo(status);
        assertThat(response.value("x-egress-deny").isPresent()).as(what).isEqualTo(status == 403);
        assertThat(ask("two", STORE, "GET", "/lfs/1", "", right).status()).isEqualTo(403);
        passes(get(STORE, "/lfs/1", right));
    }

    @Test
    void whatAuthorizesAnUploadGoesWithItAndItsBodyIsScanned() throws IOException {
        origin.otherwise(exchange -> {
            exchange.drain();
            exchange.respond(200, "");
        });
        String basic = "Basic " + Base64.getEncoder().encodeToString(("lfs:" + SESSION).getBytes(ISO_8859_1));
        body = batch("https://" + STORE + "/lfs/1", basic).getBytes(StandardCharsets.UTF_8);
        isDenied(ask("one", STORE, "PUT", "/lfs/1", "object", "Authorization: " + basic), "jwt");
        given("content-type", "application/vnd.git-lfs+json");
        passes(ask("one", STORE, "PUT", "/lfs/1", "object", "Authorization: " + basic));
        isDenied(ask("one", STORE, "PUT", "/lfs/1", "object " + TOKEN, "Authorization: " + basic), "github_token");
    }

    @Test
    void aKnownSecretAndWhatTheCallerSentAuthorizeNothing() throws IOException {
        origin.otherwise(exchange -> exchange.respond(200, ""));
        body = batch("https://" + STORE + "/lfs/1", "Bearer " + KNOWN).getBytes(StandardCharsets.UTF_8);
        given("content-type", "application/vnd.git-lfs+json");
        isDenied(get(STORE, "/lfs/1", "Authorization: Bearer " + KNOWN), "known_secret");
        body = batch("https://" + STORE + "/lfs/1", "Bearer " + TOKEN).getBytes(StandardCharsets.UTF_8);
        fields = Field.list("content-type", "application/vnd.git-lfs+json");
        passes(get(ECHO, "/give", "Authorization: Bearer " + TOKEN)); // as servers that hand on what they were sent
        isDenied(get(STORE, "/lfs/1", "Authorization: Bearer " + TOKEN), "github_token");
    }

    @Test
    void whatIsGivenIsCountedInTheMemoryOfCallers() throws IOException {
        given("location", URL);
        assertThat(engine.statistics().remembered().used()).isBetween(500L, 20_000L);
        assertThat(engine.statistics().remembered().callers()).isEqualTo(1);
    }
}

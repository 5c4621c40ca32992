package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What agents ask for, answered by a person on the page, in Chromium. */
final class InspectAsksTest {
    private static final String HOST = "api.example.com";
    private static final String OTHER = "files.example";
    private static final String ROUTES = """
            routes:
              - host: api.example.com
                ask: hold
                matches:
                  - paths: [{type: prefix, value: /v1/}]
              - host: files.example
                ask: later
                path_allowlist: [/public/]
            """;

    @TempDir
    private static Path directory;

    private static Origin origin;
    private static ProxyUnderTest gate;
    private static Browser browser;

    @BeforeAll
    static void start() throws IOException {
        TestCa authority = TestCa.create("origins");
        origin = Origin.tls(authority.leaf(HOST, OTHER), Alpn.H2_AND_H1);
        gate = ProxyUnderTest.with()
                .routes(ROUTES)
                .flags("--inspect")
                .origin(HOST + ":443", origin)
                .origin(OTHER + ":443", origin)
                .trust(authority)
                .start();
        browser = Browser.start(Files.createDirectories(directory.resolve("browser")));
        browser.size(1180, 720);
    }

    @AfterAll
    static void stop() throws IOException {
        browser.close();
        gate.close();
        origin.close();
    }

    @BeforeEach
    void open() throws InterruptedException {
        browser.open(gate.gate().inspector().orElseThrow().url());
        browser.awaitText("#counts", "live");
        browser.click("#views button", "Asks");
        browser.awaitText(".asks .none", "Nobody asks");
    }

    @AfterEach
    void failedNowhere() {
        assertThat(browser.faults()).isEmpty();
    }

    /** What a request that waits is answered with. */
    private static CompletableFuture<ReceivedResponse> request(String path) {
        return CompletableFuture.supplyAsync(() -> {
            try (RawClient client = gate.connect(HOST + ":443")) {
                return client.get(path, HOST);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static ReceivedResponse got(CompletableFuture<ReceivedResponse> request) throws Exception {
        return request.get(20, TimeUnit.SECONDS);
    }

    /** Asks in words, as an agent does by MCP; gives the question's id. */
    private static String wish(String prefix, String justification) throws IOException {
        String body = new ObjectMapper()
                .writeValueAsString(Map.of(
                        "jsonrpc",
                        "2.0",
                        "id",
                        1,
                        "method",
                        "tools/call",
                        "params",
                        Map.of(
                                "name",
                                "egress_ask",
                                "arguments",
                                Map.of(
                                        "host",
                                        OTHER,
                                        "path_prefix",
                                        prefix,
                                        "method",
                                        "GET",
                                        "justification",
                                        justification))));
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (RawClient client = gate.connect()) {
            String answer = client.send("POST http://_egress.local/mcp HTTP/1.1\r\nHost: _egress.local\r\n"
                            + "Content-Type: application/json\r\nContent-Length: " + bytes.length + "\r\n\r\n")
                    .send(bytes)
                    .readResponse("POST")
                    .text();
            return new ObjectMapper()
                    .readTree(answer)
                    .path("result")
                    .path("structuredContent")
                    .path("id")
                    .asText();
        }
    }

    private static String state(String id) throws IOException {
        try (RawClient client = gate.connect()) {
            return client.get("http://_egress.local/asks/" + id, "_egress.local")
                    .text();
        }
    }

    @Test
    void letsOneRequestThatWaitsThrough() throws Exception {
        CompletableFuture<ReceivedResponse> waits = request("/v2/one");

        browser.awaitText(".question", "https://api.example.com/v2/one");
        browser.awaitText("#views button", "1");
        assertThat(browser.text(".question")).contains("path_not_allowed", "the request waits", "left");
        assertThat(waits).isNotDone();
        browser.click(".question button", "Allow once");

        assertThat(got(waits).status()).isEqualTo(200);
        browser.awaitText(".asks [role=status]", "/v2/one: allowed");
        browser.awaitText(".asks .none", "Nobody asks");
        assertThat(browser.evaluate("document.title").asText()).isEqualTo("egress-proxy");
        deny(request("/v2/one"), "once is once");
    }

    private static void deny(CompletableFuture<ReceivedResponse> waits, String why) throws Exception {
        browser.awaitText(".question", "GET");
        browser.fill(".question [id^=why]", why);
        browser.click(".question button", "Deny");
        ReceivedResponse answer = got(waits);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains(why);
        browser.awaitText(".asks .none", "Nobody asks");
    }

    @Test
    void deniesWithWordsThatTheAgentReads() throws Exception {
        CompletableFuture<ReceivedResponse> waits = request("/v2/two");

        deny(waits, "use the mirror, \"please\"");
        String id = got(waits).value("x-egress-ask").orElseThrow();
        assertThat(state(id)).contains("\"state\":\"denied\"", "use the mirror, \\\"please\\\"");
    }

    @Test
    void letsWhatIsBelowAPrefixThroughForAnHour() throws Exception {
        CompletableFuture<ReceivedResponse> waits = request("/v3/a/b");
        browser.awaitText(".question", "/v3/a/b");
        browser.fill(".question [id^=prefix]", "/elsewhere/");
        browser.click(".question button", "Allow for 1h");
        browser.awaitText(".question [role=alert]", "does not hold");
        assertThat(waits).isNotDone();
        browser.forget("none", "status of 409");

        browser.fill(".question [id^=prefix]", "/v3/a/");
        browser.click(".question button", "Allow for 1h");
        assertThat(got(waits).status()).isEqualTo(200);
        assertThat(got(request("/v3/a/c")).status()).isEqualTo(200); // asks nobody
        deny(request("/v3/d"), "another path");
    }

    @Test
    void letsWhatAnAgentAsksForInWordsThroughUntilTheGateExits() throws Exception {
        String id = wish("/data/", "to read the list of releases");
        assertThat(state(id)).contains("\"state\":\"pending\"");
        browser.awaitText(".question", "https://files.example/data/");
        browser.awaitText(".question .claim", "to read the list of releases");
        assertThat(browser.text(".question")).contains("and what is below", "it will be tried again");

        browser.click(".question button", "Allow until exit");
        browser.awaitText(".asks .none", "Nobody asks");
        ProxyUnderTest.await("the answer has arrived", () -> {
            try {
                return !state(id).contains("pending");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(state(id)).contains("\"state\":\"allowed\"", "\"once\":false");
        try (RawClient client = gate.connect(OTHER + ":443")) {
            assertThat(client.get("/data/x", OTHER).status()).isEqualTo(200);
            assertThat(client.get("/other/x", OTHER).status()).isEqualTo(403);
        }
        browser.awaitText(".question", "/other/x");
        browser.click(".question button", "Deny");
        browser.awaitText(".asks .none", "Nobody asks");
    }

    @Test
    void showsAnAgentsWordsAsText() throws Exception {
        String markup = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
        wish("/hostile/", markup + "\u001b[31m\u202etxt.exe\u200b " + "long ".repeat(60));

        browser.awaitText(".question .claim", "<img src=x");
        browser.awaitText(".question .claim figcaption", "which nobody has checked");
        assertThat(browser.evaluate("document.querySelectorAll('.question img, .question script').length")
                        .asInt())
                .isZero();
        assertThat(browser.evaluate("document.title").asText()).isEqualTo("(1) egress-proxy");
        assertThat(browser.evaluate(
                                "/[\\u0000-\\u0008\\u001b\\u200b\\u202e]/.test(document.documentElement.textContent)")
                        .asBoolean())
                .isFalse();
        browser.click(".question button", "Deny");
        browser.awaitText(".asks .none", "Nobody asks");
    }

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"})
    void hasNothingThatAxeFinds(String scheme) throws Exception {
        browser.prefer(scheme);
        browser.bypassPolicy();
        open();
        String axe;
        try (InputStream in = InspectAsksTest.class.getResourceAsStream("/axe.min.js")) {
            assertThat(in).isNotNull();
            axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        browser.evaluate(axe + "; undefined");
        CompletableFuture<ReceivedResponse> waits = request("/v2/axe/" + scheme);
        wish("/axe/" + scheme, "words");
        browser.await("two questions", "document.querySelectorAll('.question').length === 2");

        assertThat(browser.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found =>"
                        + " found.violations.map(each => each.id + ': ' + each.nodes.slice(0, 3).map(n => n.target + ' '"
                        + " + n.failureSummary).join('; ')))"))
                .isEmpty();
        for (int i = 0; i < 2; i++) {
            int left = 1 - i;
            browser.click(".question button", "Deny");
            browser.await("one less", "document.querySelectorAll('.question').length === " + left);
        }
        assertThat(got(waits).status()).isEqualTo(403);
    }

    /** As docs/images has it; to be looked at by a person. */
    @Test
    void paintsWhatTheDocsShow() throws Exception {
        browser.prefer("light");
        browser.size(1000, 720);
        CompletableFuture<ReceivedResponse> waits = request("/v2/releases/latest");
        browser.awaitText(".question", "/v2/releases");
        wish(
                "/archive/2026/",
                "I was asked to compare this year's releases with the changelog, and need their archives.");
        browser.await("two questions", "document.querySelectorAll('.question').length === 2");
        Path pictures = Path.of("target", "inspect");
        browser.screenshot(pictures.resolve("asks.png"));
        browser.prefer("dark");
        browser.screenshot(pictures.resolve("asks-dark.png"));
        browser.prefer("light");
        browser.size(1180, 720);
        for (int i = 0; i < 2; i++) {
            browser.click(".question button", "Deny");
            browser.await("one less", "document.querySelectorAll('.question').length === " + (1 - i));
        }
        assertThat(got(waits).status()).isEqualTo(403);
        assertThat(Files.size(pictures.resolve("asks.png"))).isBetween(5_000L, 200_000L);
    }
}

package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the whole program writes down of real exchanges: terminal, audit, metrics, introspection. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RecordsTest {
    private static final String TOKEN = "gate-token-0123456789";
    private static final String ROUTES = """
            log: %d
            routes:
              - host: api.example
                auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
                path_allowlist: ["/echo", "/status/"]
            """;

    private final TestCa authority = TestCa.create("origin authority");
    private final ObjectMapper mapper = new ObjectMapper();
    private Origin origin;

    @BeforeAll
    void startOrigin() throws IOException {
        origin = Origin.tls(authority.leaf("api.example", "other.example"), Alpn.H2_AND_H1);
    }

    @AfterAll
    void stopOrigin() throws IOException {
        origin.close();
    }

    private ProxyUnderTest.Builder gate(int level) {
        return ProxyUnderTest.with()
                .routes(ROUTES.formatted(level))
                .environment("EGRESS_TOKEN_0", TOKEN)
                .origin("api.example:443", origin)
                .trust(authority);
    }

    private static ReceivedResponse get(ProxyUnderTest proxy, String path, String... fields) throws IOException {
        try (RawClient client = proxy.connect("api.example:443")) {
            return client.send("GET " + path + " HTTP/1.1\r\nHost: api.example\r\n" + lines(fields) + "\r\n")
                    .readResponse("GET");
        }
    }

    private static String lines(String... fields) {
        return fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
    }

    private List<JsonNode> events(List<String> lines) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("{")) {
                events.add(mapper.readTree(line));
            }
        }
        return events;
    }

    @ParameterizedTest
    @CsvSource({"0,''", "1,egress_block", "2,egress_request egress_response egress_block"})
    void theLevelOfTheRoutesFileRulesTheAuditLines(int level, String expected) throws Exception {
        try (ProxyUnderTest proxy = gate(level).flags("-q").start()) {
            assertThat(get(proxy, "/echo").status()).isEqualTo(200);
            assertThat(get(proxy, "/secret").status()).isEqualTo(403);
            proxy.awaitExchanges(2);
            proxy.gate().close(); // writes what waits
            assertThat(String.join(
                            " ",
                            events(proxy.err()).stream()
                                    .map(event -> event.get("event").asText())
                                    .toList()))
                    .isEqualTo(expected);
            assertThat(proxy.out()).isEmpty();
        }
    }

    @Test
    void aReloadChangesTheLevelToo() throws Exception {
        try (ProxyUnderTest proxy = gate(0).flags("-q").start()) {
            get(proxy, "/secret");
            proxy.awaitExchanges(1);
            proxy.reload(ROUTES.formatted(1));
            get(proxy, "/secret/again");
            String line = proxy.awaitErr("egress_block");
            assertThat(mapper.readTree(line).get("path").asText()).isEqualTo("/secret/again");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "json"})
    @Row("31.xa")
    void noSecretIsWrittenDownAnywhere(String format) throws Exception {
        try (ProxyUnderTest proxy = gate(2).flags("--dlp", "off", "--log-format", format, "--flow-detail", "4", "-v")
                .start()) {
            ReceivedResponse answer = get(
                    proxy,
                    "/echo?q=" + TOKEN + "&access_token=agents-own-token",
                    "Authorization: Bearer agents-own-token",
                    "Cookie: session=agents-own-token",
                    "X-Copy: " + TOKEN);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(origin.takeRequest().value("authorization")).contains("Bearer " + TOKEN);
            get(proxy, "/denied/" + TOKEN);
            proxy.awaitExchanges(2);
            proxy.gate().close();
            String all = String.join("\n", proxy.out()) + String.join("\n", proxy.err());
            assertThat(all).contains("/echo?q=********&access_token=********");
            assertThat(all).doesNotContain(TOKEN).doesNotContain("agents-own-token");
        }
    }

    /** What the image prints by default: one line for what is blocked or found, none for the rest. */
    @Test
    void ofBlocksThereIsOneLineAndOfTheRestNone() throws Exception {
        try (ProxyUnderTest proxy =
                gate(0).environment("EGRESS_LINES", "blocks").start()) {
            assertThat(get(proxy, "/echo").status()).isEqualTo(200);
            assertThat(get(proxy, "/secret").status()).isEqualTo(403);
            assertThat(get(proxy, "/echo", "X-Key: egress-test-value-Zq7Xw2Lm9Kd4Tn8Rv5Hb3Yc6Jp1Gs0Ft")
                            .status())
                    .isEqualTo(403);
            proxy.awaitExchanges(3);
            proxy.gate().close();
            List<String> lines = proxy.out().stream()
                    .filter(line -> line.contains("api.example"))
                    .toList();
            assertThat(lines).hasSize(3);
            assertThat(lines.get(0))
                    .matches(
                            "127\\.0\\.0\\.1:\\d+: GET https://api\\.example/secret << 403 Forbidden path_not_allowed: .*");
            assertThat(lines.get(1)).contains("egress_test_value");
            assertThat(lines.get(2)).contains("GET https://api.example/echo << 403 Forbidden dlp_match: ");
        }
    }

    @Test
    void theTerminalShowsTheExchangeAsTheCallerSpokeIt() throws Exception {
        try (ProxyUnderTest proxy = gate(0).start();
                H2Client client = H2Client.through(
                        proxy.port(),
                        "api.example:443",
                        proxy.client("api.example").alpn("h2"))) {
            assertThat(client.get("api.example", "/echo").response().status()).isEqualTo(200);
            assertThat(proxy.awaitOut("GET https://api.example/echo"))
                    .matches("127\\.0\\.0\\.1:\\d+: GET https://api\\.example/echo HTTP/2\\.0");
            assertThat(proxy.awaitOut("<<")).matches("    << HTTP/2\\.0 200 OK \\d+\\S* \\d+\\S*");
        }
    }

    /** A stream that goes on for long: what is known of it is said when it is known. */
    @Test
    void theTerminalShowsARequestWhenItComesAndAResponseWhenItsHeadDoes() throws Exception {
        try (Origin streaming = Origin.tls(authority.leaf("api.example"), Alpn.H1);
                ProxyUnderTest proxy = ProxyUnderTest.with()
                        .origin("api.example:443", streaming)
                        .trust(authority)
                        .flags("--flow-detail", "4")
                        .start();
                RawClient client = proxy.connect("api.example:443")) {
            client.send("GET " + Origin.HELD + " HTTP/1.1\r\nHost: api.example\r\n\r\n");
            OriginExchange held = streaming.takeHeld();
            proxy.awaitOut("GET https://api.example" + Origin.HELD + " HTTP/1.1");
            proxy.awaitOut("Host: api.example");
            assertThat(String.join("\n", proxy.out())).doesNotContain("<<");
            held.head(200, "content-type", "text/event-stream");
            held.write("data: one\n\n");
            assertThat(proxy.awaitOut("<<")).matches("    << HTTP/1\\.1 200 OK \\d+\\S*");
            held.end();
            assertThat(proxy.awaitOut("<< end")).matches("    << end 11b \\d+\\S*");
            proxy.awaitOut("        data: one");
        }
    }

    @Test
    void fieldsThatHttp2DoesNotHaveAreNotShown() throws Exception {
        try (ProxyUnderTest proxy = gate(0).flags("--flow-detail", "2").start();
                H2Client client = H2Client.through(
                        proxy.port(),
                        "api.example:443",
                        proxy.client("api.example").alpn("h2"))) {
            client.get("api.example", "/echo");
            proxy.awaitOut("<<");
            proxy.gate().close();
            assertThat(proxy.out())
                    .noneMatch(line -> line.toLowerCase(Locale.ROOT).contains("transfer-encoding:"));
            assertThat(proxy.out()).noneMatch(line -> line.strip().startsWith("host:"));
        }
    }

    @ParameterizedTest
    @CsvSource({"~c 403,/secret", "~m GET & ~u echo,/echo", "!~c 403,/echo"})
    void aFilterShowsWhatMatchesAlone(String filter, String shown) throws Exception {
        try (ProxyUnderTest proxy = gate(0).flags("--filter", filter).start()) {
            get(proxy, "/echo");
            get(proxy, "/secret");
            proxy.awaitExchanges(2);
            proxy.gate().close();
            assertThat(proxy.out()).hasSize(2);
            assertThat(proxy.out().getFirst()).endsWith(": GET https://api.example" + shown + " HTTP/1.1");
            assertThat(proxy.out().getLast()).startsWith("    << ");
        }
    }

    @Test
    void asJsonThereIsOneStreamAndEachEventOnce() throws Exception {
        try (ProxyUnderTest proxy = gate(2).flags("--log-format", "json").start()) {
            get(proxy, "/echo");
            get(proxy, "/secret");
            proxy.awaitExchanges(2);
            proxy.gate().close();
            assertThat(events(proxy.out()))
                    .extracting(event -> event.get("event").asText())
                    .containsExactly("egress_request", "egress_response", "egress_block");
            assertThat(events(proxy.err())).isEmpty();
        }
    }

    @Test
    void quietAsJsonPrintsTheAuditAlone() throws Exception {
        try (ProxyUnderTest proxy =
                gate(1).flags("--log-format", "json", "--quiet").start()) {
            get(proxy, "/echo");
            get(proxy, "/secret");
            proxy.awaitExchanges(2);
            proxy.gate().close();
            assertThat(events(proxy.out()))
                    .extracting(event -> event.get("event").asText())
                    .containsExactly("egress_block");
        }
    }

    @Test
    void aCallerThatDoesNotTrustTheProxyIsExplained() throws Exception {
        Tool curl = Tool.require("curl", "install curl");
        try (ProxyUnderTest proxy = gate(0).start()) {
            Path wrong = authority.writePem(proxy.routesFile().resolveSibling("wrong.pem"));
            assertThat(curl.run(
                                    "-s",
                                    "--proxy",
                                    "127.0.0.1:" + proxy.port(),
                                    "--cacert",
                                    wrong.toString(),
                                    "https://api.example/echo")
                            .exit())
                    .isEqualTo(60);
            assertThat(proxy.awaitOut("the client"))
                    .endsWith(": the client does not trust the proxy's certificate for api.example");
        }
    }

    @Test
    void aRefusedConnectIsWrittenDown() throws Exception {
        try (ProxyUnderTest proxy = gate(1).start();
                RawClient client = proxy.connect()) {
            assertThat(client.connectMethod("api.example:22").status()).isEqualTo(403);
            JsonNode line = mapper.readTree(proxy.awaitErr("egress_block"));
            assertThat(line.get("code").asText()).isEqualTo("port_not_allowed");
            assertThat(line.get("port").asInt()).isEqualTo(22);
            assertThat(line.get("route").asText()).isEqualTo("api.example");
            proxy.awaitOut("CONNECT api.example:22");
        }
    }

    @Test
    void countsByRouteVerdictStatusAndProtocolAndByNothingACallerMakesUp() throws Exception {
        try (ProxyUnderTest proxy = gate(0).flags("-q", "--threads", "1").start()) {
            get(proxy, "/echo");
            get(proxy, "/status/404");
            get(proxy, "/made-up-path-77");
            try (RawClient client = proxy.connect()) {
                client.send("GET http://made-up-host-77.example/ HTTP/1.1\r\nHost: made-up-host-77.example\r\n\r\n")
                        .readResponse("GET");
            }
            proxy.awaitExchanges(4);
            String metrics = metrics(proxy);
            assertThat(metrics)
                    .contains(
                            "egress_exchanges_total{protocol=\"h1\",route=\"api.example\",status=\"2xx\",verdict=\"allow\"} 1.0",
                            "egress_exchanges_total{protocol=\"h1\",route=\"api.example\",status=\"4xx\",verdict=\"allow\"} 1.0",
                            "egress_exchanges_total{protocol=\"h1\",route=\"api.example\",status=\"4xx\",verdict=\"path_not_allowed\"} 1.0",
                            "egress_exchanges_total{protocol=\"h1\",route=\"none\",status=\"4xx\",verdict=\"host_not_allowed\"} 1.0",
                            "egress_rule_hits_total{route=\"api.example\",rule=\"path_allowlist[0] prefix /echo\"} 1.0",
                            "egress_rule_hits_total{route=\"api.example\",rule=\"path_allowlist[1] prefix /status/\"} 1.0",
                            "egress_exchange_seconds_bucket{protocol=\"h1\",route=\"api.example\",le=\"+Inf\"} 3",
                            "egress_first_byte_seconds_count{protocol=\"h1\",route=\"api.example\"} 2",
                            "egress_exchanges_in_flight 0.0",
                            "egress_leaf_mints_total 1.0",
                            "egress_leaf_hits_total 2.0",
                            "egress_upstream_connects_total 1.0",
                            "egress_upstream_handshakes_total 1.0",
                            "egress_routes_generation 1.0",
                            "egress_info{")
                    .doesNotContain("made-up")
                    .doesNotContain(TOKEN);
        }
    }

    @Test
    void countsReloads() throws Exception {
        try (ProxyUnderTest proxy = gate(0).start()) {
            proxy.reload(ROUTES.formatted(1));
            proxy.reloadInVain("routes: 1");
            proxy.reloadInVain("");
            assertThat(metrics(proxy))
                    .contains(
                            "egress_reloads_total{result=\"ok\"} 1.0",
                            "egress_reloads_total{result=\"failed\"} 2.0",
                            "egress_routes_reload_ok 0.0",
                            "egress_routes_generation 2.0");
            proxy.reload(ROUTES.formatted(1));
            assertThat(metrics(proxy)).contains("egress_routes_reload_ok 1.0");
            assertThat(proxy.awaitErr("the routes stay")).isEqualTo("egress: the routes stay as they were");
        }
    }

    @Test
    void theRulesThatAreInForceAreCountedAndNoOthers() throws Exception {
        try (ProxyUnderTest proxy = gate(0).flags("-q").start()) {
            get(proxy, "/echo");
            get(proxy, "/other");
            proxy.awaitExchanges(2);
            assertThat(metrics(proxy))
                    .contains(
                            "egress_rule_hits_total{route=\"api.example\",rule=\"path_allowlist[0] prefix /echo\"} 1.0",
                            "egress_rule_hits_total{route=\"api.example\",rule=\"path_allowlist[1] prefix /status/\"} 0.0");
            proxy.reload("routes: [{host: api.example, path_allowlist: [/echo]}, {host: bare.example}]");
            get(proxy, "/echo");
            proxy.awaitExchanges(3);
            assertThat(metrics(proxy))
                    .contains(
                            "egress_rule_hits_total{route=\"api.example\",rule=\"path_allowlist[0] prefix /echo\"} 2.0",
                            "egress_rule_hits_total{route=\"bare.example\",rule=\"default\"} 0.0")
                    .doesNotContain("/status/");
        }
    }

    @Test
    void aDenialNamesItsRouteAndTheRule() throws Exception {
        String routes = """
                log: 1
                routes:
                  - host: api.example
                    matches:
                      - {paths: [{type: prefix, value: /v1}], methods: [GET]}
                      - {paths: [{type: exact, value: /team}], headers: [{name: x-team, value: core}]}
                """;
        try (ProxyUnderTest proxy = ProxyUnderTest.with()
                .routes(routes)
                .origin("api.example:443", origin)
                .trust(authority)
                .flags("-q")
                .start()) {
            for (String head :
                    List.of("GET /other", "POST /v1/x", "GET /team", "POST /v1/x/git-receive-pack", "GET /v1/%zz")) {
                try (RawClient client = proxy.connect("api.example:443")) {
                    client.send(head + " HTTP/1.1\r\nHost: api.example\r\nContent-Length: 0\r\n\r\n")
                            .readResponse("GET");
                }
            }
            proxy.awaitExchanges(5);
            proxy.gate().close();
            assertThat(events(proxy.err()))
                    .extracting(event -> event.get("code").asText() + " "
                            + event.get("route").asText() + " "
                            + event.get("rule").asText())
                    .containsExactly(
                            "path_not_allowed api.example matches",
                            "method_not_allowed api.example matches[0].methods",
                            "header_not_allowed api.example matches[1].headers[0] x-team",
                            "git_push api.example git.push",
                            "malformed api.example null");
        }
    }

    private static String metrics(ProxyUnderTest proxy) throws IOException {
        try (RawClient client = RawClient.connect(proxy.admin())) {
            return client.get("/metrics", "localhost").text();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/allowlist,200,application/json",
        "/ca.pem,200,application/x-pem-file",
        "/,200,text/html; charset=utf-8",
        "/elsewhere,404,text/plain; charset=utf-8"
    })
    void theLocalSiteShowsWhatIsAllowedAndHowToTrust(String path, int status, String type) throws Exception {
        try (ProxyUnderTest proxy = gate(0).start();
                RawClient client = proxy.connect()) {
            ReceivedResponse answer = client.send(
                            "GET http://_egress.local" + path + " HTTP/1.1\r\nHost: _egress.local\r\n\r\n")
                    .readResponse("GET");
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.value("content-type")).contains(type);
            assertThat(answer.text()).doesNotContain(TOKEN).doesNotContain("PRIVATE KEY");
            if (path.equals("/allowlist")) {
                JsonNode routes = mapper.readTree(answer.text()).get("routes");
                assertThat(routes.get(0).get("host").asText()).isEqualTo("api.example");
                proxy.reload("routes: []");
                assertThat(client.send("GET http://_egress.local/allowlist HTTP/1.1\r\nHost: _egress.local\r\n\r\n")
                                .readResponse("GET")
                                .text()
                                .strip())
                        .isEqualTo("{\"routes\":[]}");
            }
        }
    }

    @Test
    void theDebuggingProxyAllowsEverythingAndPassesThroughWhatItIsTold() throws Exception {
        try (ProxyUnderTest proxy = ProxyUnderTest.with()
                        .origin("any.example:443", origin)
                        .origin("other.example:443", origin)
                        .flags("--passthrough", "other.example")
                        .trust(authority)
                        .start();
                RawClient through = proxy.connect()
                        .tunnel("other.example:443")
                        .tls(TlsClient.of("other.example", authority.certificate())
                                .alpn("http/1.1"))) {
            assertThat(through.get("/echo", "other.example").status()).isEqualTo(200);
            try (RawClient bumped = proxy.connect("any.example:443")) {
                assertThat(bumped.get("/echo", "any.example").status()).isEqualTo(502); // not that origin's name
            }
        }
    }

    @Test
    void callersAreAskedForAUserOfTheVariable() throws Exception {
        try (ProxyUnderTest proxy = gate(1).environment("USERS", "agent:pass-word-1")
                        .flags("--proxy-auth-env", "USERS")
                        .start();
                RawClient without = proxy.connect();
                RawClient with = proxy.connect()) {
            assertThat(without.connectMethod("api.example:443").status()).isEqualTo(407);
            assertThat(with.connectMethod("api.example:443", "Proxy-Authorization: Basic YWdlbnQ6cGFzcy13b3JkLTE=")
                            .status())
                    .isEqualTo(200);
            proxy.awaitErr("proxy_authentication_required");
            assertThat(String.join("\n", proxy.err())).doesNotContain("pass-word-1");
        }
    }
}

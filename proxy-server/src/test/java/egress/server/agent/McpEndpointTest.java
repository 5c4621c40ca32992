package egress.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import egress.server.ProxyUnderTest;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The MCP server as HTTP and JSON-RPC: what it takes, in which version, and what it does not. */
final class McpEndpointTest {
    private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":\"a\\n1\",\"method\":\"ping\"}";
    private static final String META = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            + "\"io.modelcontextprotocol/clientCapabilities\":{}}";
    private static final String STATELESS = "MCP-Protocol-Version: 2026-07-28\r\n";

    private static ProxyUnderTest gate;

    @BeforeAll
    static void start() throws IOException {
        gate = ProxyUnderTest.with()
                .routes("routes: []")
                .flags("--head-timeout", "700ms")
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gate.close();
    }

    private static ReceivedResponse post(String fields, String body) throws IOException {
        try (McpCaller caller = McpCaller.of(gate)) {
            return caller.post(fields, body);
        }
    }

    private static JsonNode ask(String body) throws IOException {
        try (McpCaller caller = McpCaller.of(gate)) {
            return caller.ask(body);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2025-11-25, 2025-11-25",
        "2025-06-18, 2025-06-18",
        "2025-03-26, 2025-03-26",
        "2024-11-05, 2025-11-25",
        "2031-01-01, 2025-11-25"
    })
    void agreesOnAVersion(String asked, String spoken) throws IOException {
        ReceivedResponse answer = post("", """
                {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"%s","capabilities":{},\
                "clientInfo":{"name":"test","version":"1"}}}""".formatted(asked));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.value("content-type")).contains("application/json");
        assertThat(answer.value("mcp-session-id")).isEmpty();
        JsonNode result = McpCaller.json(answer.text()).path("result");
        assertThat(result.path("protocolVersion").asText()).isEqualTo(spoken);
        assertThat(result.path("serverInfo").path("name").asText()).isEqualTo("egress-proxy");
        assertThat(result.path("capabilities").path("tools").isObject()).isTrue();
        assertThat(result.path("instructions").asText()).contains("egress_ask");
    }

    @Test
    void answersMessagesAndAcknowledgesWhatNeedsNoAnswer() throws IOException {
        assertThat(ask(PING).path("id").asText()).isEqualTo("a\n1");
        assertThat(ask(PING).path("result").isEmpty()).isTrue();
        ReceivedResponse notified = post("", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
        assertThat(notified.status()).isEqualTo(202);
        assertThat(notified.text()).isEmpty();
        assertThat(post("", "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{}}").status())
                .isEqualTo(202);
        assertThat(ask("{\"jsonrpc\":\"2.0\",\"id\":12345678901234567890,\"method\":\"ping\"}")
                        .path("id")
                        .asText())
                .isEqualTo("12345678901234567890");
    }

    @Test
    void offersFourToolsOfWhichOneDoesSomething() throws IOException {
        JsonNode tools = ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")
                .path("result")
                .path("tools");

        assertThat(StreamSupport.stream(tools.spliterator(), false)
                        .map(tool -> tool.path("name").asText() + " "
                                + tool.path("annotations").path("readOnlyHint").asBoolean() + " "
                                + tool.path("inputSchema").path("type").asText()))
                .containsExactly(
                        "egress_status true object",
                        "egress_explain true object",
                        "egress_ask false object",
                        "egress_ask_result true object");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-32601 | {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/list\"}",
                "-32601 | {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}",
                "-32601 | {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"<b>\\u001b[31m\"}",
                "-32602 | {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"egress_grant\"}}",
                "-32602 | {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"egress_status\",\"arguments\":[]}}",
                "-32602 | {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":[1]}",
                "-32602 | {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"cursor\":\"x\"}}"
            })
    void saysWhatItDoesNotHave(int code, String message) throws IOException {
        JsonNode answer = ask(message);

        assertThat(answer.path("id").asInt()).isEqualTo(1);
        assertThat(answer.path("error").path("code").asInt()).isEqualTo(code);
        assertThat(answer.path("error").path("message").asText()).doesNotContain("<b>", "\u001b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "null",
                "7",
                "[]",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} {}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":{\"a\":1},\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}",
                "{\"jsonrpc\":\"2.0\",\"id\":1}"
            })
    void refusesWhatIsNoMessage(String body) throws IOException {
        ReceivedResponse answer = post("", body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(McpCaller.json(answer.text()).path("error").path("code").asInt())
                .isIn(-32700, -32600);
    }

    @Test
    void refusesWhatIsNestedTooDeeplyOrNotInUtf8() throws IOException {
        String deep = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":" + "[".repeat(20_000)
                + "]".repeat(20_000) + "}}";
        assertThat(post("", deep).status()).isEqualTo(400);
        assertThat(post("", "{\"jsonrpc\":\"2.0\",\"id\":" + "9".repeat(5_000) + ",\"method\":\"ping\"}")
                        .status())
                .isEqualTo(400);
        try (McpCaller caller = McpCaller.of(gate)) {
            byte[] utf16 = PING.getBytes(StandardCharsets.UTF_16);
            assertThat(caller.send("POST", "http://_egress.local/mcp", "Content-Type: application/json\r\n", utf16)
                            .status())
                    .isEqualTo(400);
        }
    }

    @Test
    void takesSeveralMessagesAtOnceWhereTheVersionHasThem() throws IOException {
        String two = "[" + PING + ",{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"},"
                + "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"nothing\"}]";
        JsonNode answers =
                McpCaller.json(post("MCP-Protocol-Version: 2025-03-26\r\n", two).text());
        assertThat(answers).hasSize(2);
        assertThat(answers.path(1).path("error").path("code").asInt()).isEqualTo(-32601);
        assertThat(post("", "[{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}]")
                        .status())
                .isEqualTo(202);
        assertThat(post("MCP-Protocol-Version: 2025-06-18\r\n", two).status()).isEqualTo(400);
        assertThat(post("", "[" + PING + ("," + PING).repeat(16) + "]").status())
                .isEqualTo(400);
    }

    @Test
    void speaksTheVersionWithoutAHandshake() throws IOException {
        ReceivedResponse discovered = post(
                STATELESS + "Mcp-Method: server/discover\r\n",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" + META + "}}");
        JsonNode result = McpCaller.json(discovered.text()).path("result");
        assertThat(discovered.status()).isEqualTo(200);
        assertThat(result.path("supportedVersions").path(0).asText()).isEqualTo("2026-07-28");
        assertThat(result.path("resultType").asText()).isEqualTo("complete");
        assertThat(result.path("ttlMs").isIntegralNumber()).isTrue();
        assertThat(result.path("_meta")
                        .path("io.modelcontextprotocol/serverInfo")
                        .path("name")
                        .asText())
                .isEqualTo("egress-proxy");

        JsonNode called = McpCaller.json(post(
                                STATELESS + "Mcp-Method: tools/call\r\nMcp-Name: =?base64?ZWdyZXNzX3N0YXR1cw==?=\r\n",
                                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                                        + "\"name\":\"egress_status\"," + META + "}}")
                        .text())
                .path("result");
        assertThat(called.path("resultType").asText()).isEqualTo("complete");
        assertThat(called.path("structuredContent").path("routes").isArray()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400 | -32602 | MCP-Protocol-Version: 2026-07-28~Mcp-Method: tools/list | tools/list | {}",
                "400 | -32020 | Mcp-Method: tools/list | tools/list | {META}",
                "400 | -32020 | MCP-Protocol-Version: 2025-11-25~Mcp-Method: tools/list | tools/list | {META}",
                "400 | -32020 | MCP-Protocol-Version: 2026-07-28 | tools/list | {META}",
                "400 | -32020 | MCP-Protocol-Version: 2026-07-28~Mcp-Method: tools/call | tools/list | {META}",
                "400 | -32020 | MCP-Protocol-Version: 2026-07-28~Mcp-Method: tools/list~Mcp-Method: tools/list | tools/list | {META}",
                "400 | -32020 | MCP-Protocol-Version: 2026-07-28~MCP-Protocol-Version: 2026-07-28~Mcp-Method: tools/list | tools/list | {META}",
                "400 | -32020 | MCP-Protocol-Version: 2026-07-28~Mcp-Method: tools/call~Mcp-Name: egress_ask | tools/call | {META,\"name\":\"egress_status\"}",
                "400 | -32020 | MCP-Protocol-Version: 2026-07-28~Mcp-Method: tools/call~Mcp-Name: =?base64?*?= | tools/call | {META,\"name\":\"egress_status\"}",
                "404 | -32601 | MCP-Protocol-Version: 2026-07-28~Mcp-Method: ping | ping | {META}",
                "404 | -32601 | MCP-Protocol-Version: 2026-07-28~Mcp-Method: initialize | initialize | {META}",
                "400 | -32022 | MCP-Protocol-Version: 2031-01-01 | tools/list | {}"
            })
    void refusesAHeadThatSaysSomethingElseThanTheBody(
            int status, int code, String fields, String method, String parameters) throws IOException {
        ReceivedResponse answer = post(
                fields.strip().replace("~", "\r\n") + "\r\n",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"" + method + "\",\"params\":"
                        + parameters.replace("META", META) + "}");

        JsonNode said = McpCaller.json(answer.text());
        assertThat(said.path("error").path("code").asInt()).isEqualTo(code);
        assertThat(said.path("id").asInt()).isEqualTo(5);
        assertThat(answer.status()).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({
        "403, Origin: http://evil.example",
        "403, Origin: null",
        "403, Origin: http://_egress.local.evil.example",
        "403, Origin: http://_egress.local~Origin: http://evil.example",
        "403, Sec-Fetch-Site: cross-site",
        "403, Sec-Fetch-Site: same-site",
        "406, Accept: text/html",
        "415, Content-Encoding: gzip",
        "200, Origin: http://_egress.local~Sec-Fetch-Site: same-origin",
        "200, Origin: https://_egress.local",
        "200, 'Accept: application/json, text/event-stream'",
        "200, Accept: */*"
    })
    void looksAtWhoAsks(int status, String fields) throws IOException {
        assertThat(post(fields.replace("~", "\r\n") + "\r\n", PING).status()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""})
    void takesNoFormOfABrowser(String type) throws IOException {
        try (McpCaller caller = McpCaller.of(gate)) {
            String field = type.isEmpty() ? "" : "Content-Type: " + type + "\r\n";
            assertThat(caller.send("POST", "http://_egress.local/mcp", field, PING.getBytes(StandardCharsets.UTF_8))
                            .status())
                    .isEqualTo(415);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /mcp, 405",
        "HEAD, /mcp, 405",
        "PUT, /mcp, 403",
        "DELETE, /mcp, 403",
        "OPTIONS, /mcp, 403",
        "POST, /, 403",
        "POST, /mcp/, 403",
        "POST, /MCP, 403",
        "POST, /allowlist, 403",
        "POST, /asks/1, 403",
        "POST, /ca.pem, 403",
        "GET, /asks/1, 404",
        "GET, /asks/, 404"
    })
    void takesPostAtOnePathAlone(String method, String path, int status) throws IOException {
        try (McpCaller caller = McpCaller.of(gate)) {
            ReceivedResponse answer = caller.send(
                    method,
                    "http://_egress.local" + path,
                    "Content-Type: application/json\r\n",
                    method.equals("POST") ? PING.getBytes(StandardCharsets.UTF_8) : new byte[0]);
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.value("allow").isPresent()).isEqualTo(status == 405);
        }
    }

    @Test
    void takesBodiesOf64KibibytesAndNoMore() throws IOException {
        String filler = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":\"%s\"}}";
        String largest = filler.formatted("x".repeat(64 * 1024 - filler.length() + 2));
        assertThat(largest).hasSize(64 * 1024);
        assertThat(post("", largest).status()).isEqualTo(200);
        ReceivedResponse tooLarge = post("", filler.formatted("x".repeat(64 * 1024)));
        assertThat(tooLarge.status()).isEqualTo(413);
        assertThat(tooLarge.value("x-egress-deny")).contains("body_too_large");
        try (RawClient client = gate.connect()) {
            String head = "POST http://_egress.local/mcp HTTP/1.1\r\nHost: _egress.local\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
            String chunk = "1000\r\n" + " ".repeat(0x1000) + "\r\n";
            assertThat(client.send(head + chunk.repeat(17)).readResponse("POST").status())
                    .isEqualTo(413);
        }
    }

    @Test
    void readsABodyInPieces() throws IOException {
        try (RawClient client = gate.connect()) {
            StringBuilder chunks = new StringBuilder();
            PING.chars().forEach(c -> chunks.append("1\r\n").append((char) c).append("\r\n"));
            String message = "POST http://_egress.local/mcp HTTP/1.1\r\nHost: _egress.local\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n";
            // Two of them at once: the second is read when the first is answered.
            client.send(message + message);
            assertThat(client.readResponse("POST").status()).isEqualTo(200);
            assertThat(client.readResponse("POST").status()).isEqualTo(200);
        }
    }

    @Test
    void letsACallerSendWhatItHoldsBack() throws IOException {
        try (RawClient client = gate.connect()) {
            client.send("POST http://_egress.local/mcp HTTP/1.1\r\nHost: _egress.local\r\n"
                    + "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " + PING.length()
                    + "\r\n\r\n");
            assertThat(client.readHead().status()).isEqualTo(100);
            assertThat(client.send(PING).readResponse("POST").status()).isEqualTo(200);
        }
    }

    @Test
    void waitsForABodyNoLongerThanForAHead() throws IOException {
        try (RawClient client = gate.connect()) {
            client.send("POST http://_egress.local/mcp HTTP/1.1\r\nHost: _egress.local\r\n"
                    + "Content-Type: application/json\r\nContent-Length: " + PING.length() + "\r\n\r\n{");
            ReceivedResponse answer = client.readResponse("POST");
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.value("x-egress-deny")).contains("downstream_timeout");
        }
    }

    /** The JDK's TLS takes no name with an underscore. */
    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void answersInsideTlsByEitherVersion(String version) throws Exception {
        String answer = Tool.require("curl", "install curl")
                .run(
                        "--silent",
                        version,
                        "--proxy",
                        "http://127.0.0.1:" + gate.port(),
                        "--cacert",
                        gate.caFile().toString(),
                        "--header",
                        "content-type: application/json",
                        "--data",
                        PING,
                        "--write-out",
                        " %{http_code} %{http_version}",
                        "https://_egress.local/mcp")
                .ok()
                .out();
        assertThat(answer).endsWith(version.equals("--http2") ? "} 200 2" : "} 200 1.1");
    }

    @Test
    void answersManyAtOnce() {
        assertThat(IntStream.range(0, 40)
                        .parallel()
                        .mapToObj(_ -> {
                            try {
                                return post("", PING).status();
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                        .distinct())
                .containsExactly(200);
    }
}

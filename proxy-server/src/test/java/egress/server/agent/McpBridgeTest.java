package egress.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import egress.server.ProxyUnderTest;
import egress.server.cli.CommandLineFactory;
import egress.server.log.Notices;
import egress.testkit.FreePort;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code egress-proxy mcp}: a line in, a line out, and what is said where the gate does not answer. */
final class McpBridgeTest {
    private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}";

    private static ProxyUnderTest gate;

    @BeforeAll
    static void start() throws IOException {
        gate = ProxyUnderTest.with()
                .routes("routes: []")
                .environment("USERS", "agent:p%ss-w+rd@1")
                .flags("--proxy-auth-env", "USERS")
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gate.close();
    }

    private static List<String> relay(String proxy, String input) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new McpBridge(URI.create(proxy)).relay(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), out);
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static String proxy(String user) {
        return "http://" + user + "127.0.0.1:" + gate.port();
    }

    @Test
    void answersEachLineThatHasAnAnswer() throws IOException {
        List<String> lines = relay(
                proxy("agent:p%25ss-w+rd%401@"),
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\"}}\r\n"
                        + "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n\n"
                        + "nonsense\n" + PING);

        assertThat(lines).hasSize(3);
        assertThat(McpCaller.json(lines.get(0))
                        .path("result")
                        .path("protocolVersion")
                        .asText())
                .isEqualTo("2025-06-18");
        assertThat(McpCaller.json(lines.get(1)).path("error").path("code").asInt())
                .isEqualTo(-32700);
        assertThat(McpCaller.json(lines.get(2)).path("id").asInt()).isEqualTo(7);
    }

    @Test
    void passesOverALineThatIsTooLong() throws IOException {
        List<String> lines = relay(proxy("agent:p%25ss-w+rd%401@"), "x".repeat(200_000) + "\n" + PING + "\n");

        assertThat(lines).hasSize(2);
        JsonNode refused = McpCaller.json(lines.getFirst());
        assertThat(refused.path("id").isNull()).isTrue();
        assertThat(refused.path("error").path("message").asText()).contains("65536");
        assertThat(McpCaller.json(lines.get(1)).has("result")).isTrue();
    }

    @Test
    void saysThatTheGateRefusesOrDoesNotAnswerAndNoPassword() throws IOException {
        List<String> refused = relay(proxy("agent:wrong-secret@"), PING + "\n{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n");
        assertThat(refused).hasSize(1);
        JsonNode fault = McpCaller.json(refused.getFirst());
        assertThat(fault.path("id").asInt()).isEqualTo(7);
        assertThat(fault.path("error").path("message").asText()).contains("407");
        assertThat(refused.getFirst()).doesNotContain("wrong-secret");

        List<String> dead = relay("http://agent:wrong-secret@127.0.0.1:" + FreePort.find(), PING);
        assertThat(McpCaller.json(dead.getFirst()).path("error").path("message").asText())
                .contains("cannot be asked");
        assertThat(dead.getFirst()).doesNotContain("wrong-secret");
    }

    @Test
    void needsToBeToldWhereTheGateIs() {
        ProxyUnderTest.Captured said = new ProxyUnderTest.Captured();
        assertThat(CommandLineFactory.run(Map.of(), (var _, var _) -> 0, new Notices(said), "mcp"))
                .isEqualTo(2);
        assertThat(CommandLineFactory.run(
                        Map.of("HTTPS_PROXY", "socks5://user:wrong-secret@h:1"),
                        (var _, var _) -> 0,
                        new Notices(said),
                        "mcp"))
                .isEqualTo(2);
        assertThat(said.text())
                .contains("--proxy: is missing", "--proxy: no such URL")
                .doesNotContain("wrong-secret");
    }
}

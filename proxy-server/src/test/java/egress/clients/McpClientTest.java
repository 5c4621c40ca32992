package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import egress.server.Operator;
import egress.server.ProxyUnderTest;
import egress.testkit.Tool;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** MCP's own Python SDK as an agent has it: by HTTP through the proxy, in both kinds of versions, and by {@code egress-proxy mcp}. */
final class McpClientTest {
    private static final List<String> READ = List.of(
            "instructions: True",
            "tools: egress_status egress_explain egress_ask egress_ask_result",
            "status: False user:agent https://api.example.com http://api.example.com",
            "explained: host_not_allowed",
            "unknown: True {\"words\":\"you have no such question (expected: an id of yours)\"}");

    private static final String ROUTES = """
            routes:
              - host: api.example.com
              - host: files.example
                ask: later
                path_allowlist: [/public/]
            """;

    private static final String WHY = "to compare the releases";

    private static Path python;
    private static Origin origin;
    private static ProxyUnderTest gate;

    @BeforeAll
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    static void start() throws IOException, InterruptedException {
        python = Packages.mcp();
        origin = Origin.plain();
        gate = ProxyUnderTest.with()
                .routes(ROUTES)
                .flags("--inspect")
                .origin("files.example:80", origin)
                .environment("USERS", "agent:pass-word-1")
                .flags("--proxy-auth-env", "USERS")
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gate.close();
        origin.close();
    }

    private static String proxy() {
        return "http://agent:pass-word-1@127.0.0.1:" + gate.port();
    }

    private static List<String> run(String program, List<String> arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(Surroundings.program(program).toString()));
        all.addAll(arguments);
        return Tool.of(python)
                .with("PYTHONDONTWRITEBYTECODE", "1")
                .with("HTTP_PROXY", proxy())
                .with("HTTPS_PROXY", proxy())
                .run(all.toArray(String[]::new))
                .ok()
                .out()
                .lines()
                .toList();
    }

    private static List<String> inBothVersions() {
        List<String> lines = new ArrayList<>(List.of("auto: speaks 2026-07-28"));
        lines.addAll(READ);
        lines.add("legacy: speaks 2025-11-25");
        lines.addAll(READ);
        return lines;
    }

    @Test
    void readsByHttpThroughTheProxy() throws Exception {
        assertThat(run("mcp_read.py", List.of())).containsExactlyElementsOf(inBothVersions());
    }

    private static CompletableFuture<List<String>> asks(String url) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return run("mcp_ask.py", List.of(url, WHY));
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void isAllowedWhatItAsksFor() throws Exception {
        CompletableFuture<List<String>> agent = asks("http://files.example/a/b");
        Operator operator = Operator.of(gate);
        JsonNode question =
                operator.await(each -> each.path("justification").asText().equals(WHY));
        assertThat(operator.answer(question.path("id").asText(), "\"answer\":\"until_exit\"")
                        .status())
                .isEqualTo(200);

        assertThat(agent.get(60, TimeUnit.SECONDS))
                .containsExactly(
                        "before: 403",
                        "why: ask_pending http://files.example",
                        "put already: pending http://files.example/a/b",
                        "asked: pending",
                        "answer: allowed allowed for as long as the gate runs",
                        "after: 200");
    }

    @Test
    void readsByTheBridge() throws Exception {
        List<String> bridge = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "egress.server.Main",
                "mcp",
                "--proxy",
                proxy());
        assertThat(run("mcp_read.py", bridge)).containsExactlyElementsOf(inBothVersions());
    }
}

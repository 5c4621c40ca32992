package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.testkit.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    private static Path python;
    private static ProxyUnderTest gate;

    @BeforeAll
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    static void start() throws IOException, InterruptedException {
        python = Packages.mcp();
        gate = ProxyUnderTest.with()
                .routes("routes: [{host: api.example.com}]")
                .environment("USERS", "agent:pass-word-1")
                .flags("--proxy-auth-env", "USERS")
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gate.close();
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

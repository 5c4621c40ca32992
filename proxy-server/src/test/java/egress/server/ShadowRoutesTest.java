package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A candidate for the routes is judged beside those in force: told, counted, and without a say. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ShadowRoutesTest {
    private static final String ROUTES = "log: 1\nroutes: [{host: api.example, path_allowlist: [/echo, /status/]}]";

    private final TestCa authority = TestCa.create("origin authority");
    private Origin origin;

    @TempDir
    Path directory;

    @BeforeAll
    void startOrigin() throws IOException {
        origin = Origin.tls(authority.leaf("api.example"), Alpn.H1);
    }

    @AfterAll
    void stopOrigin() throws IOException {
        origin.close();
    }

    private ProxyUnderTest start(Path shadow) throws IOException {
        return ProxyUnderTest.with()
                .routes(ROUTES)
                .origin("api.example:443", origin)
                .trust(authority)
                .flags("--shadow-routes", shadow.toString())
                .start();
    }

    private static ReceivedResponse ask(ProxyUnderTest proxy, String method, String path) throws IOException {
        try (RawClient client = proxy.connect("api.example:443")) {
            return client.send(method + " " + path + " HTTP/1.1\r\nHost: api.example\r\nContent-Length: 0\r\n\r\n")
                    .readResponse(method);
        }
    }

    private static String metrics(ProxyUnderTest proxy) throws IOException {
        try (RawClient client = RawClient.connect(proxy.admin())) {
            return client.get("/metrics", "localhost").text();
        }
    }

    @Test
    void flipsAreToldAndCountedAndNothingElseChanges() throws Exception {
        Path shadow = Files.writeString(
                directory.resolve("shadow.yaml"), "routes: [{host: api.example, path_allowlist: [/echo, /open]}]");
        try (ProxyUnderTest proxy = start(shadow)) {
            proxy.awaitErr("shadow routes: loaded 1 route(s): api.example");
            assertThat(ask(proxy, "GET", "/echo").status()).isEqualTo(200);
            assertThat(ask(proxy, "GET", "/status/204").status()).isEqualTo(204);
            assertThat(ask(proxy, "GET", "/open").status()).isEqualTo(403);
            assertThat(ask(proxy, "GET", "/neither").status()).isEqualTo(403);
            proxy.awaitOut(
                    "https://api.example/open: path_not_allowed would be allow by path_allowlist[1] prefix /open");
            JsonNode line = new ObjectMapper().readTree(proxy.awaitErr("egress_shadow_flip"));
            assertThat(line.get("path").asText()).isEqualTo("/status/204");
            assertThat(line.get("from").asText()).isEqualTo("allow");
            assertThat(line.get("to").asText()).isEqualTo("path_not_allowed");
            assertThat(line.get("rule").asText()).isEqualTo("path_allowlist");
            ProxyUnderTest.await("both flips", () -> {
                try {
                    return metrics(proxy).contains("from=\"path_not_allowed\"");
                } catch (IOException e) {
                    return false;
                }
            });
            assertThat(metrics(proxy))
                    .contains(
                            "egress_shadow_flips_total{from=\"allow\",route=\"api.example\",to=\"path_not_allowed\"} 1.0",
                            "egress_shadow_flips_total{from=\"path_not_allowed\",route=\"api.example\",to=\"allow\"} 1.0",
                            "egress_shadow_lost_total 0.0");
            assertThat(String.join("\n", proxy.out()))
                    .doesNotContain("shadow routes: GET https://api.example/echo", "/neither:");
        }
    }

    /** The verdict may come before the flow that it belongs to, or after it. */
    @Test
    void flipsAreShownOnThePage() throws Exception {
        Path shadow = Files.writeString(
                directory.resolve("page.yaml"), "routes: [{host: api.example, path_allowlist: [/echo, /open]}]");
        try (ProxyUnderTest proxy = ProxyUnderTest.with()
                .routes(ROUTES)
                .origin("api.example:443", origin)
                .trust(authority)
                .flags("--inspect", "--shadow-routes", shadow.toString())
                .start()) {
            ask(proxy, "GET", "/echo");
            ask(proxy, "GET", "/status/204");
            ask(proxy, "GET", "/open");
            Operator operator = Operator.of(proxy);
            ProxyUnderTest.await("both", () -> shadows(operator).equals("""
                    /echo
                    /status/204 allow>path_not_allowed path_allowlist
                    /open path_not_allowed>allow path_allowlist[1] prefix /open
                    """));
        }
    }

    private static String shadows(Operator operator) {
        StringBuilder told = new StringBuilder();
        try {
            for (JsonNode flow : operator.flows()) {
                JsonNode shadow = flow.path("shadow");
                told.append(flow.path("path").asText());
                if (shadow.isObject()) {
                    told.append(' ').append(shadow.path("from").asText());
                    told.append('>').append(shadow.path("to").asText());
                    told.append(' ').append(shadow.path("rule").asText());
                }
                told.append('\n');
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return told.toString();
    }

    @Test
    void theSameSignalReloadsIt() throws Exception {
        Path shadow = Files.writeString(directory.resolve("reloaded.yaml"), "routes: []");
        try (ProxyUnderTest proxy = start(shadow)) {
            Files.writeString(shadow, "routes: [{host: api.example, path_allowlist: [/echo]}]");
            proxy.gate().reload();
            proxy.awaitErr("shadow routes: loaded 1 route(s)");
            Files.writeString(shadow, "routes: 1");
            proxy.gate().reload();
            proxy.awaitErr("shadow routes: " + shadow + ":1: routes: \"1\" (expected: a list)");
            proxy.awaitErr("shadow routes: they stay as they were");
            ask(proxy, "GET", "/status/204");
            proxy.awaitOut("/status/204: allow would be path_not_allowed");
        }
    }

    @Test
    void aBrokenFileIsSaidAndNotUsed() throws Exception {
        Path shadow = Files.writeString(directory.resolve("broken.yaml"), "routes: [{hots: a}]");
        try (ProxyUnderTest proxy = start(shadow)) {
            proxy.awaitErr("unknown key \"hots\"");
            proxy.awaitErr("shadow routes: they are not used");
            assertThat(ask(proxy, "GET", "/echo").status()).isEqualTo(200);
            assertThat(proxy.gate().readiness().whyNot()).isEmpty();
            Files.writeString(shadow, "routes: []");
            proxy.gate().reload();
            proxy.awaitErr("shadow routes: loaded 0 route(s)");
            ask(proxy, "GET", "/echo");
            proxy.awaitOut("/echo: allow would be host_not_allowed");
        }
    }
}

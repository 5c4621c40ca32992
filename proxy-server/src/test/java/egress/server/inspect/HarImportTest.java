package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.server.Operator;
import egress.server.ProxyUnderTest;
import egress.server.flows.Flow;
import egress.testkit.client.RawClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive that the page exports, taken in by the network panel of Chromium's own developer tools. */
final class HarImportTest {
    /** Imports a text, and gives what the panel has then, and what it complains of. */
    private static final String IMPORT = """
            (async () => {
              const { NetworkPanel } = await import("./panels/network/network.js");
              const { NetworkLog } = await import("./models/logs/logs.js");
              const { Console } = await import("./core/common/common.js");
              await NetworkPanel.NetworkPanel.instance().networkLogView.onLoadFromFile(new File([%s], "flows.har"));
              const content = async (request) => {
                const data = await request.requestContentData();
                return data.error ?? (data.isTextContent ? data.text : data.base64);
              };
              return {
                requests: await Promise.all(NetworkLog.NetworkLog.instance().requests().map(async (request) => ({
                  method: request.requestMethod,
                  url: request.url(),
                  status: request.statusCode,
                  form: await request.requestFormData(),
                  content: await content(request),
                  frames: request.frames().map((frame) => [frame.type, frame.text]),
                }))),
                faults: Console.Console.instance().messages().map((message) => message.text),
              };
            })()""";

    @TempDir
    private Path directory;

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<Flow> flows() {
        Flow.Certificate certificate =
                new Flow.Certificate("CN=a", "CN=b", Instant.EPOCH, Instant.EPOCH, List.of("a.example"), 0, "00");
        return List.of(
                SampleFlows.flow(1)
                        .ask("GET", "a.example", "/json?q=1&q=%20x")
                        .answered("application/json", "{\"a\":\"ä\"}")
                        .secured(certificate)
                        .whole(),
                SampleFlows.flow(2)
                        .ask("GET", "a.example", "/picture")
                        .answered("image/png", new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, (byte) 0xff})
                        .whole(),
                SampleFlows.flow(3)
                        .posted("application/x-www-form-urlencoded", utf8("a=1&b=%C3%A9"))
                        .requestField("cookie", "c=d; e=f")
                        .responseField("set-cookie", "g=h; Path=/; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT")
                        .status(302)
                        .responseField("location", "/elsewhere")
                        .whole(),
                SampleFlows.flow(4)
                        .ask("DELETE", "a.example", "/denied")
                        .decided("denied", "method_not_allowed", "DELETE is not in the methods")
                        .status(403)
                        .answered("text/plain; charset=utf-8", "egress: no\n")
                        .whole(),
                SampleFlows.flow(5)
                        .ask("GET", "chat.example", "/socket")
                        .status(101)
                        .messages(SampleFlows.message(true, "{\"ask\":1}"), SampleFlows.message(false, "an answer"))
                        .whole(),
                SampleFlows.flow(6)
                        .ask("GET", "<b>.example", "/\u202e\u0000</script>")
                        .responseField("x-\u0001", "\u001b[31m")
                        .answeredOf(10_000_000_000L, utf8("the beginning"))
                        .whole(),
                SampleFlows.flow(7).ask("GET", "a.example", "/under-way").begun());
    }

    @Test
    void chromiumsNetworkPanelTakesItWithoutAnError() throws Exception {
        try (ProxyUnderTest proxy = ProxyUnderTest.with().flags("--inspect").start();
                Browser browser = Browser.start(Files.createDirectories(directory.resolve("browser")))) {
            flows().forEach(proxy.gate().inspector().orElseThrow().store()::ended);
            String har;
            try (RawClient admin = RawClient.connect(proxy.admin())) {
                har = admin.send("GET /inspect/api/har HTTP/1.1\r\n"
                                + Operator.of(proxy).fields() + "\r\n")
                        .readResponse("GET")
                        .text();
            }
            JsonNode entries = new ObjectMapper().readTree(har).path("log").path("entries");
            assertThat(entries).hasSize(7);
            JsonNode security = entries.get(0).path("_securityDetails");
            assertThat(security.path("protocol").asText()).isEqualTo("TLSv1.2");
            assertThat(security.path("subjectName").asText()).isEqualTo("CN=a");
            assertThat(entries.get(1).has("_securityDetails")).isFalse();

            browser.openDeveloperTools();
            JsonNode imported = browser.evaluate(IMPORT.formatted(Browser.quoted(har)));
            assertThat(imported.path("faults")).isEmpty();
            List<String> expected = new ArrayList<>();
            entries.forEach(
                    each -> expected.add(each.path("request").path("method").asText() + " "
                            + each.path("request").path("url").asText() + " "
                            + each.path("response").path("status").asInt()));
            List<String> shown = new ArrayList<>();
            imported.path("requests")
                    .forEach(each -> shown.add(each.path("method").asText() + " "
                            + each.path("url").asText() + " "
                            + each.path("status").asInt()));
            assertThat(shown).containsExactlyElementsOf(expected);
            assertThat(content(imported, 0)).isEqualTo("{\"a\":\"ä\"}");
            assertThat(content(imported, 1)).isEqualTo("iVBORwD/");
            assertThat(imported.path("requests").get(2).path("form").asText()).isEqualTo("a=1&b=%C3%A9");
            assertThat(content(imported, 3)).isEqualTo("egress: no\n");
            assertThat(imported.path("requests").get(4).path("frames"))
                    .hasToString("[[\"send\",\"{\\\"ask\\\":1}\"],[\"receive\",\"an answer\"]]");
            assertThat(content(imported, 5)).isEqualTo("the beginning");
            browser.forget("", "/favicon.ico"); // which the developer tools do not have
            assertThat(browser.faults()).isEmpty();

            // That it would say what it cannot take.
            JsonNode broken = browser.evaluate(IMPORT.formatted(Browser.quoted("{\"log\":{\"version\":\"1.2\"}}")));
            assertThat(broken.path("faults")).hasSize(1);
            assertThat(broken.path("faults").get(0).asText()).startsWith("Failed to load HAR file");
        }
    }

    private static String content(JsonNode imported, int index) {
        return imported.path("requests").get(index).path("content").asText();
    }
}

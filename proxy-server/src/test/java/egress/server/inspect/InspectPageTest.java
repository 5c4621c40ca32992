package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import egress.server.ProxyUnderTest;
import egress.server.flows.Flow;
import egress.testkit.client.RawClient;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page as a whole: the policy, what axe finds, and what the docs show. */
final class InspectPageTest extends InspectPage {
    private static final String AXE = "/axe.min.js";

    @Test
    void showsRulesWithTheirHitsAndTurnsADenialIntoTheNarrowestRule() throws Exception {
        String routes = """
                routes:
                  - host: api.example.com
                    matches:
                      - paths: [{type: prefix, value: /v1/}]
                        methods: [GET]
                      - paths: [{type: exact, value: /never}]
                """;
        Path shadow = Files.writeString(directory.resolve("shadow.yaml"), "routes: [{host: api.example.com}]");
        try (ProxyUnderTest gate = ProxyUnderTest.with()
                .routes(routes)
                .flags("--inspect", "--shadow-routes", shadow.toString())
                .origin(ANSWERED + ":443", origin)
                .trust(authority)
                .start()) {
            origin.on("/v1/x", exchange -> exchange.respond(200, "fine"));
            try (RawClient client = gate.connect(ANSWERED + ":443")) {
                client.get("/v1/x", ANSWERED);
                client.get("/v1/x", ANSWERED);
                client.get("/v2/other", ANSWERED);
            }
            browser.open(gate.gate().inspector().orElseThrow().url());
            browser.awaitText(".rows .row", "/v2/other");
            browser.click("#views button", "Policy");
            browser.awaitText(".policy", "matches[0].paths[0] prefix /v1/");
            assertThat(browser.text(".policy .routes")).containsPattern("prefix /v1/\\s+2\\s");
            assertThat(browser.text(".policy .routes")).containsPattern("exact /never\\s+never");
            browser.awaitText(".policy .denials", "path_not_allowed");
            browser.click(".policy .denials button", "Narrowest rule");
            browser.awaitText(".policy .rule pre", "/v2/other");
            browser.awaitText(".policy .flips", "/v2/other");
            assertThat(browser.text(".policy .flips")).contains("path_not_allowed would be allow");
            browser.screenshot(Path.of("target", "inspect", "policy.png"));

            browser.fill("#explain-url", "https://api.example.com/v1/y");
            browser.click(".policy button", "Explain");
            browser.awaitText(".policy .explained", "allowed");
            browser.fill("#explain-url", "https://other.example/");
            browser.click(".policy button", "Explain");
            browser.awaitText(".policy .explained", "host_not_allowed");
            browser.fill("#explain-url", "nonsense");
            browser.click(".policy button", "Explain");
            browser.awaitText(".policy .explained", "expected: https:// or http:// and a host");
            String own = "http://127.0.0.1:" + gate.admin().getPort() + "/inspect";
            open(); // before the gate of this test ends
            browser.forget(own, "status of 400");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"})
    void hasNothingThatAxeFinds(String scheme) throws Exception {
        browser.prefer(scheme);
        String axe;
        try (InputStream in = InspectPageTest.class.getResourceAsStream(AXE)) {
            assertThat(in).describedAs(AXE).isNotNull();
            axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        browser.bypassPolicy();
        browser.open(proxy.gate().inspector().orElseThrow().url());
        browser.evaluate(axe + "; undefined");
        finds("empty");

        Conversations.Sample talk = Conversations.named("anthropic-stream");
        show(
                next().ask("GET", "one.example", "/a?b=c")
                        .answered("application/json", "{\"a\":[1,true,null,\"x\"]}")
                        .whole(),
                next().ask("GET", "two.example", "/b").status(304).whole(),
                next().ask("GET", "three.example", "/c").status(404).whole(),
                next().ask("GET", "four.example", "/d")
                        .status(502)
                        .decided("failed", "UPSTREAM", "gone")
                        .whole(),
                next().ask("POST", "five.example", "/e")
                        .status(403)
                        .decided("denied", "DLP", "github_token found in body")
                        .found(new Flow.Finding("github_token", "body", "1f0c", "block"))
                        .messages(SampleFlows.message(true, "up"), SampleFlows.message(false, "down"))
                        .whole(),
                next().ask("POST", "llm.example", talk.path())
                        .posted("application/json", utf8(talk.request()))
                        .answered(talk.type(), talk.response())
                        .whole());
        browser.awaitText(".rows .row", "llm.example");
        finds("list");
        for (int row = 0; row < 6; row++) {
            browser.evaluate("document.querySelectorAll('.rows .row')[" + row + "].click()");
            browser.await("a detail", "document.querySelectorAll('[role=tab]').length > 2");
            int tabs = browser.evaluate("document.querySelectorAll('[role=tab]').length")
                    .asInt();
            for (int tab = 0; tab < tabs; tab++) {
                browser.evaluate("document.querySelectorAll('[role=tab]')[" + tab + "].click()");
                browser.await("all is there", "!document.querySelector('.panel').innerText.includes('Loading')");
                finds("row " + row + ", tab " + tab);
            }
        }
        browser.press("?");
        finds("help");
        browser.evaluate("document.querySelector('dialog').close()");
        browser.fill("#filter", "~z");
        browser.awaitText("#filter-fault", "is no operator");
        finds("a filter that cannot be read");
    }

    /** As docs/images has them; to be looked at by a person. */
    @Test
    void paintsWhatTheDocsShow() throws Exception {
        Path pictures = Path.of("target", "inspect");
        Conversations.Sample talk = Conversations.named("anthropic-stream");
        String[] hosts = {"api.github.com", "registry.example", "files.example", "api.anthropic.com", "github.com"};
        String[] paths = {
            "/repos/acme/tool/pulls?state=open&per_page=50",
            "/packages/left-pad",
            "/assets/logo-2x.png",
            "/v1/messages",
            "/acme/tool.git/info/refs?service=git-upload-pack"
        };
        int[] statuses = {200, 200, 304, 200, 200, 404, 200, 502, 200};
        for (int i = 0; i < 60; i++) {
            boolean denied = i % 11 == 10;
            SampleFlows flow = SampleFlows.flow(100 + i * 37L)
                    .ask(
                            i % 5 == 3 ? "POST" : "GET",
                            denied ? "collector.example" : hosts[i % 5],
                            denied ? "/upload" : paths[i % 5])
                    .status(denied ? 403 : statuses[i % 9])
                    .answered(
                            i % 5 == 2 ? "image/png" : "application/json",
                            "{\"name\":\"left-pad\"}".repeat(i * i % 97));
            if (denied) {
                flow.decided("denied", "HOST", "host \"collector.example\" is in no route");
            } else if (statuses[i % 9] == 502) {
                flow.decided("failed", "UPSTREAM", "the origin closed the connection");
            }
            show(flow.whole());
        }
        show(
                SampleFlows.flow(4_001)
                        .ask("POST", "api.github.com", "/gists")
                        .status(403)
                        .posted(
                                "application/json",
                                utf8("{\"files\":{\"notes.txt\":{\"content\":\"********\"}},\"public\":true}"))
                        .answered("text/plain", "egress DLP: github_token found in body\n")
                        .decided("denied", "DLP", "github_token found in body")
                        .found(new Flow.Finding("github_token", "body", "9f41c2", "block"))
                        .whole(),
                SampleFlows.flow(4_002)
                        .ask("POST", "api.anthropic.com", talk.path())
                        .requestField("anthropic-version", "2023-06-01")
                        .requestField("accept-encoding", "gzip, br, zstd")
                        .requestField("user-agent", "agent/1.4")
                        .posted("application/json", utf8(talk.request()))
                        .responseField("request-id", "req_011CTest")
                        .answered(talk.type(), talk.response())
                        .whole());
        browser.size(1180, 640);
        browser.prefer("light");
        browser.awaitText("#counts", "62 flows");
        browser.screenshot(pictures.resolve("list.png"));
        browser.click(".rows .row", "/gists");
        browser.awaitText(".detail h2", "/gists");
        browser.screenshot(pictures.resolve("detail.png"));
        browser.click(".rows .row", "/v1/messages?beta");
        browser.click("[role=tab]", "Conversation");
        browser.awaitText(".llm .turn.answer", "Paris");
        browser.screenshot(pictures.resolve("conversation.png"));
        for (String tab : List.of("Overview", "Request", "Response")) {
            browser.click("[role=tab]", tab);
            browser.await("all is there", "!document.querySelector('.panel').innerText.includes('Loading')");
            browser.screenshot(pictures.resolve(tab.toLowerCase(Locale.ROOT) + ".png"));
        }
        browser.prefer("dark");
        browser.click("[role=tab]", "Conversation");
        browser.awaitText(".llm .turn.answer", "Paris");
        browser.screenshot(pictures.resolve("conversation-dark.png"));
        browser.click("[role=tab]", "Overview");
        browser.screenshot(pictures.resolve("overview-dark.png"));
        browser.prefer("light");
        browser.click(".title button", "Replay");
        browser.awaitText("dialog h2", "Send again");
        browser.screenshot(pictures.resolve("replay.png"));
        browser.evaluate("document.querySelector('dialog').close()");
        browser.press("?");
        browser.screenshot(pictures.resolve("help.png"));
        browser.evaluate("document.querySelector('dialog').close()");
        browser.press("Escape");
        browser.fill("#filter", "~d api.github.com & ~x 403");
        browser.awaitText("#filter-fault", "no operator");
        browser.screenshot(pictures.resolve("fault.png"));
        browser.fill("#filter", "");
        browser.press("Escape");
        sink.clear();
        browser.awaitText(".empty", "Nothing went through yet");
        browser.await("no fault", "document.querySelector('#filter-fault').hidden");
        browser.screenshot(pictures.resolve("empty.png"));
        browser.size(1440, 900);
        for (String name : List.of("detail.png", "conversation.png")) {
            assertThat(Files.size(pictures.resolve(name))).isBetween(5_000L, 200_000L);
        }
    }

    private static void finds(String where) {
        JsonNode violations = browser.evaluate(
                "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map("
                        + "each => each.id + ': ' + each.help + ' ' + each.nodes.slice(0, 3).map(n => n.target + ' ' + n.failureSummary).join('; ')))");
        assertThat(violations).describedAs(where).isEmpty();
    }
}

package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.BodyCodings;
import egress.server.flows.Flow;
import egress.testkit.origin.RecordedRequest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One exchange as a person sees it: each kind of body, what decided, conversations, and what is made of it. */
final class InspectDetailTest extends InspectPage {
    private static final String PNG =
            "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==";

    @Test
    void showsJsonAsATreeThatKeepsEveryDigit() throws Exception {
        openDetail(
                next().answered(
                                "application/json",
                                "{\"id\":12345678901234567890,\"list\":[{\"deep\":true}],\"t\":\"x\"}")
                        .whole(),
                "Response");

        browser.awaitText(".json", "12345678901234567890");
        assertThat(browser.text(".json")).contains("deep", "true", "\"x\"");
        browser.click(".segments button", "Text");
        browser.awaitText("pre.text", "{\"id\":12345678901234567890");
        browser.click(".segments button", "Hex");
        browser.awaitText("pre.hex", "00000000  7b 22 69 64");
    }

    @Test
    void showsFormsMultipartEventsAndMessagesOfProtobuf() throws Exception {
        openDetail(
                next().posted("application/x-www-form-urlencoded", utf8("a=1+2&b=%C3%A9&c"))
                        .whole(),
                "Request");
        browser.awaitText(".pairs", "1 2");
        browser.awaitText(".pairs", "é");

        String parts = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n"
                + "Content-Type: application/json\r\n\r\n{\"inner\":1}\r\n--x\r\n"
                + "Content-Disposition: form-data; name=\"plain\"\r\n\r\nwords\r\n--x--\r\n";
        reopen(next().posted("multipart/form-data; boundary=x", utf8(parts)).whole(), "Request");
        browser.awaitText(".part h3", "plain");
        browser.awaitText(".json", "inner");

        reopen(
                next().answered(
                                "text/event-stream",
                                "event: first\nid: 7\ndata: {\"n\":1}\n\ndata: two\ndata: lines\n\n")
                        .whole(),
                "Response");
        browser.awaitText(".events", "first");
        browser.awaitText(".events", "two\nlines");

        // Field 1 "hello", field 2 a message with field 1 = 150.
        byte[] message = {0x0a, 5, 'h', 'e', 'l', 'l', 'o', 0x12, 3, 0x08, (byte) 0x96, 0x01};
        byte[] framed = new byte[message.length + 5];
        framed[4] = (byte) message.length;
        System.arraycopy(message, 0, framed, 5, message.length);
        reopen(next().answered("application/grpc", framed).whole(), "Response");
        browser.awaitText(".protobuf", "hello");
        browser.awaitText(".protobuf", "150");
    }

    private void reopen(Flow flow, String tab) throws InterruptedException {
        browser.press("Escape");
        sink.clear();
        browser.await("an empty list", "document.querySelectorAll('.rows .row').length === 0");
        openDetail(flow, tab);
    }

    @Test
    void showsPicturesAndBytes() throws Exception {
        openDetail(next().answered("image/png", Base64.getDecoder().decode(PNG)).whole(), "Response");
        browser.awaitText(".shown", "2 × 2");

        reopen(
                next().answered("application/octet-stream", new byte[] {0, 1, 2, (byte) 0xff, 'a'})
                        .whole(),
                "Response");
        browser.awaitText("pre.hex", "00 01 02 ff 61");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "zstd", "br,gzip"})
    void decodesContentCodingsWithinBounds(String coding) throws Exception {
        openDetail(
                next().responseField("content-encoding", coding)
                        .answered("text/plain", BodyCodings.encode(coding, utf8("in the coding")))
                        .whole(),
                "Response");
        browser.awaitText("pre.text", "in the coding");
        assertThat(browser.text(".panel")).doesNotContain("decoded");

        reopen(
                next().requestField("content-encoding", coding)
                        .posted("application/json", BodyCodings.encode(coding, utf8("{\"asked\":[1]}")))
                        .whole(),
                "Request");
        browser.awaitText(".json", "asked");

        // 64 MiB of nothing in 64 KiB.
        reopen(
                next().responseField("content-encoding", coding)
                        .answered("text/plain", BodyCodings.encode(coding, new byte[64 << 20]))
                        .whole(),
                "Response");
        browser.awaitText(".note", "Shown: the first 16M");

        reopen(
                next().responseField("content-encoding", coding)
                        .answered("text/plain", "no " + coding)
                        .whole(),
                "Response");
        browser.awaitText(".note", "cannot be decoded");
        browser.awaitText("pre.text", "no " + coding);
    }

    @Test
    void showsMessagesOfAWebSocketBothWays() throws Exception {
        openDetail(
                next().ask("GET", "chat.example", "/socket")
                        .status(101)
                        .messages(
                                SampleFlows.message(true, "{\"ask\":\"what\"}"),
                                SampleFlows.message(false, "an answer"))
                        .whole(),
                "Messages");

        browser.awaitText(".messages", "↑ sent");
        browser.awaitText(".messages", "↓ received");
        browser.awaitText(".messages", "an answer");
        browser.awaitText(".messages .json", "what");
    }

    @Test
    void saysWhatDecidedAndWhatWasFoundAndNeverTheValue() throws Exception {
        openDetail(
                next().ask("POST", ANSWERED, "/v1/x")
                        .status(403)
                        .decided("denied", "DLP", "github_token found in body")
                        .found(new Flow.Finding("github_token", "body", "1f0c", "block"))
                        .whole(),
                "Overview");

        browser.awaitText(".detail .panel", "github_token found in body");
        assertThat(browser.text(".detail .panel"))
                .contains("denied", "paths[0] prefix /v1/", "1f0c", "Connect", "TLS to the origin", "25ms");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "anthropic",
                "anthropic-stream",
                "openai-chat",
                "openai-chat-stream",
                "openai-responses",
                "openai-responses-stream",
                "gemini",
                "gemini-stream"
            })
    void showsAConversationOfEachProvider(String name) throws Exception {
        Conversations.Sample sample = Conversations.named(name);
        openDetail(
                next().ask("POST", "llm.example", sample.path())
                        .posted("application/json", utf8(sample.request()))
                        .answered(sample.type(), sample.response())
                        .whole(),
                "Conversation");

        browser.awaitText(".llm .facts", sample.model());
        browser.awaitText(".llm .turn.user", "What is the weather in Paris?");
        browser.awaitText(".llm .call", "get_weather");
        browser.awaitText(".llm .call", "Paris");
        browser.awaitText(".llm .result", "18 degrees");
        browser.awaitText(".llm .turn.answer", "It is 18 degrees in Paris.");
        assertThat(browser.text(".llm .facts")).contains("412 tokens", "58 tokens");
        assertThat(browser.text(".llm .tools summary")).isEqualTo("1 tool on offer");
        browser.awaitText(".llm .turn.system", "You are terse.");
    }

    @Test
    void showsHostileTextAsTextAndEveryHiddenCharacter() throws Exception {
        String markup = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
        String ansi = "\u001b[31mred\u001b[0m";
        String bidi = "user\u202etxt.exe\u200b";
        Flow flow = next().ask("POST", "evil.example", "/" + markup + ansi + bidi)
                .requestField(markup, ansi)
                .requestField("x-bidi", bidi)
                .posted("text/html", utf8(markup + ansi + bidi))
                .answered("application/json", "{\"" + "<b>key</b>" + "\":\"<script>document.title='owned'</script>\"}")
                .decided("denied", "<i>code</i>", markup)
                .found(new Flow.Finding(markup, markup, markup, markup))
                .messages(SampleFlows.message(true, markup + ansi))
                .whole();
        show(flow);

        browser.awaitText(".rows .row", "<img src=x");
        browser.click(".rows .row");
        for (String tab : List.of("Overview", "Request", "Response", "Messages")) {
            browser.click("[role=tab]", tab);
            browser.await("the panel", "document.querySelector('.detail .panel').innerText.length > 40");
            browser.await("nothing loads", "!document.querySelector('.detail .panel').innerText.includes('Loading')");
            assertThat(browser.evaluate(
                                    "document.querySelectorAll('main img, main script, main b:not(.before b), main i').length")
                            .asInt())
                    .describedAs(tab)
                    .isZero();
        }
        browser.click("[role=tab]", "Request");
        browser.awaitText(".fields", "␛[31mred");
        browser.awaitText(".fields", "user⟨U+202E⟩txt.exe⟨U+200B⟩");
        browser.awaitText("pre.text", "<script>document.title='owned'</script>␛[31m");
        assertThat(browser.evaluate("document.title").asText()).isEqualTo("egress-proxy");
        assertThat(browser.evaluate(
                                "/[\\u0000-\\u0008\\u001b\\u200b\\u202e]/.test(document.documentElement.textContent)")
                        .asBoolean())
                .isFalse();
    }

    @Test
    void showsABodyOf64MebibytesOfWhichAPartWasKept() throws Exception {
        openDetail(
                next().responseField("content-type", "text/plain")
                        .answeredOf(64 << 20, utf8("a".repeat(4 << 20)))
                        .whole(),
                "Response");

        browser.awaitText(".note", "The first 4.0M of 64M were kept.");
        browser.awaitText(".shown", "aaaa");
        assertThat(browser.evaluate("document.querySelector('pre.text').textContent.length")
                        .asInt())
                .isLessThan(200_000);
    }

    @Test
    void copiesARequestThatAShellTakesForThatAlone() throws Exception {
        browser.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }");
        openDetail(
                next().ask("POST", ANSWERED, "/it's?a=$(id)")
                        .requestField("x-a", "`id` 'quoted' \"twice\"")
                        .posted("text/plain", utf8("@file $HOME 'x'\nsecond"))
                        .whole(),
                "Overview");

        browser.click(".menu summary");
        browser.click(".menu .items button", "cURL");
        browser.await("a copy", "typeof window.copied === 'string'");
        assertThat(browser.evaluate("window.copied").asText()).isEqualTo("""
                curl 'https://api.example.com/it'\\''s?a=$(id)' \\
                  --header 'x-a: `id` '\\''quoted'\\'' "twice"' \\
                  --header 'content-type: text/plain' \\
                  --data-raw '@file $HOME '\\''x'\\''
                second'""");
        browser.evaluate("window.copied = undefined");
        browser.click(".menu .items button", "Python");
        browser.await("a copy", "typeof window.copied === 'string'");
        assertThat(browser.evaluate("window.copied").asText())
                .contains("requests.request(\n    \"POST\",")
                .contains("data=\"@file $HOME 'x'\\nsecond\".encode()");
        browser.evaluate("window.copied = undefined");
        browser.click(".menu .items button", "JavaScript");
        browser.await("a copy", "typeof window.copied === 'string'");
        assertThat(browser.evaluate("window.copied").asText()).startsWith("const response = await fetch(");
    }

    @Test
    void showsTheHandshakesTheOriginsCertificateAndWhatShadowRoutesWouldSay() throws Exception {
        Flow flow = next().secured(new Flow.Certificate(
                        "CN=api.example,O=<b>An Origin</b>",
                        "CN=An Authority",
                        Instant.parse("2026-06-01T00:00:00Z"),
                        Instant.parse("2026-09-29T00:00:00Z"),
                        List.of("api.example", "*.api.example"),
                        3,
                        "0f".repeat(32)))
                .whole();
        sink.flipped(flow.id(), new FlowStore.ShadowVerdict("allow", "path_not_allowed", "path_allowlist"));
        openDetail(flow, "Overview");

        browser.awaitText(".panel", "Certificate of the origin");
        assertThat(browser.text(".panel"))
                .contains(
                        "TLSv1.3, TLS_AES_128_GCM_SHA256, h2, by the gate's certificate",
                        "TLSv1.2, ECDHE-RSA-AES256-GCM-SHA384, no ALPN, verified",
                        "CN=api.example,O=<b>An Origin</b>",
                        "CN=An Authority",
                        "2026-06-01 to 2026-09-29, 87 days from then",
                        "api.example, *.api.example, and 3 more",
                        "0f0f0f");
        assertThat(browser.text(".rows .row")).contains("shadow: path_not_allowed");
        assertThat(browser.text(".panel")).contains("Shadow routes", "path_allowlist");

        // One that comes while the detail is open.
        sink.flipped(flow.id(), new FlowStore.ShadowVerdict("allow", "method_not_allowed", null));
        browser.awaitText(".panel", "method_not_allowed");
    }

    @Test
    void sendsARequestAgainEdited() throws Exception {
        openDetail(
                next().ask("POST", ANSWERED, "/echo")
                        .requestField("x-kept", "yes")
                        .posted("application/json", utf8("{\"a\":1}"))
                        .whole(),
                "Request");
        browser.click(".title button", "Replay");
        browser.await("the form", "document.querySelector('#replay-body') !== null");
        browser.fill("#replay-url", "https://api.example.com/echo?again=1");
        browser.fill("#replay-body", "{\"a\":\"edited\"}");
        browser.click("dialog button", "Send");

        browser.awaitText(".detail h2", "https://api.example.com/echo?again=1");
        RecordedRequest request = origin.takeRequest();
        while (!request.target().contains("again")) {
            request = origin.takeRequest();
        }
        assertThat(request.values("x-kept")).containsExactly("yes");
        for (int i = 0; i < 200 && request.text().isEmpty(); i++) {
            Thread.sleep(20); // its head comes before its body
        }
        assertThat(request.text()).isEqualTo("{\"a\":\"edited\"}");
        browser.awaitText(".rows .row:last-child .took", "s");
    }
}

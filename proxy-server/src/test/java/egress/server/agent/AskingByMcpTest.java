package egress.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import egress.server.Operator;
import egress.server.ProxyUnderTest;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions that agents put by MCP, what becomes of them, and that nobody else's can be seen and none answered from there. */
final class AskingByMcpTest {
    private static final String ROUTES = """
            routes:
              - host: api.example.com
                ask: later
                matches: [{paths: [{type: prefix, value: /v1/}]}]
              - host: closed.example
                path_allowlist: [/only/]
            """;

    private static ProxyUnderTest gate;
    private static Operator operator;
    private static McpCaller alice;
    private static McpCaller bob;

    @BeforeAll
    static void start() throws IOException {
        gate = ProxyUnderTest.with()
                .routes(ROUTES)
                .environment("USERS", "alice:password-of-alice bob:password-of-bob")
                .flags("--proxy-auth-env", "USERS", "--inspect")
                .start();
        operator = Operator.of(gate);
        alice = McpCaller.of(gate, "alice", "password-of-alice");
        bob = McpCaller.of(gate, "bob", "password-of-bob");
    }

    @AfterAll
    static void stop() throws IOException {
        alice.close();
        bob.close();
        gate.close();
    }

    private static String wish(String host, String path) {
        return "{\"host\":\"" + host + "\",\"path_prefix\":\"" + path
                + "\",\"method\":\"get\",\"justification\":\"because of \\u003cb\\u003e\"}";
    }

    private static String put(McpCaller caller, String path) throws IOException {
        JsonNode asked =
                caller.call("egress_ask", wish("api.example.com", path)).path("structuredContent");
        assertThat(asked.path("state").asText()).isEqualTo("pending");
        String id = asked.path("id").asText();
        assertThat(id).matches("[0-9a-f]{32}");
        assertThat(asked.path("page").asText()).isEqualTo("http://_egress.local/asks/" + id);
        return id;
    }

    private static JsonNode result(McpCaller caller, String id) throws IOException {
        return caller.call("egress_ask_result", "{\"id\":\"" + id + "\"}");
    }

    @Test
    void putsAQuestionThatTheOperatorSeesAsItIs() throws Exception {
        String id = put(alice, "/seen/");

        JsonNode question = operator.await(each -> each.path("id").asText().equals(id));
        assertThat(question.path("caller").asText()).isEqualTo("user:alice");
        assertThat(question.path("method").asText()).isEqualTo("GET");
        assertThat(question.path("path").asText()).isEqualTo("/seen/");
        assertThat(question.path("prefix").asBoolean()).isTrue();
        assertThat(question.path("justification").asText()).isEqualTo("because of <b>");
        assertThat(question.path("code").asText()).isEqualTo("path_not_allowed");
        JsonNode pending = result(alice, id).path("structuredContent");
        assertThat(pending.path("state").asText()).isEqualTo("pending");
        assertThat(pending.path("url").asText()).isEqualTo("https://api.example.com/seen/");
        assertThat(alice.call("egress_status", "{}")
                        .path("structuredContent")
                        .path("open_questions")
                        .toString())
                .contains(id);
    }

    @Test
    void tellsAnotherCallerNothingOfIt() throws Exception {
        String id = put(alice, "/hidden/");
        String none = "0".repeat(32);

        assertThat(result(bob, id)).isEqualTo(result(bob, none));
        assertThat(result(bob, id).path("isError").asBoolean()).isTrue();
        ReceivedResponse anothers = bob.get("http://_egress.local/asks/" + id);
        ReceivedResponse nobodys = bob.get("http://_egress.local/asks/" + none);
        assertThat(anothers.status()).isEqualTo(404);
        assertThat(anothers.text()).isEqualTo(nobodys.text());
        assertThat(anothers.fields()).isEqualTo(nobodys.fields());
        assertThat(bob.call("egress_status", "{}").toString()).doesNotContain(id, "/hidden/");
        ReceivedResponse own = alice.get("http://_egress.local/asks/" + id);
        assertThat(own.status()).isEqualTo(200);
        assertThat(McpCaller.json(own.text()).path("state").asText()).isEqualTo("pending");
    }

    @Test
    void tellsWhatTheOperatorSaid() throws Exception {
        String denied = put(alice, "/denied/");
        String once = put(alice, "/once/");
        String hour = put(alice, "/hour/");

        assertThat(operator.answer(denied, "\"answer\":\"deny\",\"why\":\"use \\\"the\\\" <mirror>\"")
                        .status())
                .isEqualTo(200);
        assertThat(operator.answer(once, "\"answer\":\"once\"").status()).isEqualTo(200);
        assertThat(operator.answer(hour, "\"answer\":\"for\",\"minutes\":60").status())
                .isEqualTo(200);

        JsonNode no = result(alice, denied).path("structuredContent");
        assertThat(no.path("state").asText()).isEqualTo("denied");
        assertThat(no.path("words").asText()).isEqualTo("use \"the\" <mirror>");
        JsonNode one = result(alice, once).path("structuredContent");
        assertThat(one.path("state").asText()).isEqualTo("allowed");
        assertThat(one.path("once").asBoolean()).isTrue();
        JsonNode until = result(alice, hour).path("structuredContent");
        assertThat(until.path("until").asText()).isNotEmpty();
        assertThat(alice.call("egress_ask", wish("api.example.com", "/denied/"))
                        .path("structuredContent")
                        .path("state")
                        .asText())
                .isEqualTo("refused");
        assertThat(alice.call("egress_ask", wish("api.example.com", "/hour/"))
                        .path("structuredContent")
                        .path("state")
                        .asText())
                .isEqualTo("allowed");
        // A grant is for who asked.
        put(bob, "/hour/");
    }

    @Test
    void saysWhereNobodyMayBeAsked() throws IOException {
        for (String host : new String[] {"closed.example", "unlisted.example"}) {
            JsonNode refused = alice.call("egress_ask", wish(host, "/x/")).path("structuredContent");
            assertThat(refused.path("state").asText()).isEqualTo("refused");
            assertThat(refused.path("words").asText()).contains("no operator is asked");
        }
        assertThat(alice.call("egress_ask", wish("api.example.com", "/v1/x"))
                        .path("structuredContent")
                        .path("state")
                        .asText())
                .isEqualTo("allowed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"host\":\"api.example.com\",\"path_prefix\":\"/x/\",\"method\":\"GET\"}",
                "{\"host\":\"\",\"path_prefix\":\"/x/\",\"method\":\"GET\",\"justification\":\"x\"}",
                "{\"host\":\"a b\",\"path_prefix\":\"/x/\",\"method\":\"GET\",\"justification\":\"x\"}",
                "{\"host\":\"user@api.example.com\",\"path_prefix\":\"/x/\",\"method\":\"GET\",\"justification\":\"x\"}",
                "{\"host\":\"api.example.com\",\"path_prefix\":\"x\",\"method\":\"GET\",\"justification\":\"x\"}",
                "{\"host\":\"api.example.com\",\"path_prefix\":\"/x?a=b\",\"method\":\"GET\",\"justification\":\"x\"}",
                "{\"host\":\"api.example.com\",\"path_prefix\":\"/x\\u001b[31m\",\"method\":\"GET\",\"justification\":\"x\"}",
                "{\"host\":\"api.example.com\",\"path_prefix\":\"/x/\",\"method\":\"G E T\",\"justification\":\"x\"}",
                "{\"host\":\"api.example.com\",\"path_prefix\":\"/x/\",\"method\":\"GET\",\"justification\":[\"x\"]}",
                "{\"host\":\"api.example.com\",\"port\":0,\"path_prefix\":\"/x/\",\"method\":\"GET\",\"justification\":\"x\"}",
                "{\"host\":\"api.example.com\",\"port\":\"443\",\"path_prefix\":\"/x/\",\"method\":\"GET\",\"justification\":\"x\"}",
                "{\"host\":\"api.example.com\",\"allow\":true,\"path_prefix\":\"/x/\",\"method\":\"GET\",\"justification\":\"x\"}"
            })
    void refusesAQuestionThatIsNone(String arguments) throws IOException {
        JsonNode result = bob.call("egress_ask", arguments);

        assertThat(result.path("isError").asBoolean()).isTrue();
        assertThat(result.path("structuredContent").path("words").asText()).isNotEmpty();
    }

    @Test
    void takesJustificationsOf500Characters() throws IOException {
        String wish =
                "{\"host\":\"api.example.com\",\"path_prefix\":\"/long/\",\"method\":\"GET\",\"justification\":\"%s\"}";
        assertThat(bob.call("egress_ask", wish.formatted("x".repeat(501)))
                        .path("isError")
                        .asBoolean())
                .isTrue();
        assertThat(bob.call("egress_ask", wish.formatted("x".repeat(500)))
                        .path("isError")
                        .asBoolean())
                .isFalse();
    }

    /** Not even with the page's token, which no agent has. */
    @Test
    void letsNobodyAnswerThroughTheProxy() throws Exception {
        String id = put(alice, "/self/");
        String body = "{\"id\":\"" + id + "\",\"answer\":\"until_exit\"}";
        String admin = "127.0.0.1:" + gate.admin().getPort();
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (McpCaller agent = McpCaller.of(gate, "alice", "password-of-alice")) {
            ReceivedResponse through = agent.send(
                    "POST",
                    "http://" + admin + "/inspect/api/asks/answer",
                    operator.fields().replace("Host: localhost\r\n", ""),
                    bytes);
            assertThat(through.status()).isGreaterThanOrEqualTo(400);
        }
        for (String path : new String[] {"/inspect/api/asks/answer", "/asks/" + id, "/asks/" + id + "/answer", "/"}) {
            try (McpCaller agent = McpCaller.of(gate, "alice", "password-of-alice")) {
                String url = "http://_egress.local" + path;
                assertThat(agent.send("POST", url, "Content-Type: application/json\r\n", bytes)
                                .status())
                        .isEqualTo(403);
            }
        }
        try (RawClient direct = RawClient.connect(gate.admin())) { // without the token
            assertThat(direct.send("POST /inspect/api/asks/answer HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                                    + body.length() + "\r\n\r\n" + body)
                            .readResponse("POST")
                            .status())
                    .isEqualTo(403);
        }
        assertThat(result(alice, id).path("structuredContent").path("state").asText())
                .isEqualTo("pending");
    }

    @Test
    void answersThatTheDeskDoesNotTakeAreSaidToTheOperator() throws Exception {
        String id = put(bob, "/desk/");

        assertThat(operator.answer(id, "\"answer\":\"maybe\"").status()).isEqualTo(400);
        assertThat(operator.answer(id, "\"answer\":\"for\",\"minutes\":0").status())
                .isEqualTo(409);
        assertThat(operator.answer(id, "\"answer\":\"once\",\"path_prefix\":\"/other/\"")
                        .status())
                .isEqualTo(409);
        assertThat(operator.answer("0".repeat(32), "\"answer\":\"once\"").status())
                .isEqualTo(409);
        assertThat(operator.answer(id, "\"answer\":\"deny\",\"why\":\"\"").status())
                .isEqualTo(200);
        assertThat(operator.answer(id, "\"answer\":\"once\"").status()).isEqualTo(409);
        assertThat(result(bob, id).path("structuredContent").path("words").asText())
                .isEqualTo("the operator said no");
    }

    @Test
    void aQuestionThatNobodyAnswersExpires() throws Exception {
        try (ProxyUnderTest hasty = ProxyUnderTest.with()
                        .routes(ROUTES)
                        .flags("--inspect", "--ask-timeout", "1s")
                        .start();
                McpCaller caller = McpCaller.of(hasty)) {
            String id = put(caller, "/late/");
            ProxyUnderTest.await("its end", () -> {
                try {
                    return result(caller, id)
                            .path("structuredContent")
                            .path("state")
                            .asText()
                            .equals("expired");
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    @Test
    void saysThatAGateWithoutAPageOrQueueAsksNobody() throws IOException {
        try (ProxyUnderTest alone = ProxyUnderTest.with().routes(ROUTES).start();
                McpCaller caller = McpCaller.of(alone)) {
            JsonNode refused =
                    caller.call("egress_ask", wish("api.example.com", "/x/")).path("structuredContent");
            assertThat(refused.path("state").asText()).isEqualTo("refused");
            assertThat(refused.path("words").asText()).contains("nobody can be asked");
        }
    }

    @Test
    void saysNothingOfAPathWithOddCharacters() throws IOException {
        ReceivedResponse odd = alice.get("http://_egress.local/asks/%00<script>");
        assertThat(odd.status()).isEqualTo(404);
        assertThat(odd.text()).isEqualTo("egress: no such page\n");
        assertThat(new String(odd.body(), StandardCharsets.UTF_8)).doesNotContain("script");
    }
}

package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ask.Answer;
import egress.testkit.Alpn;
import egress.testkit.GitHubToken;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What metrics, the audit and the flow log say of questions, answers and grants: the same. */
final class AskMetricsTest extends AskFixture {
    private static final String ROUTES = """
        log: 2
        unlisted: later
        routes:
          - host: api.example
            ask: later
            dlp: {outbound_on_match: supervise}
            matches: [{methods: [GET, POST], paths: [{type: prefix, value: /open}]}]
        """;

    AskMetricsTest() {
        super(Alpn.H1);
    }

    private static ReceivedResponse get(ProxyUnderTest proxy, String host, String target) throws IOException {
        try (RawClient client = proxy.connect(host + ":443")) {
            return client.get(target, host);
        }
    }

    /** Asks for it, and answers. */
    private String answered(ProxyUnderTest proxy, String host, String target, Answer answer) throws Exception {
        String id = get(proxy, host, target).value("x-egress-ask").orElseThrow();
        ProxyUnderTest.await("the question", () -> questions().size() == 1);
        queue().answer(queue().question(id), answer);
        ProxyUnderTest.await("its end", () -> questions().isEmpty());
        return id;
    }

    private static String metrics(ProxyUnderTest proxy) throws IOException {
        try (RawClient admin = RawClient.connect(proxy.admin())) {
            return admin.get("/metrics", "localhost").text();
        }
    }

    @Test
    void everyQuestionAnswerAndUseIsCountedLoggedAndInTheFlow() throws Exception {
        Path flows = directory.resolve("flows.jsonl");
        try (ProxyUnderTest proxy =
                gate(ROUTES).flags("--flows", flows.toString()).start()) {
            String granted = answered(proxy, "api.example", "/x", new Answer.AllowFor(Duration.ofHours(1), NO_PREFIX));
            assertThat(get(proxy, "api.example", "/x").value("x-egress-deny")).isEmpty();
            assertThat(get(proxy, "api.example", "/x").value("x-egress-deny")).isEmpty();
            String denied = answered(proxy, "new.example", "/", new Answer.Deny("no"));
            String token = "/open?t=" + GitHubToken.of(7);
            String value = answered(proxy, "api.example", token, new Answer.AllowUntilExit(NO_PREFIX));
            assertThat(get(proxy, "api.example", token).value("x-egress-deny")).isEmpty();

            String forged =
                    get(proxy, "api.example", "/y").value("x-egress-ask").orElseThrow();
            ProxyUnderTest.await("the question", () -> questions().size() == 1);
            Files.writeString(queueDirectory().resolve(forged + ".answer.json"), "{\"allow_once\": tr");
            ProxyUnderTest.await("its end", () -> questions().isEmpty());
            String open = get(proxy, "api.example", "/z").value("x-egress-ask").orElseThrow();
            ProxyUnderTest.await("the question", () -> questions().size() == 1);

            assertThat(metrics(proxy).lines())
                    .contains(
                            "egress_asks_total{kind=\"route\"} 4.0",
                            "egress_asks_total{kind=\"token\"} 1.0",
                            "egress_asks_total{kind=\"lock\"} 0.0",
                            "egress_asks_open{kind=\"route\"} 1.0",
                            "egress_asks_open{kind=\"token\"} 0.0",
                            "egress_asks_ended_total{kind=\"route\",outcome=\"allow_for\"} 1.0",
                            "egress_asks_ended_total{kind=\"route\",outcome=\"deny\"} 1.0",
                            "egress_asks_ended_total{kind=\"route\",outcome=\"forged\"} 1.0",
                            "egress_asks_ended_total{kind=\"token\",outcome=\"allow_until_exit\"} 1.0",
                            "egress_asks_ended_total{kind=\"route\",outcome=\"expired\"} 0.0",
                            "egress_asks_grants{kind=\"route\"} 1.0",
                            "egress_asks_grants{kind=\"token\"} 1.0",
                            "egress_asks_grant_uses_total{kind=\"route\"} 2.0",
                            "egress_asks_grant_uses_total{kind=\"token\"} 1.0",
                            "egress_asks_answers_refused_total 1.0");

            proxy.awaitErr("ask " + value + ": the grant is used");
            String said = String.join("\n", proxy.err());
            for (String id : List.of(granted, denied, value, forged, open)) {
                assertThat(said).contains("ask " + id);
            }
            proxy.reload("routes: []\n"); // which ends what is open, and every grant
            assertThat(metrics(proxy).lines())
                    .contains(
                            "egress_asks_open{kind=\"route\"} 0.0",
                            "egress_asks_ended_total{kind=\"route\",outcome=\"reloaded\"} 1.0",
                            "egress_asks_grants{kind=\"route\"} 0.0",
                            "egress_asks_grants{kind=\"token\"} 0.0");

            proxy.awaitExchanges(8);
            ProxyUnderTest.await("the flows", () -> lines(flows).size() == 8);
            assertThat(lines(flows))
                    .filteredOn(line -> line.contains("\"ask\":\"" + granted + "\""))
                    .hasSize(3)
                    .filteredOn(line -> line.contains("\"rule\":\"ask " + granted + "\""))
                    .hasSize(2);
            assertThat(lines(flows))
                    .filteredOn(line -> line.contains("\"ask\":\"" + value + "\""))
                    .hasSize(2);
            for (String id : List.of(denied, forged, open)) {
                assertThat(lines(flows)).filteredOn(line -> line.contains(id)).hasSize(1);
            }
        }
    }

    private static List<String> lines(Path flows) {
        try {
            return Files.readAllLines(flows).stream()
                    .filter(line -> line.contains("\"event\":\"http\""))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ask.Answer;
import egress.server.ask.AnswerFile;
import egress.server.ask.Question;
import egress.server.ask.QuestionFile;
import egress.testkit.Alpn;
import egress.testkit.GitHubToken;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions to an operator through the whole program: what waits, what an answer lets pass, and what never leaves. */
final class AskTest extends AskFixture {
    private static final String ROUTES = """
        log: 2
        unlisted: %s
        routes:
          - host: api.example
            ask: %s
            dlp: {outbound_on_match: supervise}
            auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
            matches:
              - methods: [GET, POST]
                paths:
                  - {type: prefix, value: /open}
        """;

    AskTest() {
        super(Alpn.H2_AND_H1);
    }

    private ProxyUnderTest.Builder gate(String unlisted, String ask) {
        return gate(ROUTES.formatted(unlisted, ask))
                .environment("EGRESS_TOKEN_0", "kq7zt2vw9xhn4mpl8rbd")
                .environment("SUPERVISE_BOTTLE_SLUG", "blue");
    }

    private ProxyUnderTest hold() throws IOException {
        return gate("ask", "hold").start();
    }

    private static RawClient sent(ProxyUnderTest proxy, String host, String method, String target, String body)
            throws IOException {
        RawClient client = proxy.connect(host + ":443");
        String length = body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n";
        return client.send(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + length + "\r\n" + body);
    }

    private static ReceivedResponse ask(ProxyUnderTest proxy, String host, String method, String target)
            throws IOException {
        try (RawClient client = sent(proxy, host, method, target, "")) {
            return client.readResponse(method);
        }
    }

    private void nothingLeft() {
        assertThat(origin.requests()).isEmpty();
    }

    // What waits, and what an answer does.

    @Test
    void aRequestThatNoRuleAllowsWaitsAndLeavesOnceItIsAllowed() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient client = sent(proxy, "api.example", "POST", "/echo", "hello")) {
            Question question = awaitQuestion().question();
            assertThat(question.kind()).isEqualTo(Question.Kind.ROUTE);
            assertThat(question.wanted())
                    .isEqualTo(new Question.Wanted(true, "api.example", 443, "POST", "/echo", false));
            assertThat(question.reason().code()).isEqualTo("path_not_allowed");
            assertThat(question.who().bottle()).isEqualTo("blue");
            assertThat(question.rule()).isEqualTo("""
                - methods: [POST]
                  paths:
                    - {type: exact, value: /echo}
                """);
            nothingLeft();

            answer(new Answer.AllowOnce(NO_PREFIX));
            ReceivedResponse response = client.readResponse("POST");
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("hello");
            assertThat(origin.takeRequest().value("authorization")).contains("Bearer kq7zt2vw9xhn4mpl8rbd");
            proxy.awaitErr("the grant is used");
            assertThat(proxy.awaitErr("\"egress_response\""))
                    .contains("\"rule\":\"ask " + question.id() + "\"", "\"ask\":\"" + question.id() + "\"");
            ProxyUnderTest.await("no question", () -> questions().isEmpty());
        }
    }

    @Test
    void onceIsOnce() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient first = sent(proxy, "api.example", "GET", "/other", "");
                RawClient second = sent(proxy, "api.example", "GET", "/other", "")) {
            ProxyUnderTest.await(
                    "two of the same",
                    () -> questions().size() == 1
                            && questions().getFirst().question().count() == 2);
            String id = awaitQuestion().question().id();
            answer(new Answer.AllowOnce(NO_PREFIX));
            origin.takeRequest();
            ProxyUnderTest.await(
                    "the other is asked again",
                    () -> questions().size() == 1
                            && !questions().getFirst().question().id().equals(id));
            answer(new Answer.Deny("that is enough"));
            ReceivedResponse one = first.readResponse("GET");
            ReceivedResponse other = second.readResponse("GET");
            ReceivedResponse no = one.status() == 403 ? one : other;
            ReceivedResponse yes = one.status() == 403 ? other : one;
            assertThat(yes.status()).isNotEqualTo(403);
            assertThat(no.status()).isEqualTo(403);
            assertThat(no.text()).contains("an operator said no: that is enough");
            assertThat(origin.requests()).hasSize(1);
        }
    }

    @Test
    void aHostThatNoRouteNamesIsAskedAboutWithoutCredentialOrLookUp() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient client = sent(proxy, "new.example", "GET", "/echo", "")) {
            assertThat(awaitQuestion().question().rule()).startsWith("- host: new.example:443\n  matches:\n");
            assertThat(origin.connections()).isZero();
            answer(new Answer.AllowFor(Duration.ofHours(1), NO_PREFIX));
            assertThat(client.readResponse("GET").status()).isEqualTo(200);
            assertThat(origin.takeRequest().value("authorization")).isEmpty();
            assertThat(ask(proxy, "new.example", "GET", "/echo").status()).isEqualTo(200);
        }
    }

    @Test
    void h2CallersGetTheirQuestionsIdAtOnce() throws Exception {
        try (ProxyUnderTest proxy = hold();
                H2Client client = H2Client.through(
                        proxy.port(),
                        "api.example:443",
                        proxy.client("api.example").alpn("h2"))) {
            H2Stream stream = client.get("api.example", "/other");
            ReceivedResponse.Interim hint = stream.awaitInterims(1).getFirst();
            assertThat(hint.status()).isEqualTo(103);
            String id = awaitQuestion().question().id();
            assertThat(hint.toString()).contains(id);
            answer(new Answer.Deny("no"));
            ReceivedResponse response = stream.response();
            assertThat(response.status()).isEqualTo(403);
            assertThat(response.value("x-egress-ask")).contains(id);
            assertThat(response.value("x-egress-deny")).contains("path_not_allowed");
        }
    }

    @Test
    void laterIsAnsweredAtOnceAndWhatIsAllowedMeanwhilePassesTheNextTime() throws Exception {
        try (ProxyUnderTest proxy = gate("later", "later").start()) {
            ReceivedResponse first = ask(proxy, "api.example", "GET", "/other");
            assertThat(first.status()).isEqualTo(403);
            assertThat(first.value("x-egress-deny")).contains("ask_pending");
            assertThat(first.value("retry-after")).isPresent();
            assertThat(first.value("x-egress-ask"))
                    .contains(awaitQuestion().question().id());
            answer(new Answer.AllowOnce(NO_PREFIX));
            proxy.awaitErr("allow_once");
            assertThat(ask(proxy, "api.example", "GET", "/other").status()).isNotEqualTo(403);
            assertThat(ask(proxy, "api.example", "GET", "/other").value("x-egress-deny"))
                    .contains("ask_pending");
            assertThat(origin.requests()).hasSize(1);
        }
    }

    @Test
    void aNoHoldsForTheSameQuestionAlone() throws Exception {
        try (ProxyUnderTest proxy = gate("later", "later").start()) {
            ask(proxy, "api.example", "GET", "/other");
            answer(new Answer.Deny("not today"));
            proxy.awaitErr("not today");
            ReceivedResponse again = ask(proxy, "api.example", "GET", "/other");
            assertThat(again.value("x-egress-deny")).contains("path_not_allowed");
            assertThat(again.text()).contains("not today");
            assertThat(ask(proxy, "api.example", "GET", "/another").value("x-egress-deny"))
                    .contains("ask_pending");
            nothingLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /given/../secret",
                "GET /given%2f..%2fsecret",
                "GET /given/..;/secret",
                "GET /givenmore",
                "GET /GIVEN",
                "POST /given",
                "GET /given?_method=DELETE",
                "GET /",
            })
    void aGrantCoversNoSiblingByAnyReadingAndNoOtherMethod(String request) throws Exception {
        try (ProxyUnderTest proxy = gate("later", "later").start()) {
            ask(proxy, "api.example", "GET", "/given");
            answer(new Answer.AllowFor(Duration.ofHours(1), Optional.of("/given")));
            proxy.awaitErr("allow_for");
            assertThat(ask(proxy, "api.example", "GET", "/given/below").status())
                    .isNotEqualTo(403);
            String[] parts = request.split(" ", -1);
            assertThat(ask(proxy, "api.example", parts[0], parts[1]).value("x-egress-deny"))
                    .contains("ask_pending");
            assertThat(ask(proxy, "new.example", "GET", "/given").value("x-egress-deny"))
                    .contains("ask_pending");
            assertThat(origin.requests()).hasSize(1);
        }
    }

    @Test
    void aPrefixThatDoesNotHoldWhatWasAskedForIsNoAnswer() throws Exception {
        try (ProxyUnderTest proxy = gate("later", "later").start()) {
            ask(proxy, "api.example", "GET", "/given");
            answer(new Answer.AllowFor(Duration.ofHours(1), Optional.of("/elsewhere")));
            proxy.awaitErr("does not hold what was asked for");
            assertThat(ask(proxy, "api.example", "GET", "/elsewhere").value("x-egress-deny"))
                    .contains("ask_pending");
            nothingLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TRACE /x",
                "POST /x/git-receive-pack",
                "GET /x/info/refs?service=git-upload-pack",
                "GET /x?_method=TRACE",
            })
    void someThingsAreNeverAskedAbout(String request) throws Exception {
        try (ProxyUnderTest proxy = gate("later", "later").start()) {
            String[] parts = request.split(" ", -1);
            for (String host : List.of("api.example", "new.example")) {
                ReceivedResponse response = ask(proxy, host, parts[0], parts[1]);
                assertThat(response.status()).isEqualTo(403);
                assertThat(response.value("x-egress-ask")).isEmpty();
            }
            assertThat(questions()).isEmpty();
            nothingLeft();
        }
    }

    @Test
    void anotherHostInAFieldIsMisdirectedAndNotAskedAbout() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient client = proxy.connect("new.example:443")) {
            client.send("GET /x HTTP/1.1\r\nHost: new.example\r\nX-Forwarded-Host: other.example\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(421);
            assertThat(questions()).isEmpty();
        }
    }

    @Test
    void anAllowedRequestToAPrivateAddressStillFailsAtTheGuard() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient client =
                        proxy.connect().send("GET http://localhost:80/x HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
            answer(new Answer.AllowOnce(NO_PREFIX));
            ReceivedResponse response = client.readResponse("GET");
            assertThat(response.status()).isEqualTo(403);
            assertThat(response.value("x-egress-deny")).contains("address_not_allowed");
        }
    }

    // DLP.

    @Test
    void aSupervisedHitIsAllowedByItsFingerprintAndTheNextSecretIsStillAsked() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient client =
                        sent(proxy, "api.example", "POST", "/open/echo", GitHubToken.of(1) + " " + GitHubToken.of(2))) {
            QuestionFile.Read first = awaitQuestion();
            assertThat(first.question().kind()).isEqualTo(Question.Kind.TOKEN);
            assertThat(first.question().reason().rule()).isEqualTo("github_token");
            assertThat(first.question().reason().place()).isEqualTo("body");
            assertThat(Files.readString(
                            queueDirectory().resolve(first.question().id() + ".json")))
                    .doesNotContain(GitHubToken.of(1));
            queue().answer(first, new Answer.AllowOnce(NO_PREFIX));
            ProxyUnderTest.await(
                    "the next secret is asked about",
                    () -> questions().size() == 1
                            && !questions()
                                    .getFirst()
                                    .question()
                                    .id()
                                    .equals(first.question().id()));
            assertThat(awaitQuestion().question().reason().fingerprint())
                    .isNotEqualTo(first.question().reason().fingerprint());
            nothingLeft();
            answer(new Answer.Deny(""));
            assertThat(client.readResponse("POST").value("x-egress-deny")).contains("dlp_match");
            nothingLeft();
        }
    }

    @Test
    void aValueThatIsAllowedForAWhilePassesAgain() throws Exception {
        String body = GitHubToken.of(1);
        try (ProxyUnderTest proxy = hold();
                RawClient client = sent(proxy, "api.example", "POST", "/open/a", body)) {
            answer(new Answer.AllowFor(Duration.ofHours(1), NO_PREFIX));
            assertThat(client.readResponse("POST").status()).isNotEqualTo(403);
            try (RawClient again = sent(proxy, "api.example", "POST", "/open/a", body)) {
                assertThat(again.readResponse("POST").status()).isNotEqualTo(403);
            }
            assertThat(origin.requests()).hasSize(2);
        }
    }

    @Test
    void aGrantedRequestStillPassesDlp() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient client = sent(proxy, "new.example", "POST", "/x", GitHubToken.of(1))) {
            answer(new Answer.AllowUntilExit(NO_PREFIX));
            ReceivedResponse response = client.readResponse("POST");
            assertThat(response.value("x-egress-deny")).contains("dlp_match");
            nothingLeft();
        }
    }

    // What never leaves.

    @Test
    void aTimeoutIsANo() throws Exception {
        try (ProxyUnderTest proxy =
                        gate("ask", "hold").flags("--ask-timeout", "300ms").start();
                RawClient client = sent(proxy, "api.example", "GET", "/x", "")) {
            ReceivedResponse response = client.readResponse("GET");
            assertThat(response.status()).isEqualTo(403);
            assertThat(response.text()).contains("nobody answered in time");
            ProxyUnderTest.await("no question", () -> questions().isEmpty());
            nothingLeft();
        }
    }

    @Test
    void whoeverLeavesIsNotSentForWhenTheAnswerComes() throws Exception {
        try (ProxyUnderTest proxy = hold()) {
            try (RawClient client = sent(proxy, "api.example", "GET", "/x", "")) {
                assertThat(client).isNotNull();
                awaitQuestion();
            }
            proxy.awaitExchanges(1);
            answer(new Answer.AllowOnce(NO_PREFIX));
            proxy.awaitErr("allow_once");
            nothingLeft();
        }
    }

    @Test
    void aReloadEndsWhatWaits() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient client = sent(proxy, "api.example", "GET", "/x", "")) {
            awaitQuestion();
            proxy.reload(ROUTES.formatted("ask", "hold"));
            assertThat(client.readResponse("GET").text()).contains("the rules have changed");
            nothingLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "gone"})
    void aReloadThatEndsTheAskEndsItsGrants(String how) throws Exception {
        try (ProxyUnderTest proxy = gate("later", "later").start()) {
            ask(proxy, "api.example", "GET", "/x");
            answer(new Answer.AllowUntilExit(NO_PREFIX));
            proxy.awaitErr("allow_until_exit");
            assertThat(ask(proxy, "api.example", "GET", "/x").status()).isNotEqualTo(403);
            proxy.reload(how.equals("gone") ? "routes: []" : ROUTES.formatted("deny", "false"));
            assertThat(ask(proxy, "api.example", "GET", "/x").status()).isEqualTo(403);
            proxy.reload(ROUTES.formatted("later", "later"));
            assertThat(ask(proxy, "api.example", "GET", "/x").value("x-egress-deny"))
                    .contains("ask_pending");
            assertThat(origin.requests()).hasSize(1);
        }
    }

    @Test
    void aGateThatStopsLetsNothingGoThatWaits() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient client = sent(proxy, "api.example", "GET", "/x", "")) {
            awaitQuestion();
            Thread drain = Thread.ofVirtual().start(() -> {
                try {
                    proxy.gate().drain();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            assertThat(client.readResponse("GET").status()).isEqualTo(403);
            drain.join();
            assertThat(questions()).isEmpty();
            nothingLeft();
        }
    }

    @Test
    void restartShowsNoGrantAndNoQuestion() throws Exception {
        try (ProxyUnderTest proxy = gate("later", "later").start()) {
            ask(proxy, "api.example", "GET", "/x");
            answer(new Answer.AllowUntilExit(NO_PREFIX));
            proxy.awaitErr("allow_until_exit");
            ProxyUnderTest.await("the grant is told", () -> !granted().isEmpty());
            ask(proxy, "api.example", "GET", "/y");
            awaitQuestion();
        }
        try (ProxyUnderTest proxy = gate("later", "later").start()) {
            assertThat(granted()).isEmpty();
            assertThat(questions()).isEmpty();
            assertThat(ask(proxy, "api.example", "GET", "/x").value("x-egress-deny"))
                    .contains("ask_pending");
            nothingLeft();
        }
    }

    private List<?> granted() {
        try {
            return queue().granted();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void nobodyToAskMeansNoAndIsSaidAtTheStart() throws Exception {
        try (ProxyUnderTest proxy =
                ProxyUnderTest.with().routes("unlisted: ask\nroutes: []").start()) {
            assertThat(ask(proxy, "new.example", "GET", "/").value("x-egress-deny"))
                    .contains("host_not_allowed");
            proxy.awaitErr("ask means deny");
        }
    }

    // Answers that are none.

    @Test
    void aBodyThatWaitsIsScannedLikeAnyOther() throws Exception {
        try (ProxyUnderTest proxy = hold();
                RawClient client = proxy.connect("new.example:443")) {
            client.send(
                    "POST /echo HTTP/1.1\r\nHost: new.example\r\nContent-Length: 100000\r\n\r\n" + "a".repeat(20_000));
            awaitQuestion();
            client.send("b".repeat(20_000));
            answer(new Answer.AllowOnce(NO_PREFIX));
            client.send("c".repeat(60_000));
            ReceivedResponse response = client.readResponse("POST");
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("a".repeat(20_000) + "b".repeat(20_000) + "c".repeat(60_000));
        }
    }

    @Test
    void atMostTwentyQuestionsOfACallerAreOpen() throws Exception {
        try (ProxyUnderTest proxy = gate("later", "later").start();
                RawClient client = proxy.connect("api.example:443")) {
            for (int i = 0; i < 300; i++) {
                client.send("GET /n" + i + " HTTP/1.1\r\nHost: api.example\r\n\r\n");
                ReceivedResponse response = client.readResponse("GET");
                assertThat(response.status()).isEqualTo(403);
                assertThat(response.value("x-egress-deny")).contains(i < 20 ? "ask_pending" : "path_not_allowed");
            }
            awaitQuestions(20);
            nothingLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"link", "half", "other id", "foreign", "hard link", "fifo", "two answers", "large"})
    void whatIsNoAnswerIsANoAndALogLine(String how) throws Exception {
        try (ProxyUnderTest proxy = how.equals("foreign")
                        ? gate("ask", "hold").flags("--ask-owner", "54321").start()
                        : hold();
                RawClient client = sent(proxy, "api.example", "GET", "/x", "")) {
            QuestionFile.Read question = awaitQuestion();
            String id = question.question().id();
            Path at = queueDirectory().resolve(id + ".answer.json");
            byte[] good = AnswerFile.write(id, new Answer.AllowUntilExit(NO_PREFIX));
            Path made = directory.resolve("made");
            Files.write(made, good);
            switch (how) {
                case "link" -> Files.createSymbolicLink(at, made);
                case "hard link" -> Files.createLink(at, made);
                case "half" -> Files.write(at, Arrays.copyOf(good, good.length / 2));
                case "other id" ->
                    Files.write(at, AnswerFile.write("0".repeat(32), new Answer.AllowUntilExit(NO_PREFIX)));
                case "foreign" -> {
                    assertThat(question.owner()).isEqualTo(54321); // and this file is not that user's
                    Files.move(made, at);
                }
                case "fifo" ->
                    assertThat(new ProcessBuilder("mkfifo", at.toString())
                                    .start()
                                    .waitFor())
                            .isZero();
                case "two answers" ->
                    Files.writeString(at, "{\"id\":\"" + id + "\",\"allow_once\":true,\"deny\":true}");
                default -> Files.write(at, new byte[1 << 20]);
            }
            assertThat(client.readResponse("GET").status()).isEqualTo(403);
            proxy.awaitErr("an answer is refused");
            assertThat(at).doesNotExist();
            nothingLeft();
        }
    }

    @Test
    void anAnswerThatComesAgainOrLateOpensNothing() throws Exception {
        try (ProxyUnderTest proxy = gate("later", "later").start()) {
            ask(proxy, "api.example", "GET", "/x");
            QuestionFile.Read question = awaitQuestion();
            queue().answer(question, new Answer.Deny("no"));
            proxy.awaitErr("deny");
            queue().answer(question, new Answer.AllowUntilExit(NO_PREFIX));
            proxy.awaitErr("an answer to no question that is open");
            assertThat(ask(proxy, "api.example", "GET", "/x").value("x-egress-deny"))
                    .contains("path_not_allowed");
            nothingLeft();
        }
    }
}

package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ask.Answer;
import egress.server.ask.Answered;
import egress.server.ask.Asked;
import egress.server.ask.Asks;
import egress.server.ask.Question;
import egress.server.ask.QuestionFile;
import egress.server.ask.State;
import egress.server.ask.Wish;
import egress.share.Caller;
import egress.testkit.Alpn;
import egress.testkit.GitHubToken;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an agent tries to answer itself, to be asked without end, or to use what others were granted: nothing leaves. */
final class AskAttackTest extends AskFixture {
    private static final String ROUTES = """
        unlisted: later
        routes:
          - host: api.example
            ask: later
            dlp: {outbound_on_match: supervise}
            matches: [{methods: [GET, POST], paths: [{type: prefix, value: /open}]}]
        """;

    AskAttackTest() {
        super(Alpn.H1);
    }

    private ProxyUnderTest.Builder gate() {
        return gate(ROUTES);
    }

    private static ReceivedResponse get(ProxyUnderTest proxy, String target) throws IOException {
        try (RawClient client = proxy.connect("api.example:443")) {
            return client.get(target, "api.example");
        }
    }

    @Test
    void noWayThroughTheProxyLeadsToThePageOrToAnyPortOfTheGate() throws Exception {
        try (ProxyUnderTest proxy = gate().flags("--inspect").start()) {
            String id = get(proxy, "/x").value("x-egress-ask").orElseThrow();
            int admin = proxy.admin().getPort();
            for (String host : List.of("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "admin.example")) {
                for (int port : List.of(admin, proxy.port())) {
                    String authority = host + ":" + port;
                    try (RawClient client = proxy.connect()) {
                        client.send("POST http://" + authority + "/inspect/api/asks/" + id + " HTTP/1.1\r\nHost: "
                                + authority + "\r\nContent-Length: 0\r\n\r\n");
                        assertThat(client.readResponse("POST").status()).isEqualTo(403);
                    }
                }
            }
            for (String path : List.of("/asks/" + id, "/inspect", "/inspect/api/asks")) {
                try (RawClient client = proxy.connect()) {
                    client.send("POST http://_egress.local" + path
                            + " HTTP/1.1\r\nHost: _egress.local\r\nContent-Length: 0\r\n\r\n");
                    assertThat(client.readResponse("POST").status()).isEqualTo(403);
                }
            }
            assertThat(awaitQuestion().question().id()).isEqualTo(id);
            assertThat(origin.requests()).isEmpty();
        }
    }

    @Test
    void aGrantIsForTheCallerThatAskedAlone() throws Exception {
        try (ProxyUnderTest proxy = gate().flags("--proxy-auth-env", "USERS")
                .environment("USERS", "one:pass-of-the-one,two:pass-of-the-two")
                .start()) {
            String id =
                    as(proxy, "one:pass-of-the-one", "/x").value("x-egress-ask").orElseThrow();
            assertThat(awaitQuestion().question().who().user()).isEqualTo("one");
            queue().answer(awaitQuestion(), new Answer.AllowUntilExit(NO_PREFIX));
            proxy.awaitErr("allow_until_exit");
            assertThat(as(proxy, "one:pass-of-the-one", "/x").status()).isNotEqualTo(403);
            assertThat(as(proxy, "two:pass-of-the-two", "/x").value("x-egress-deny"))
                    .contains("ask_pending");
            Asks asks = proxy.gate().ask().orElseThrow().desk();
            assertThat(asks.state(Caller.ofUser("two"), id)).isEmpty();
            assertThat(asks.state(Caller.ofUser("one"), id)).get().isInstanceOf(State.Allowed.class);
            assertThat(origin.requests()).hasSize(1);
        }
    }

    private static ReceivedResponse as(ProxyUnderTest proxy, String user, String target) throws IOException {
        String basic = Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
        try (RawClient client = proxy.connect()) {
            assertThat(client.connectMethod("api.example:443", "Proxy-Authorization: Basic " + basic)
                            .status())
                    .isEqualTo(200);
            return client.tls(proxy.client("api.example").alpn("http/1.1")).get(target, "api.example");
        }
    }

    @Test
    void tenThousandQuestionsAreTwentyAndOthersAreServedBesideThem() throws Exception {
        try (ProxyUnderTest proxy = gate().start();
                RawClient client = proxy.connect("api.example:443")) {
            for (int batch = 0; batch < 20; batch++) {
                for (int i = 0; i < 50; i++) {
                    client.send("GET /n" + batch + "/" + i + " HTTP/1.1\r\nHost: api.example\r\n\r\n");
                }
                for (int i = 0; i < 50; i++) {
                    assertThat(client.readResponse("GET").status()).isEqualTo(403);
                }
            }
            Asks asks = proxy.gate().ask().orElseThrow().desk();
            for (int i = 0; i < 9_000; i++) {
                Wish wish = new Wish("api.example", 443, "GET", "/w" + i, "please");
                assertThat(asks.ask(Caller.ofAddress(proxy.address()), "", wish))
                        .isInstanceOf(Asked.Refused.class);
            }
            assertThat(get(proxy, "/open").status()).isNotEqualTo(403);
            ProxyUnderTest.await("twenty", () -> questions().size() == 20);
            assertThat(origin.requests()).hasSize(1);
        }
    }

    @Test
    void anAnswerAndTheDeadlineThatRaceGiveOneOutcomeEach() throws Exception {
        try (ProxyUnderTest proxy =
                gate().flags("--ask-timeout", "200ms", "--inspect").start()) {
            Asks asks = proxy.gate().ask().orElseThrow().desk();
            Caller caller = Caller.ofUser("racer");
            int allowed = 0;
            for (int i = 0; i < 60; i++) {
                Asked asked = asks.ask(caller, "", new Wish("api.example", 443, "GET", "/race" + i, ""));
                String id = ((Asked.Pending) asked).id();
                long at = System.nanoTime() + Duration.ofMillis(190 + i % 20).toNanos();
                List<Answered> answers = new ArrayList<>();
                CountDownLatch done = new CountDownLatch(2);
                for (int j = 0; j < 2; j++) {
                    Thread.ofPlatform().start(() -> {
                        while (System.nanoTime() < at) {
                            Thread.onSpinWait();
                        }
                        Answered answered = asks.answer(id, new Answer.AllowUntilExit(NO_PREFIX), "page");
                        synchronized (answers) {
                            answers.add(answered);
                        }
                        done.countDown();
                    });
                }
                done.await();
                long taken = answers.stream()
                        .filter(Answered.Taken.class::isInstance)
                        .count();
                State state = asks.state(caller, id).orElseThrow();
                assertThat(taken).isEqualTo(state instanceof State.Allowed ? 1 : 0);
                assertThat(state).isInstanceOfAny(State.Allowed.class, State.Expired.class);
                allowed += state instanceof State.Allowed ? 1 : 0;
            }
            System.out.println("race: " + allowed + " of 60 were in time");
        }
    }

    @Test
    void aDirectoryThatOthersMayWriteToGivesNoAnswerAndNoStart() throws Exception {
        try (ProxyUnderTest proxy = gate().start()) {
            get(proxy, "/x");
            QuestionFile.Read question = awaitQuestion();
            Files.setPosixFilePermissions(queueDirectory(), PosixFilePermissions.fromString("rwxrwxrwx"));
            queue().answer(question, new Answer.AllowUntilExit(NO_PREFIX));
            proxy.awaitErr("others may write there");
            assertThat(get(proxy, "/x").value("x-egress-deny")).contains("ask_pending");
            assertThat(origin.requests()).isEmpty();
        }
        Files.setPosixFilePermissions(queueDirectory(), PosixFilePermissions.fromString("rwxrwxrwx"));
        try (ProxyUnderTest _ = gate().start()) {
            throw new AssertionError("it started");
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("--ask-queue").hasMessageContaining("others may write there");
        }
    }

    @Test
    void twoGatesDoNotShareAQueue() throws Exception {
        try (ProxyUnderTest _ = gate().start()) {
            try (ProxyUnderTest _ = gate().start()) {
                throw new AssertionError("it started");
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("another gate has it");
            }
        }
    }

    @Test
    void aQuestionThatCannotBeWrittenIsANo() throws Exception {
        try (ProxyUnderTest proxy = gate().start()) {
            for (Path file : List.of(queueDirectory().resolve("gate.lock"), queueDirectory())) {
                Files.delete(file); // as a disk that is gone
            }
            String id = get(proxy, "/x").value("x-egress-ask").orElseThrow();
            Asks asks = proxy.gate().ask().orElseThrow().desk();
            ProxyUnderTest.await(
                    "it ends",
                    () -> asks.state(Caller.ofAddress(proxy.address()), id)
                            .filter(State.Expired.class::isInstance)
                            .isPresent());
            assertThat(origin.requests()).isEmpty();
        }
    }

    @Test
    void whatAWishAsksForIsGrantedAsItWasShownAndNoWider() throws Exception {
        try (ProxyUnderTest proxy = gate().start()) {
            Asks asks = proxy.gate().ask().orElseThrow().desk();
            Caller caller = Caller.ofAddress(proxy.address());
            assertThat(asks.ask(caller, "", new Wish("api.example", 443, "GET", "/open/x", "")))
                    .isInstanceOf(Asked.Allowed.class);
            assertThat(asks.ask(caller, "", new Wish("api.example", 443, "TRACE", "/w", "")))
                    .isInstanceOf(Asked.Refused.class);
            assertThat(asks.ask(caller, "", new Wish("127.0.0.1", 443, "GET", "/w", "")))
                    .isInstanceOf(Asked.Refused.class);
            assertThat(asks.ask(caller, "", new Wish("x y", 443, "GET", "/w", "")))
                    .isInstanceOf(Asked.Refused.class);
            assertThat(asks.ask(caller, "", new Wish("api.example", 443, "GET", "/w/..%2fx", "")))
                    .isInstanceOf(Asked.Refused.class);
            Asked asked = asks.ask(caller, "", new Wish("api.example", 443, "GET", "/w", "please ".repeat(200)));
            assertThat(asked).isInstanceOf(Asked.Pending.class);
            Question question = awaitQuestion().question();
            assertThat(question.justification()).hasSize(Question.LONGEST_JUSTIFICATION);
            assertThat(question.wanted().prefix()).isTrue();
            queue().answer(awaitQuestion(), new Answer.AllowFor(Duration.ofHours(1), NO_PREFIX));
            proxy.awaitErr("allow_for");
            assertThat(get(proxy, "/w/below").status()).isNotEqualTo(403);
            assertThat(get(proxy, "/wide").value("x-egress-deny")).contains("ask_pending");
            assertThat(get(proxy, "/w/../secret").value("x-egress-deny")).contains("ask_pending");
            assertThat(origin.requests()).hasSize(1);
        }
    }

    @Test
    void thePagesAnswersAreNoneWhereThePageIsNotServed() throws Exception {
        try (ProxyUnderTest proxy = gate().start()) {
            String id = get(proxy, "/x").value("x-egress-ask").orElseThrow();
            assertThat(proxy.gate().ask().orElseThrow().desk().answer(id, new Answer.AllowUntilExit(NO_PREFIX), "page"))
                    .isInstanceOf(Answered.Refused.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"yes", "no"})
    void aLockIsEndedByAnOperatorAlone(String said) throws Exception {
        String secret = "kq7Zt2vW9xHn4MpL8rBdXc3VbN6m";
        try (ProxyUnderTest proxy = gate().flags("--dlp-known-hits", "3/10m")
                .environment("EGRESS_TOKEN_0", secret)
                .start()) {
            for (int i = 0; i < 3; i++) {
                post(proxy, "x " + secret.substring(i));
            }
            ProxyUnderTest.await("the lock is asked about", () -> lock().isPresent());
            try (RawClient client = proxy.connect()) {
                assertThat(client.connectMethod("api.example:443").status()).isEqualTo(403);
            }
            queue().answer(
                            lock().orElseThrow(),
                            said.equals("yes") ? new Answer.AllowOnce(NO_PREFIX) : new Answer.Deny("no"));
            proxy.awaitErr(said.equals("yes") ? "allow_once" : "deny");
            try (RawClient client = proxy.connect()) {
                ProxyUnderTest.await("it is answered", () -> lock().isEmpty());
                assertThat(client.connectMethod("api.example:443").status()).isEqualTo(said.equals("yes") ? 200 : 403);
            }
            assertThat(origin.requests()).isEmpty();
        }
    }

    private Optional<QuestionFile.Read> lock() {
        return questions().stream()
                .filter(each -> each.question().kind() == Question.Kind.LOCK)
                .findFirst();
    }

    private static ReceivedResponse post(ProxyUnderTest proxy, String body, String... fields) throws IOException {
        try (RawClient client = proxy.connect("api.example:443")) {
            client.send("POST /open/x HTTP/1.1\r\nHost: api.example\r\n" + String.join("", List.of(fields))
                    + "Content-Length: " + body.length() + "\r\n\r\n" + body);
            return client.readResponse("POST");
        }
    }

    @Test
    void aStreamsHitEndsItAndAYesIsForTheNextOneAlone() throws Exception {
        String[] stream = {"Content-Type: application/connect+json\r\n", "Connect-Protocol-Version: 1\r\n"};
        String message = "{\"a\":\"" + GitHubToken.of(1) + "\"}";
        String body = "\0\0\0\0" + (char) message.length() + message;
        try (ProxyUnderTest proxy = gate().start()) {
            assertThat(post(proxy, body, stream).status()).isEqualTo(403);
            queue().answer(awaitQuestion(), new Answer.AllowOnce(NO_PREFIX));
            proxy.awaitErr("allow_once");
            assertThat(post(proxy, body, stream).status()).isNotEqualTo(403);
            assertThat(post(proxy, body, stream).status()).isEqualTo(403);
        }
    }
}

package egress.server.dlp;

import static egress.server.dlp.DlpGate.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.Scanner;
import egress.policy.DlpRules;
import egress.policy.DlpRules.OnMatch;
import egress.server.config.DlpConfig;
import egress.server.dlp.DlpGate.Ask;
import egress.testkit.GitHubToken;
import egress.testkit.client.H2Client;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A second scanner beside the built-in one, and everything that can go wrong with it: nothing leaves then. */
class DlpScannerFaultTest {
    private static final String TOKEN = GitHubToken.of(5);

    @TempDir
    Path directory;

    private static DlpConfig settings(Path spool, boolean builtIn) {
        return new DlpConfig(builtIn, 16 << 20, 64 << 20, spool, 1 << 30, Duration.ofMillis(300), Set.of());
    }

    private DlpGate start(Scanner external) throws IOException {
        return DlpGate.start(directory, settings(directory, true), DlpRules.DEFAULT, Optional.of(external));
    }

    @SuppressWarnings("NullAway") // what a broken scanner answers
    static Stream<Arguments> faults() {
        Scanner throwing = request -> {
            throw new IllegalStateException("broken, and the message quotes " + TOKEN);
        };
        Scanner failing = request -> CompletableFuture.failedFuture(new IOException("gone"));
        Scanner silent = request -> new CompletableFuture<>();
        Scanner empty = request -> CompletableFuture.completedFuture(null);
        Scanner unavailable = request -> CompletableFuture.completedFuture(
                new ScanVerdict.Refused(ScanVerdict.Reason.UNAVAILABLE, "pipelock: cannot be reached"));
        return Stream.of(
                Arguments.of("throws", throwing, "the scanner failed"),
                Arguments.of("fails", failing, "the scanner failed"),
                Arguments.of("never answers", silent, "no verdict in time"),
                Arguments.of("answers nothing", empty, "the scanner failed"),
                Arguments.of("is not there", unavailable, "pipelock: cannot be reached"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    @Row("35.xa")
    void deniesWhenTheSecondScanner(String what, Scanner external, String words) throws Exception {
        try (DlpGate dlp = start(external)) {
            for (String caller : List.of("h1", "h2")) {
                ReceivedResponse response = dlp.ask(caller, Ask.post(DlpGate.H1, "/echo", bytes("clean")));

                assertThat(response.status()).isEqualTo(403);
                assertThat(response.value("x-egress-deny")).contains("dlp_unavailable");
                assertThat(response.text()).isEqualTo("egress: " + words + "\n");
            }
            assertThat(dlp.h1.connections()).isZero();
            dlp.awaitNothingHeld(64 << 20, 1 << 30);
        }
    }

    @Test
    void freesABodyOnlyWhenItsScannerIsDoneWithIt() throws Exception {
        ConcurrentLinkedQueue<CompletableFuture<ScanVerdict>> asked = new ConcurrentLinkedQueue<>();
        Scanner late = request -> {
            CompletableFuture<ScanVerdict> verdict = new CompletableFuture<>();
            if (request.body().length() == 0) {
                verdict.complete(ScanVerdict.clean());
            } else {
                asked.add(verdict);
            }
            return verdict;
        };
        try (DlpGate dlp = start(late)) {
            ReceivedResponse response = dlp.ask("h1", Ask.post(DlpGate.H1, "/echo", new byte[200_000]));

            assertThat(response.status()).isEqualTo(403);
            assertThat(dlp.engine.statistics().spool().left()).isLessThan(1 << 30);
            asked.forEach(verdict -> verdict.complete(ScanVerdict.clean()));
            dlp.awaitNothingHeld(64 << 20, 1 << 30);
            assertThat(dlp.h1.requests()).isEmpty();
        }
    }

    @Test
    void asksTheSecondAboutTheHeadFirstAndThenAboutTheWhole() throws Exception {
        ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
        Scanner external = request -> {
            asked.add(request.method() + " " + request.target() + " "
                    + request.body().length());
            return CompletableFuture.supplyAsync(ScanVerdict::clean, Executors.newVirtualThreadPerTaskExecutor());
        };
        try (DlpGate dlp = start(external)) {
            assertThat(dlp.ask("h2", Ask.post(DlpGate.H2, "/echo", bytes("clean")))
                            .status())
                    .isEqualTo(200);
            assertThat(dlp.ask("h2", new Ask(DlpGate.H2, "GET", "/echo", List.of(), List.of(), List.of()))
                            .status())
                    .isEqualTo(200);
            assertThat(dlp.ask("h2", Ask.post(DlpGate.H2, "/echo", bytes(TOKEN)))
                            .status())
                    .isEqualTo(403);
        }
        assertThat(asked).containsExactly("POST /echo 0", "POST /echo 5", "GET /echo 0", "POST /echo 0");
    }

    /** One whose asking has effects: it is asked once, and about everything. */
    private record Once(ConcurrentLinkedQueue<String> asked) implements Scanner {
        @Override
        public CompletionStage<ScanVerdict> scan(ScanRequest request) {
            asked.add(request.method() + " " + request.target() + " "
                    + request.body().length());
            return CompletableFuture.completedFuture(
                    request.target().contains("no") ? new ScanVerdict.Denied("pipelock", "no") : ScanVerdict.clean());
        }

        @Override
        public boolean wantsWholeRequests() {
            return true;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void asksOneThatWantsWholeRequestsOnce(String caller) throws Exception {
        ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
        try (DlpGate dlp = start(new Once(asked))) {
            List<Ask> asks = List.of(
                    Ask.post(DlpGate.H1, "/echo?1", bytes("clean")),
                    Ask.post(DlpGate.H1, "/echo?2", new byte[0]),
                    new Ask(DlpGate.H1, "GET", "/echo?3", List.of(), List.of(), List.of()));
            for (Ask ask : asks) {
                assertThat(dlp.ask(caller, ask).status()).isEqualTo(200);
            }
            assertThat(asked).containsExactly("POST /echo?1 5", "POST /echo?2 0", "GET /echo?3 0");
            for (byte[] body : List.of(bytes("clean"), new byte[0])) {
                ReceivedResponse denied = dlp.ask(caller, Ask.post(DlpGate.H1, "/echo?no", body));
                assertThat(denied.value("x-egress-deny")).contains("dlp_match");
            }
            assertThat(dlp.received(DlpGate.H1, "/echo?no")).isEmpty();
        }
    }

    @Test
    void passesOnWhyTheSecondDenies() throws Exception {
        Scanner external = denying(request -> request.body().length() > 0);
        try (DlpGate dlp = start(external)) {
            ReceivedResponse response = dlp.ask("h1", Ask.post(DlpGate.H1, "/echo", bytes("clean")));

            assertThat(response.status()).isEqualTo(403);
            assertThat(response.value("x-egress-deny")).contains("dlp_match");
            assertThat(response.text()).isEqualTo("egress DLP: pipelock: header DLP: GitHub Token\n");
            assertThat(dlp.awaitHit("pipelock").place()).isEqualTo("request");
        }
    }

    private static Scanner denying(java.util.function.Predicate<ScanRequest> which) {
        return request -> CompletableFuture.completedFuture(
                which.test(request)
                        ? new ScanVerdict.Denied("pipelock", "header DLP: GitHub Token")
                        : ScanVerdict.clean());
    }

    @Test
    void asksTheSecondAboutTheMaskedBody() throws Exception {
        List<String> bodies = new ArrayList<>();
        Scanner external = request -> {
            byte[] body = new byte[(int) request.body().length()];
            CompletionStage<ScanVerdict> verdict = CompletableFuture.completedFuture(ScanVerdict.clean());
            try {
                for (int n = 0; n < body.length; ) {
                    n += request.body().read(n, body, n, body.length - n);
                }
            } catch (IOException e) {
                verdict = CompletableFuture.failedFuture(e);
            }
            synchronized (bodies) {
                bodies.add(new String(body, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
            return verdict;
        };
        try (DlpGate dlp = DlpGate.start(
                directory, settings(directory, true), DlpGate.rules(OnMatch.REDACT), Optional.of(external))) {
            assertThat(dlp.ask("h1", Ask.post(DlpGate.H1, "/echo", bytes("x " + TOKEN)))
                            .text())
                    .isEqualTo("x ********");
        }
        assertThat(bodies).containsExactly("", "x ********");
    }

    @Test
    void showsTheSecondEachMessageOfAStream() throws Exception {
        ConcurrentLinkedQueue<Long> lengths = new ConcurrentLinkedQueue<>();
        Scanner external = request -> {
            lengths.add(request.body().length());
            return denying(r -> r.body().length() == 9).scan(request);
        };
        try (DlpGate dlp =
                        DlpGate.start(directory, settings(directory, false), DlpRules.DEFAULT, Optional.of(external));
                H2Client client = H2Client.through(dlp.gate.port(), "h2.example:443", dlp.gate.client(DlpGate.H2))) {
            H2Stream stream = client.request("POST", DlpGate.H2, "/grpc", false, "content-type", "application/grpc");
            stream.write(new byte[] {0, 0, 0, 0, 3, 'a', 'b', 'c'}, false);
            assertThat(stream.read(new byte[100])).isEqualTo(8);
            stream.write(new byte[] {0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}, false);

            stream.awaitReset();
        }
        assertThat(lengths).containsExactly(0L, 3L, 9L);
    }
}

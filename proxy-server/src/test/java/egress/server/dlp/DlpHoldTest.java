package egress.server.dlp;

import static egress.server.dlp.DlpGate.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Inspection.Effect;
import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import egress.server.config.DlpConfig;
import egress.server.dlp.DlpGate.Ask;
import egress.testkit.GitHubToken;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How bodies are held, bounded, and let go. */
class DlpHoldTest {
    private static final String TOKEN = GitHubToken.of(2);
    private static final int MIB = 1 << 20;

    @TempDir
    Path directory;

    static Stream<String[]> matrix() {
        return DlpRequestTest.matrix();
    }

    private DlpGate start(DlpRules rules) throws IOException {
        return DlpGate.start(directory, DlpGate.settings(directory), rules);
    }

    private DlpGate start(DlpConfig settings) throws IOException {
        return DlpGate.start(directory, settings, DlpRules.DEFAULT);
    }

    private static DlpRules noscan(boolean off) {
        return new DlpRules(
                off ? new Detectors.Off() : new Detectors.Standard(),
                new Detectors.Standard(),
                OnMatch.BLOCK,
                OnOversize.NOSCAN,
                false,
                Set.of());
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Text, which no decoder takes for anything else. */
    private static byte[] text(int length) {
        byte[] bytes = new byte[length];
        byte[] words = bytes("the quick brown fox jumps over the lazy dog. ");
        for (int i = 0; i < length; i++) {
            bytes[i] = words[(i + i / 1000) % words.length];
        }
        return bytes;
    }

    @ParameterizedTest
    @MethodSource("matrix")
    @Row("34.xc")
    void refusesABodyThatTellsItIsTooLargeAtOnce(String caller, String host) throws IOException {
        try (DlpGate dlp = start(DlpRules.DEFAULT)) {
            ReceivedResponse response = announce(dlp, caller, host, 100 * MIB);

            assertThat(response.status()).isEqualTo(413);
            assertThat(response.text()).contains("larger than " + 16 * MIB + " bytes (--dlp-max-body)");
            assertThat(dlp.origin(host).requests()).isEmpty();
        }
    }

    /** Sends the head of a request, and none of the body that it tells of. */
    private static ReceivedResponse announce(DlpGate dlp, String caller, String host, int length) throws IOException {
        if (caller.equals("h1")) {
            try (RawClient client = dlp.h1Client(host)) {
                client.send("POST /echo HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: " + length + "\r\n\r\n");
                return client.readResponse("POST");
            }
        }
        try (H2Client client = H2Client.through(dlp.gate.port(), host + ":443", dlp.gate.client(host))) {
            return client.request("POST", host, "/echo", false, "content-length", Integer.toString(length))
                    .response();
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    @Row("34.xd")
    void refusesABodyThatTurnsOutToBeOneByteTooLarge(String caller, String host) throws Exception {
        try (DlpGate dlp = start(DlpGate.settings(directory, 100_000, 64 * MIB, 1 << 30))) {
            byte[] fits = text(100_000);
            ReceivedResponse clean = dlp.ask(caller, Ask.post(host, "/echo", fits));
            ReceivedResponse tooLarge = dlp.ask(caller, Ask.post(host, "/echo?2", fits, bytes("x")));

            assertThat(clean.body()).isEqualTo(fits);
            assertThat(tooLarge.status()).isEqualTo(413);
            assertThat(dlp.received(host, "/echo?2")).isEmpty();
            dlp.awaitNothingHeld(64 * MIB, 1 << 30);
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void letsTooLargeABodyPassWhereTheRouteSaysSo(String caller, String host) throws Exception {
        try (DlpGate dlp =
                DlpGate.start(directory, DlpGate.settings(directory, 200_000, 64 * MIB, 1 << 30), noscan(false))) {
            byte[] large = text(3 * MIB);
            ReceivedResponse untold = dlp.ask(
                    caller,
                    Ask.post(host, "/echo?untold", Arrays.copyOf(large, MIB), Arrays.copyOfRange(large, MIB, 3 * MIB)));
            ReceivedResponse told = dlp.ask(
                    caller, Ask.post(host, "/echo?told", large).with("content-length", Integer.toString(large.length)));
            ReceivedResponse scanned = dlp.ask(caller, Ask.post(host, "/echo?small", bytes("token=" + TOKEN)));

            assertThat(untold.body()).isEqualTo(large);
            assertThat(told.body()).isEqualTo(large);
            assertThat(scanned.status()).isEqualTo(403);
            dlp.awaitNothingHeld(64 * MIB, 1 << 30);
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void scansTheTrailersOfABodyThatPasses(String caller, String host) throws Exception {
        try (DlpGate dlp =
                DlpGate.start(directory, DlpGate.settings(directory, 200_000, 64 * MIB, 1 << 30), noscan(false))) {
            byte[] large = text(MIB);
            String length = Integer.toString(large.length);
            for (boolean told : new boolean[] {false, true}) {
                if (told && caller.equals("h1")) {
                    continue; // no trailers behind a length there
                }
                Ask ask = Ask.post(host, "/echo?" + told, large);
                Ask sized = told ? ask.with("content-length", length) : ask;
                ReceivedResponse clean = dlp.ask(caller, sized.trailing("x-sum", "words"));
                assertThat(clean.body()).isEqualTo(large);

                Ask hit = new Ask(host, "POST", "/count?hit" + told, sized.fields(), sized.parts(), List.of());
                boolean denied;
                try {
                    ReceivedResponse response = dlp.ask(caller, hit.trailing("x-sum", TOKEN));
                    denied = response.value("x-egress-deny").isPresent();
                } catch (IOException e) {
                    denied = true; // the stream was ended
                }
                assertThat(denied).as("%s to %s, told %s", caller, host, told).isTrue();
            }
            dlp.awaitNothingHeld(64 * MIB, 1 << 30);
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void streamsAHundredMebibytesWhereDlpIsOff(String caller, String host) throws Exception {
        try (DlpGate dlp = start(noscan(true))) {
            long before = PlatformDependent.usedDirectMemory();
            AtomicLong most = new AtomicLong();
            Thread sampler = Thread.ofPlatform().daemon().start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    most.accumulateAndGet(PlatformDependent.usedDirectMemory(), Math::max);
                    Thread.onSpinWait();
                }
            });
            byte[] part = random(MIB);
            byte[][] parts = new byte[100][];
            Arrays.fill(parts, part);

            ReceivedResponse response = dlp.ask(caller, Ask.post(host, "/count", parts));
            sampler.interrupt();

            assertThat(response.text().strip()).isEqualTo(Integer.toString(100 * MIB));
            assertThat(most.get() - before).isLessThan(24L * MIB);
            assertThat(dlp.engine.statistics().memory().left()).isEqualTo(64 * MIB);
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void sendsAHeldBodyToAnOriginThatReadsSlowly(String caller, String host) throws Exception {
        try (DlpGate dlp = start(DlpGate.settings(directory, 16 * MIB, MIB, 1 << 30))) {
            byte[] body = text(10 * MIB);
            Thread agent = Thread.ofVirtual().unstarted(() -> {
                try {
                    dlp.ask(caller, Ask.post(host, Origin.HELD, body));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            agent.start();
            OriginExchange exchange = dlp.origin(host).takeHeld();

            byte[] seen = new byte[body.length];
            byte[] piece = new byte[200_000];
            int at = 0;
            for (int n = exchange.read(piece); n >= 0; n = exchange.read(piece)) {
                System.arraycopy(piece, 0, seen, at, n);
                at += n;
                assertThat(dlp.engine.statistics().memory().left()).isGreaterThan(MIB - 400_000);
            }
            exchange.respond(200, "done");
            agent.join();

            assertThat(at).isEqualTo(body.length);
            assertThat(seen).isEqualTo(body);
            dlp.awaitNothingHeld(MIB, 1 << 30);
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    @Row("42.xa")
    void answers503WhenNoMemoryIsLeft(String caller, String host) throws Exception {
        try (DlpGate dlp = start(DlpGate.settings(directory, 16 * MIB, 100_000, 1 << 30))) {
            ReceivedResponse response = dlp.ask(caller, Ask.post(host, "/echo", text(300_000)));

            assertThat(response.status()).isEqualTo(503);
            assertThat(response.text()).contains("no memory is left");
            assertThat(dlp.origin(host).requests()).isEmpty();
            dlp.awaitNothingHeld(100_000, 1 << 30);
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    @Row("42.xb")
    void answers503WhenTheSpoolIsFull(String caller, String host) throws Exception {
        try (DlpGate dlp = start(DlpGate.settings(directory, 16 * MIB, 8 * MIB, 200_000))) {
            ReceivedResponse response = dlp.ask(caller, Ask.post(host, "/echo", text(500_000)));

            assertThat(response.status()).isEqualTo(503);
            assertThat(response.text()).contains("no spool space is left");
            assertThat(dlp.origin(host).requests()).isEmpty();
            dlp.awaitNothingHeld(8 * MIB, 200_000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DlpGate.H1, DlpGate.H2})
    void letsTheOriginAnswerAnExpectationAndHoldsTheBody(String host) throws Exception {
        try (DlpGate dlp = start(DlpRules.DEFAULT);
                RawClient client = dlp.h1Client(host)) {
            client.send(
                    "POST /count HTTP/1.1\r\nHost: " + host + "\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertThat(client.readHead().status()).isEqualTo(100);
            client.send("clean");

            ReceivedResponse response = client.readResponse("POST");

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("5");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DlpGate.H1, DlpGate.H2})
    void resetsTheOriginWhenABodyThatItWasAskedForIsDenied(String host) throws Exception {
        try (DlpGate dlp = start(DlpRules.DEFAULT);
                RawClient client = dlp.h1Client(host)) {
            client.send("POST /count HTTP/1.1\r\nHost: " + host + "\r\nExpect: 100-continue\r\nContent-Length: "
                    + TOKEN.length() + "\r\n\r\n");
            assertThat(client.readHead().status()).isEqualTo(100);
            client.send(TOKEN);

            ReceivedResponse response = client.readResponse("POST");

            assertThat(response.status()).isEqualTo(403);
            RecordedRequest seen = dlp.received(host, "/count").orElseThrow();
            seen.awaitAborted();
            assertThat(seen.bodyLength()).isZero();
        }
    }

    @Test
    void answersAnExpectationItselfWhenTheHeadIsDenied() throws Exception {
        try (DlpGate dlp = start(DlpRules.DEFAULT);
                RawClient client = dlp.h1Client(DlpGate.H1)) {
            client.send("POST /echo HTTP/1.1\r\nHost: h1.example\r\nX-Note: " + TOKEN
                    + "\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");

            assertThat(client.readHead().status()).isEqualTo(403);
            assertThat(dlp.h1.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void onlyWarnsWhereNothingIsToBeStopped(String caller, String host) throws Exception {
        try (DlpGate dlp = start(DlpGate.rules(OnMatch.WARN))) {
            ReceivedResponse response =
                    dlp.ask(caller, Ask.post(host, "/echo", bytes(TOKEN)).with("x-note", TOKEN));
            ReceivedResponse coded =
                    dlp.ask(caller, Ask.post(host, "/echo", bytes("x")).with("content-encoding", "compress"));

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo(TOKEN);
            assertThat(coded.status()).isEqualTo(200);
            assertThat(dlp.awaitHit("github_token").effect()).isEqualTo(Effect.WARNED);
            assertThat(dlp.awaitHit("unknown_encoding").effect()).isEqualTo(Effect.WARNED);
        }
    }

    @Test
    void blocksWhatAnOperatorWouldHaveToAllow() throws Exception {
        try (DlpGate dlp = start(DlpGate.rules(OnMatch.SUPERVISE))) {
            ReceivedResponse response = dlp.ask("h1", Ask.post(DlpGate.H1, "/echo", bytes(TOKEN)));

            assertThat(response.status()).isEqualTo(403);
            assertThat(dlp.awaitHit("github_token").effect()).isEqualTo(Effect.SUPERVISED);
        }
    }

    @Test
    @Row(value = "33.xf", allowed = true)
    void letsExactlyTheAllowedValuePass() throws Exception {
        String fingerprint;
        try (DlpGate dlp = start(DlpRules.DEFAULT)) {
            dlp.ask("h1", Ask.post(DlpGate.H1, "/echo", bytes(TOKEN)));
            fingerprint = dlp.awaitHit("github_token").fingerprint();
        }
        DlpRules allowing = new DlpRules(
                new Detectors.Standard(),
                new Detectors.Standard(),
                OnMatch.BLOCK,
                OnOversize.DENY,
                false,
                Set.of(fingerprint));
        try (DlpGate dlp = start(allowing)) {
            assertThat(dlp.ask("h1", Ask.post(DlpGate.H1, "/echo", bytes(TOKEN)))
                            .status())
                    .isEqualTo(200);
            assertThat(dlp.ask("h1", Ask.post(DlpGate.H1, "/echo", bytes(GitHubToken.of(99))))
                            .status())
                    .isEqualTo(403);
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void givesBackWhatItHoldsWhenTheCallerGoesAway(String caller, String host) throws Exception {
        try (DlpGate dlp = start(DlpGate.settings(directory, 16 * MIB, MIB, 1 << 30))) {
            if (caller.equals("h1")) {
                RawClient client = dlp.h1Client(host);
                client.send("POST /echo HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 9000000\r\n\r\n")
                        .send(text(500_000));
                awaitHeld(dlp);
                client.reset();
            } else {
                try (var client = H2Client.through(dlp.gate.port(), host + ":443", dlp.gate.client(host))) {
                    H2Stream stream = client.request("POST", host, "/echo", false);
                    stream.write(text(500_000), false);
                    awaitHeld(dlp);
                    stream.reset(H2Frame.ErrorCode.CANCEL);
                    dlp.awaitNothingHeld(MIB, 1 << 30);
                }
            }

            dlp.awaitNothingHeld(MIB, 1 << 30);
            assertThat(dlp.origin(host).requests()).isEmpty();
        }
    }

    private static void awaitHeld(DlpGate dlp) throws InterruptedException {
        for (int i = 0; i < 1000 && dlp.engine.statistics().spool().left() == 1 << 30; i++) {
            Thread.sleep(5);
        }
        assertThat(dlp.engine.statistics().spool().left()).isLessThan(1 << 30);
    }
}

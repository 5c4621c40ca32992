package egress.server.dlp;

import static egress.server.dlp.DlpGate.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import egress.server.dlp.DlpGate.Ask;
import egress.testkit.GitHubToken;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that are judged message by message, or with a window that stays behind. */
class DlpStreamTest {
    private static final String TOKEN = GitHubToken.of(3);
    private static final long MEMORY = 64 << 20;

    @TempDir
    static Path directory;

    private static DlpGate dlp;
    private static DlpGate windowed;

    @BeforeAll
    static void start() throws IOException {
        dlp = DlpGate.start(directory, DlpGate.settings(directory), DlpRules.DEFAULT);
        DlpRules stream = new DlpRules(
                new Detectors.Standard(), new Detectors.Standard(), OnMatch.BLOCK, OnOversize.DENY, true, Set.of());
        windowed = DlpGate.start(directory, DlpGate.settings(directory), stream);
    }

    @AfterAll
    static void stop() throws Exception {
        dlp.awaitNothingHeld(MEMORY, 1 << 30);
        windowed.awaitNothingHeld(MEMORY, 1 << 30);
        dlp.close();
        windowed.close();
    }

    private static byte[] message(int flags, byte[] payload) {
        return ByteBuffer.allocate(5 + payload.length)
                .put((byte) flags)
                .putInt(payload.length)
                .put(payload)
                .array();
    }

    private static byte[] message(String text) {
        return message(0, bytes(text));
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes(text));
        }
        return out.toByteArray();
    }

    private static H2Client client(String host) throws IOException {
        return H2Client.through(dlp.gate.port(), host + ":443", dlp.gate.client(host));
    }

    private static H2Stream grpc(H2Client client, String host, String target, String... more) throws IOException {
        String[] fields =
                Arrays.copyOf(new String[] {"content-type", "application/grpc", "te", "trailers"}, 4 + more.length);
        System.arraycopy(more, 0, fields, 4, more.length);
        return client.request("POST", host, target, false, fields);
    }

    private static byte[] read(H2Stream stream, int count) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (all.size() < count) {
            byte[] piece = new byte[count - all.size()];
            int n = stream.read(piece);
            assertThat(n).isPositive();
            all.write(piece, 0, n);
        }
        return all.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {DlpGate.H1, DlpGate.H2})
    @Row(value = "33.xe", allowed = true)
    void letsEachCleanMessagePassWhileTheStreamGoesOn(String host) throws IOException {
        try (H2Client client = client(host)) {
            H2Stream stream = grpc(client, host, "/grpc?ping" + host);
            for (String text : new String[] {"one", "", "x".repeat(100_000), "the last"}) {
                byte[] sent = message(text);
                stream.write(sent, false);
                assertThat(read(stream, sent.length)).isEqualTo(sent);
            }
            stream.write(message("bye"), true);
            assertThat(stream.response().body()).isEqualTo(message("bye"));
            assertThat(stream.trailers()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DlpGate.H1, DlpGate.H2})
    void resetsTheStreamBeforeAMessageWithAHitLeaves(String host) throws IOException {
        try (H2Client client = client(host)) {
            H2Stream stream = grpc(client, host, "/grpc?hit" + host);
            byte[] clean = message("clean");
            stream.write(clean, false);
            assertThat(read(stream, clean.length)).isEqualTo(clean);
            stream.write(message("token " + TOKEN), false);

            stream.awaitReset();

            RecordedRequest seen = dlp.received(host, "/grpc?hit" + host).orElseThrow();
            seen.awaitAborted();
            assertThat(seen.body()).isEqualTo(clean);
            assertThat(client.get(host, "/echo").response().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({"h1,h1.example", "h1,h2.example", "h2,h1.example", "h2,h2.example"})
    void deniesAHitInTheFirstMessage(String caller, String host) throws IOException {
        String target = "/count?first" + caller; // answered when the request has ended
        ReceivedResponse response = dlp.ask(
                caller,
                Ask.post(host, target, message("token " + TOKEN)).with("content-type", "application/connect+json"));

        assertThat(response.status()).isEqualTo(403);
        assertThat(response.text()).isEqualTo("egress DLP: github_token found in message\n");
        dlp.received(host, target)
                .ifPresent(seen -> assertThat(seen.bodyLength()).isZero());
    }

    @Test
    void readsCompressedMessages() throws IOException {
        try (H2Client client = client(DlpGate.H2)) {
            H2Stream stream = grpc(client, DlpGate.H2, "/grpc?gzip", "grpc-encoding", "gzip");
            byte[] clean = message(1, gzip("clean"));
            stream.write(clean, false);
            assertThat(read(stream, clean.length)).isEqualTo(clean);
            stream.write(message(1, gzip("token " + TOKEN)), false);

            stream.awaitReset();

            assertThat(dlp.received(DlpGate.H2, "/grpc?gzip").orElseThrow().body())
                    .isEqualTo(clean);
        }
    }

    @Test
    @Row("33.xc")
    void findsATokenInTwoMessages() throws IOException {
        try (H2Client client = client(DlpGate.H2)) {
            H2Stream stream = grpc(client, DlpGate.H2, "/grpc?two");
            byte[] first = message(TOKEN.substring(0, 20));
            stream.write(first, false);
            assertThat(read(stream, first.length)).isEqualTo(first);
            stream.write(message(TOKEN.substring(20)), false);

            stream.awaitReset();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "unknown coding, 1, 4, 4, 7, dlp_unscannable",
        "flags, 2, 4, 4, 7, dlp_unscannable",
        "too long, 0, 16777217, 4, 8, body_too_large",
        "far too long, 0, -1, 4, 8, body_too_large",
    })
    void deniesMessagesThatItCannotRead(String what, int flags, int told, int sent, String status, String why)
            throws IOException {
        try (H2Client client = client(DlpGate.H2)) {
            H2Stream stream = grpc(client, DlpGate.H2, "/count?bad", "grpc-encoding", "snappy");
            byte[] message =
                    ByteBuffer.allocate(5 + sent).put((byte) flags).putInt(told).array();
            stream.write(message, false);

            ReceivedResponse response = stream.response();

            assertThat(response.value("grpc-status")).as(what).contains(status);
            assertThat(response.value("x-egress-deny")).contains(why);
        }
    }

    @Test
    void judgesMessagesUpToTheBoundOfBodies() throws IOException {
        String words = "clean text. ".repeat(500_000);
        Ask clean = Ask.post(DlpGate.H2, "/count?five", message(words)).with("content-type", "application/grpc");
        Ask hit = Ask.post(DlpGate.H2, "/count?hit5", message(words + TOKEN)).with("content-type", "application/grpc");

        assertThat(dlp.ask("h2", clean).value("x-egress-deny")).isEmpty();
        assertThat(dlp.ask("h2", hit).value("grpc-status")).contains("7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOSCAN", "WARN"})
    void letsAMessageOverTheBoundPassWhereBodiesDo(String how) throws Exception {
        DlpRules noscan = new DlpRules(
                new Detectors.Standard(), new Detectors.Standard(), OnMatch.BLOCK, OnOversize.NOSCAN, false, Set.of());
        try (DlpGate own = DlpGate.start(
                directory,
                DlpGate.settings(directory, 100_000, MEMORY, 1 << 30),
                how.equals("WARN") ? DlpRules.WARN_ONLY : noscan)) {
            byte[] large = message("clean text. ".repeat(100_000) + TOKEN);
            byte[] small = message("token " + TOKEN);
            String type = "application/grpc";

            Ask alone = Ask.post(DlpGate.H2, "/count?large", large).with("content-type", type);
            assertThat(own.ask("h2", alone).value("x-egress-deny")).isEmpty();
            assertThat(own.received(DlpGate.H2, "/count?large").orElseThrow().bodyLength())
                    .isEqualTo(large.length);
            Ask both = Ask.post(DlpGate.H2, "/count?both", small).with("content-type", type);
            assertThat(own.ask("h2", both).value("grpc-status").isPresent()).isEqualTo(!how.equals("WARN"));
            Ask unknown = Ask.post(DlpGate.H2, "/count?coded", message(1, bytes("x")))
                    .with("content-type", type, "grpc-encoding", "snappy");
            assertThat(own.ask("h2", unknown).value("grpc-status").isPresent()).isEqualTo(!how.equals("WARN"));
            own.awaitNothingHeld(MEMORY, 1 << 30);
        }
    }

    @Test
    void deniesAStreamThatEndsWithinAMessage() throws IOException {
        ReceivedResponse response = dlp.ask(
                "h2",
                Ask.post(DlpGate.H2, "/count?cut", Arrays.copyOf(message("clean"), 7))
                        .with("content-type", "application/grpc"));

        assertThat(response.value("grpc-status")).contains("7");
        assertThat(response.value("grpc-message").orElse("")).contains("ends within one");
    }

    @Test
    @Row("34.xb")
    void deniesABomb() throws IOException {
        byte[] bomb = gzip("\0".repeat(64 << 20));
        ReceivedResponse response = dlp.ask(
                "h2",
                Ask.post(DlpGate.H2, "/count?bomb", message(1, bomb))
                        .with("content-type", "application/grpc", "grpc-encoding", "gzip"));

        assertThat(response.value("grpc-status")).contains("7");
        assertThat(response.value("x-egress-deny")).contains("dlp_unscannable");
    }

    @Test
    void scansTheTrailersOfAStreamToo() throws IOException {
        ReceivedResponse response = dlp.ask(
                "h2",
                Ask.post(DlpGate.H2, "/count?trailer", message("clean"))
                        .with("content-type", "application/grpc")
                        .trailing("x-sum", TOKEN));

        assertThat(response.value("grpc-status")).contains("7");
        assertThat(response.value("grpc-message").orElse("")).contains("trailer x-sum");
    }

    @ParameterizedTest
    @ValueSource(strings = {DlpGate.H1, DlpGate.H2})
    void streamsWithAWindowThatStaysBehind(String host) throws Exception {
        try (RawClient client = windowed.h1Client(host)) {
            String target = "/count?window" + host;
            client.send("POST " + target + " HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n");
            byte[] clean = bytes("clean text. ".repeat(10_000));
            chunk(client, clean);

            RecordedRequest seen = windowed.awaitReceived(host, target);
            seen.awaitBody(clean.length - 4096);
            chunk(client, bytes(TOKEN));

            assertThat(client.readHead().status()).isEqualTo(403);
            seen.awaitAborted();
            assertThat(new String(seen.body(), StandardCharsets.ISO_8859_1)).doesNotContain(TOKEN.substring(0, 4));
        }
    }

    @ParameterizedTest
    @CsvSource({"h1,h1.example", "h1,h2.example", "h2,h1.example", "h2,h2.example"})
    void sendsAStreamedBodyToItsLastByte(String caller, String host) throws IOException {
        byte[] clean = bytes("clean text, all of it. ".repeat(200_000));
        String target = "/count?last" + caller;
        ReceivedResponse response = windowed.ask(caller, Ask.post(host, target, clean, bytes("end")));

        assertThat(response.status()).isEqualTo(200);
        assertThat(windowed.received(host, target).orElseThrow().body())
                .hasSize(clean.length + 3)
                .startsWith(clean)
                .endsWith(bytes("end"));
    }

    @Test
    @Row("33.xd")
    void findsATokenInPiecesBeforeItsFirstByteLeaves() throws Exception {
        try (RawClient client = windowed.h1Client(DlpGate.H1)) {
            client.send("POST /count?pieces HTTP/1.1\r\nHost: h1.example\r\nTransfer-Encoding: chunked\r\n\r\n");
            byte[] clean = bytes("clean text. ".repeat(1_000));
            chunk(client, clean);
            RecordedRequest seen = windowed.awaitReceived(DlpGate.H1, "/count?pieces");
            for (int i = 0; i < TOKEN.length(); i++) {
                chunk(client, bytes(TOKEN.substring(i, i + 1)));
            }

            assertThat(client.readHead().status()).isEqualTo(403);
            seen.awaitAborted();
            assertThat(new String(seen.body(), StandardCharsets.ISO_8859_1)).doesNotContain(TOKEN.substring(0, 4));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/x-www-form-urlencoded|a=%s&b=%s",
                "multipart/form-data; boundary=b|--b~~%s~--b~~%s~--b--~",
                "text/html|<a>%s</a><b>%s</b>",
                "application/json|{'a':'%s','b':'%s'}"
            })
    void joinsAStreamedBodyByItsStructure(String type, String form) throws IOException {
        String body = String.format(form, TOKEN.substring(0, 20), TOKEN.substring(20))
                .replace("~", "\r\n")
                .replace('\'', '"');
        ReceivedResponse response = windowed.ask(
                "h2", Ask.post(DlpGate.H2, "/count?joined", bytes(body)).with("content-type", type));

        assertThat(response.status()).isEqualTo(403);
        assertThat(response.value("x-egress-deny")).contains("dlp_match");
    }

    @Test
    void holdsACodedBodyOnAStreamingRoute() throws IOException {
        ReceivedResponse response = windowed.ask(
                "h2",
                Ask.post(DlpGate.H2, "/echo?coded", gzip("token " + TOKEN)).with("content-encoding", "gzip"));

        assertThat(response.status()).isEqualTo(403);
        assertThat(windowed.received(DlpGate.H2, "/echo?coded")).isEmpty();
    }

    private static void chunk(RawClient client, byte[] bytes) throws IOException {
        client.send(Integer.toHexString(bytes.length) + "\r\n").send(bytes).send("\r\n");
    }
}

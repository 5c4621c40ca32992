package egress.server.dlp;

import static egress.server.dlp.DlpGate.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Inspection.Effect;
import egress.policy.DlpRules.OnMatch;
import egress.server.dlp.DlpGate.Ask;
import egress.testkit.GitHubToken;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Routes that say {@code outbound_on_match: redact}: what is masked, and what is denied because it cannot be. */
class DlpRedactTest {
    private static final String TOKEN = GitHubToken.of(2);

    @TempDir
    static Path directory;

    private static DlpGate dlp;

    @BeforeAll
    static void start() throws IOException {
        dlp = DlpGate.start(directory, DlpGate.settings(directory), DlpGate.rules(OnMatch.REDACT));
    }

    @AfterAll
    static void stop() throws IOException, InterruptedException {
        dlp.awaitNothingHeld(64 << 20, 1 << 30);
        dlp.close();
    }

    static Stream<String[]> matrix() {
        return DlpRequestTest.matrix();
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void masksWhatItFindsAndSendsTheRest(String caller, String host) throws Exception {
        String body = "{\"a\":\"" + TOKEN + "\",\"b\":\"clean\",\"c\":\"" + TOKEN + "\"}";
        String target = "/echo?by=" + caller + "&t=";
        ReceivedResponse response = dlp.ask(
                caller,
                Ask.post(host, target + TOKEN, bytes(body))
                        .with("x-note", "see " + TOKEN, "content-length", Integer.toString(body.length())));

        assertThat(response.status()).as("%s", response).isEqualTo(200);
        assertThat(response.text()).isEqualTo("{\"a\":\"********\",\"b\":\"clean\",\"c\":\"********\"}");
        RecordedRequest seen = dlp.received(host, target + "********").orElseThrow();
        assertThat(seen.value("x-note")).contains("see ********");
        assertThat(seen.value("content-length")).isEmpty();
        assertThat(dlp.awaitHit("github_token").effect()).isEqualTo(Effect.REDACTED);
    }

    static Stream<Arguments> forms() {
        String multipart = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n%s\r\n--b\r\n"
                + "Content-Disposition: form-data; name=\"f\"; filename=\"k.txt\"\r\n\r\nkey: %s\n\r\n--b--\r\n";
        List<Arguments> all = new ArrayList<>();
        for (String[] pair : matrix().toList()) {
            all.add(Arguments.of(pair[0], pair[1], "application/x-www-form-urlencoded", "a=1&t=%s&b=2"));
            all.add(Arguments.of(pair[0], pair[1], "multipart/form-data; boundary=b", multipart));
            all.add(Arguments.of(pair[0], pair[1], "application/xml", "<r a=\"%s\"><v>%s</v></r>"));
            all.add(Arguments.of(pair[0], pair[1], "text/event-stream", "data: {\"v\":\"%s\"}\n\n"));
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{2} by {0} to {1}")
    @MethodSource("forms")
    void masksInEveryForm(String caller, String host, String type, String form) throws IOException {
        ReceivedResponse response = dlp.ask(
                caller,
                Ask.post(host, "/echo", bytes(form.replace("%s", TOKEN))).with("content-type", type));

        assertThat(response.status()).as("%s", response).isEqualTo(200);
        assertThat(response.text()).isEqualTo(form.replace("%s", "********"));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void masksALargeBodyFromTheSpool(String caller, String host) throws Exception {
        byte[] before = text(300_000);
        byte[] after = text(200_000);
        ReceivedResponse response = dlp.ask(caller, Ask.post(host, "/echo", before, bytes(" " + TOKEN + " "), after));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body())
                .hasSize(500_000 + 10)
                .startsWith(before)
                .endsWith(after)
                .containsSequence(bytes(" ******** "));
    }

    static Stream<Arguments> unmaskable() throws IOException {
        String json = "{\"note\":\"" + TOKEN + "\"}";
        List<Arguments> all = new ArrayList<>();
        for (String[] pair : matrix().toList()) {
            List<Ask> asks = List.of(
                    Ask.post(
                            pair[1], "/base64", bytes("x=" + Base64.getEncoder().encodeToString(bytes("k: " + TOKEN)))),
                    Ask.post(pair[1], "/gzip", DlpRequestTest.gzip(json))
                            .with("content-encoding", "gzip", "content-type", "application/json"),
                    Ask.post(
                                    pair[1],
                                    "/pieces",
                                    bytes("[\"" + TOKEN.substring(0, 20) + "\",\"" + TOKEN.substring(20) + "\"]"))
                            .with("content-type", "application/json"),
                    Ask.post(pair[1], "/name", bytes("clean")).with("x-" + TOKEN, "1"));
            asks.forEach(ask -> all.add(Arguments.of(pair[0], ask.target(), ask)));
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{1} by {0}")
    @MethodSource("unmaskable")
    void deniesWhatCannotBeMasked(String caller, String what, Ask ask) throws IOException {
        ReceivedResponse response = dlp.ask(caller, ask);

        assertThat(response.status()).as("%s", response).isEqualTo(403);
        assertThat(response.value("x-egress-deny")).contains("dlp_match");
        assertThat(dlp.received(ask.host(), what)).isEmpty();
    }

    private static byte[] text(int length) {
        return "the quick brown fox jumps over the lazy dog. "
                .repeat(length / 45 + 1)
                .substring(0, length)
                .getBytes(ISO_8859_1);
    }
}

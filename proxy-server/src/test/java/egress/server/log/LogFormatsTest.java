package egress.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.dlp.builtin.Masker;
import egress.exchange.CallerPhases;
import egress.exchange.Failure;
import egress.exchange.Inspection;
import egress.http.Authority;
import egress.policy.DenyReason;
import egress.server.config.LogSettings;
import egress.server.log.LogEvent.Facts;
import egress.server.log.LogEvent.Phases;
import egress.testkit.scorecard.Row;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LogFormatsTest {
    private static final InetSocketAddress CALLER = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 47154);
    private static final Authority API = new Authority("api.example", 443);
    private static final SecretMasker MASKER = SecretMasker.of(List.of(), List.of("top-secret"), Masker::of);
    private static final long MILLI = 1_000_000;

    private static Facts facts(String target, int status, @Nullable Failure failure, Phases phases) {
        return new Facts(
                1_700_000_000_000L,
                7,
                CALLER,
                API,
                true,
                "HTTP/2.0",
                "GET",
                target,
                "api.example",
                failure == null ? "matches[0].paths[0] prefix /v1/" : "matches",
                null,
                failure,
                status,
                failure == null ? "192.0.2.1:443" : null,
                failure == null ? "HTTP/1.1" : null,
                true,
                true,
                10,
                1024,
                phases,
                List.of(Map.entry("Authorization", "Bearer x"), Map.entry("X-Long", "v".repeat(300))),
                List.of(Map.entry("Content-Type", "text/plain")));
    }

    private static Facts answered() {
        return facts(
                "/v1/x?q=top-secret",
                200,
                null,
                new Phases(CallerPhases.NONE, MILLI, 0, 0, MILLI, 10 * MILLI, 12 * MILLI));
    }

    private static Facts blocked() {
        return facts(
                "/v1/x",
                403,
                new Failure.Denied(DenyReason.PATH_NOT_ALLOWED, "path \"/v1/x\" is not allowed"),
                new Phases(CallerPhases.NONE, -1, -1, -1, -1, -1, MILLI));
    }

    private static String text(int detail, boolean colours, LogEvent event) {
        StringBuilder text = new StringBuilder();
        new Terminal(
                        new LogSettings(LogSettings.Format.TEXT, detail, false),
                        colours,
                        ZoneOffset.UTC,
                        ExchangeFilter.ALL)
                .append(event, MASKER, text);
        return text.toString();
    }

    private static JsonNode json(LogEvent.Recorded event, boolean withFields) throws IOException {
        StringBuilder text = new StringBuilder();
        new JsonFormat().append(event, MASKER, withFields, text);
        assertThat(text.toString()).endsWith("\n").hasLineCount(1);
        return new ObjectMapper().readTree(text.toString());
    }

    @Test
    void anExchangeIsTwoLines() {
        assertThat(text(1, false, new ExchangeEvents.Ended(answered())))
                .isEqualTo("127.0.0.1:47154: GET https://api.example/v1/x?q=******** HTTP/2.0\n"
                        + "    << HTTP/1.1 200 OK 1.0k 12ms\n");
    }

    @Test
    void aBlockSaysWhy() {
        assertThat(text(1, false, new ExchangeEvents.Ended(blocked())))
                .isEqualTo("127.0.0.1:47154: GET https://api.example/v1/x HTTP/2.0\n"
                        + "    << 403 Forbidden path_not_allowed: path \"/v1/x\" is not allowed 1ms\n");
    }

    @Test
    void aBlockIsRedAndAnAnswerGreenOnATerminal() {
        assertThat(text(1, true, new ExchangeEvents.Ended(blocked()))).contains("<< \u001b[31m403 Forbidden path");
        assertThat(text(1, true, new ExchangeEvents.Ended(answered())))
                .contains("<< \u001b[32mHTTP/1.1 200 OK\u001b[0m 1.0k 12ms");
    }

    @Test
    void aBreakBehindTheHeadShowsBothTheStatusAndTheReason() {
        Facts broken = facts(
                "/",
                200,
                new Failure.DownstreamGone("the caller went away"),
                new Phases(CallerPhases.NONE, 0, 0, 0, 0, MILLI, 5 * MILLI));
        assertThat(text(1, false, new ExchangeEvents.Ended(broken)))
                .endsWith("    << HTTP/2.0 200 OK 1.0k 5ms, then downstream_gone: the caller went away\n");
    }

    @Test
    void fieldsAreShownFromLevelTwoWithCredentialsMaskedAndCutBelowFour() {
        String two = text(2, false, new ExchangeEvents.Ended(answered()));
        assertThat(two)
                .contains("        Authorization: ********\n", "        Content-Type: text/plain\n")
                .contains("X-Long: " + "v".repeat(200) + "...\n")
                .doesNotContain("verdict");
        assertThat(text(3, false, new ExchangeEvents.Ended(answered())))
                .contains(
                        "route api.example, rule matches[0].paths[0] prefix /v1/, by 192.0.2.1:443 (open before), credential injected, 10b sent")
                .contains("verdict 1ms, connect 0ms, tls 0ms, stream 1ms, first byte 10ms, last byte 12ms");
        assertThat(text(4, false, new ExchangeEvents.Ended(answered()))).contains("X-Long: " + "v".repeat(300) + "\n");
    }

    @Test
    void aLongUrlIsCutAtLevelOneOnly() {
        Facts longUrl = facts("/" + "a".repeat(500), 200, null, new Phases(CallerPhases.NONE, 0, 0, 0, 0, 0, 0));
        assertThat(text(1, false, new ExchangeEvents.Ended(longUrl))
                        .lines()
                        .findFirst()
                        .orElseThrow())
                .hasSizeLessThan(180)
                .contains("... HTTP/2.0");
        assertThat(text(2, false, new ExchangeEvents.Ended(longUrl))).contains("a".repeat(500));
    }

    @Test
    @Row("31.xb")
    void nothingInATextReachesTheTerminalAsACommand() {
        String hostile = "\u001b]0;owned\u0007\r\n\u009b31m\u202e\"";
        Facts odd = facts(
                "/" + hostile,
                403,
                new Failure.Denied(DenyReason.PATH_NOT_ALLOWED, hostile),
                new Phases(CallerPhases.NONE, -1, -1, -1, -1, -1, 0));
        for (int detail = 1; detail <= 4; detail++) {
            assertThat(text(detail, false, new ExchangeEvents.Ended(odd)).chars())
                    .allMatch(c -> c == '\n' || c >= ' ' && c < 0x7f);
        }
        assertThat(text(1, false, new ConnectionEvents.Refused(0, CALLER, null, null, 400, "malformed", hostile)))
                .hasLineCount(2)
                .contains("\\x1b]0;owned\\x07\\x0d\\x0a\\u009b31m\\u202e");
    }

    @Test
    void aRefusedConnectNamesWhatWasAskedFor() {
        assertThat(text(
                        1,
                        false,
                        new ConnectionEvents.Refused(0, CALLER, API, "api.example", 403, "port_not_allowed", "no")))
                .isEqualTo("127.0.0.1:47154: CONNECT api.example:443\n    << 403 Forbidden port_not_allowed: no\n");
        assertThat(text(
                        1,
                        false,
                        new ConnectionEvents.Refused(0, CALLER, null, null, 0, "timeout", "nothing came in time")))
                .isEqualTo("127.0.0.1:47154: nothing came in time\n");
    }

    @Test
    void aFailedHandshakeIsInWords() {
        String words = "the client does not trust the proxy's certificate for api.example";
        assertThat(text(1, false, new ConnectionEvents.HandshakeFailed(0, CALLER, API, words)))
                .isEqualTo("127.0.0.1:47154: " + words + "\n");
    }

    @Test
    void aFindingIsNamedWithoutItsValue() throws IOException {
        LogEvent.Recorded found = new ExchangeEvents.Found(
                0, CALLER, API, 7, new Inspection.Hit("token_patterns", "body", "fp-1", Inspection.Effect.BLOCKED));
        assertThat(text(1, false, found))
                .isEqualTo("127.0.0.1:47154: DLP: token_patterns found in body for api.example, blocked,"
                        + " fingerprint fp-1\n");
        assertThat(json(found, false).get("effect").asText()).isEqualTo("blocked");
    }

    @Test
    void theJsonOfAResponseHasStableNames() throws IOException {
        JsonNode line = json(new ExchangeEvents.Ended(answered()), false);
        assertThat(line.fieldNames())
                .toIterable()
                .containsExactly(
                        "time",
                        "event",
                        "client",
                        "exchange",
                        "method",
                        "scheme",
                        "host",
                        "port",
                        "path",
                        "http_version",
                        "route",
                        "rule",
                        "status",
                        "code",
                        "reason",
                        "request_bytes",
                        "response_bytes",
                        "upstream",
                        "upstream_http_version",
                        "upstream_reused",
                        "injected",
                        "ms");
        assertThat(line.get("time").asText()).isEqualTo("2023-11-14T22:13:20Z");
        assertThat(line.get("event").asText()).isEqualTo("egress_response");
        assertThat(line.get("path").asText()).isEqualTo("/v1/x?q=********");
        assertThat(line.get("code").isNull()).isTrue();
        assertThat(line.get("ms").get("first_byte").asDouble()).isEqualTo(10.0);
    }

    @Test
    void theJsonOfABlockSaysCodeAndReason() throws IOException {
        JsonNode line = json(new ExchangeEvents.Ended(blocked()), false);
        assertThat(line.get("event").asText()).isEqualTo("egress_block");
        assertThat(line.get("code").asText()).isEqualTo("path_not_allowed");
        assertThat(line.get("status").asInt()).isEqualTo(403);
        assertThat(line.get("ms").get("connect").isNull()).isTrue();
    }

    @Test
    void jsonFieldsAreMaskedToo() throws IOException {
        JsonNode line = json(new ExchangeEvents.Ended(answered()), true);
        assertThat(line.get("request_headers").get(0).toString()).isEqualTo("[\"Authorization\",\"********\"]");
        assertThat(line.get("response_headers").get(0).toString()).isEqualTo("[\"Content-Type\",\"text/plain\"]");
    }

    @Test
    @Row("31.xc")
    void jsonIsAsciiOnOneLineWhateverIsInIt() {
        StringBuilder text = new StringBuilder();
        new JsonFormat()
                .append(
                        new ConnectionEvents.HandshakeFailed(0, CALLER, API, "\u001b[31m\r\n\"é\u2028"),
                        MASKER,
                        false,
                        text);
        assertThat(text.toString().strip().chars()).allMatch(c -> c >= ' ' && c < 0x7f);
    }

    @ParameterizedTest
    @CsvSource({
        "0,0b",
        "1023,1023b",
        "1024,1.0k",
        "1536,1.5k",
        "102400,100k",
        "1048576,1.0M",
        "26214400,25.0M",
        "1099511627776,1.0T",
        "1125899906842624,1024T"
    })
    void sizesAreShort(long bytes, String words) {
        assertThat(TerminalText.size(bytes)).isEqualTo(words);
    }

    @ParameterizedTest
    @CsvSource({"-5,0ms", "0,0ms", "999,999ms", "1500,1.5s", "99900,99.9s", "725000,12m 5s"})
    void timesAreShort(long millis, String words) {
        assertThat(TerminalText.time(millis * MILLI)).isEqualTo(words);
    }
}

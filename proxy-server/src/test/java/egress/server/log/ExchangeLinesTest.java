package egress.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.builtin.Masker;
import egress.exchange.CallerPhases;
import egress.exchange.Failure;
import egress.http.Authority;
import egress.server.config.LogSettings;
import egress.server.log.LogEvent.Facts;
import egress.server.log.LogEvent.Phases;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which lines exchanges have, and when. */
final class ExchangeLinesTest {
    private static final SecretMasker MASKER = SecretMasker.of(List.of(), List.of("top-secret"), Masker::of);
    private static final long MILLI = 1_000_000;

    private final StringBuilder out = new StringBuilder();
    private Terminal terminal = terminal(1, ExchangeFilter.ALL);

    private static Terminal terminal(int detail, ExchangeFilter filter) {
        return new Terminal(new LogSettings(LogSettings.Format.TEXT, detail, false), false, ZoneOffset.UTC, filter);
    }

    private static Facts facts(long id, int status, long bytes, @Nullable Failure failure) {
        return new Facts(
                1_700_000_000_123L,
                id,
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), (int) (47_000 + id)),
                new Authority("api.example", 443),
                true,
                "HTTP/2.0",
                "GET",
                "/" + id,
                "api.example",
                null,
                null,
                failure,
                status,
                "192.0.2.1:443",
                "HTTP/2.0",
                true,
                false,
                0,
                bytes,
                new Phases(CallerPhases.NONE, 0, 0, 0, 0, status == 0 ? -1 : 10 * MILLI, 12_500 * MILLI),
                List.of(),
                List.of());
    }

    private void say(LogEvent event) {
        terminal.append(event, MASKER, out);
    }

    private boolean later(long millis) {
        return terminal.due(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis), out);
    }

    private List<String> lines() {
        List<String> lines = out.toString().lines().toList();
        out.setLength(0);
        return lines;
    }

    @Test
    void theRequestIsSaidAtOnceAndTheHeadWhenTheEndDoesNotCome() {
        say(new ExchangeEvents.Arrived(facts(1, 0, 0, null)));
        assertThat(lines()).containsExactly("127.0.0.1:47001: GET https://api.example/1 HTTP/2.0");
        say(new ExchangeEvents.Answered(facts(1, 200, 0, null)));
        assertThat(later(0)).isTrue();
        assertThat(lines()).isEmpty();
        assertThat(later(1000)).isFalse();
        assertThat(lines()).containsExactly("    << HTTP/2.0 200 OK 10ms");
        say(new ExchangeEvents.Ended(facts(1, 200, 2048, null)));
        assertThat(lines()).containsExactly("    << end 2.0k 12.5s");
    }

    @Test
    void aResponseThatIsWholeSoonIsOneLine() {
        say(new ExchangeEvents.Arrived(facts(1, 0, 0, null)));
        say(new ExchangeEvents.Answered(facts(1, 200, 0, null)));
        say(new ExchangeEvents.Ended(facts(1, 200, 2048, null)));
        assertThat(later(1000)).isFalse();
        assertThat(lines())
                .containsExactly(
                        "127.0.0.1:47001: GET https://api.example/1 HTTP/2.0", "    << HTTP/2.0 200 OK 2.0k 12.5s");
    }

    @Test
    void aLineThatDoesNotStandBelowItsRequestSaysWhatItIsAbout() {
        say(new ExchangeEvents.Arrived(facts(1, 0, 0, null)));
        say(new ExchangeEvents.Arrived(facts(2, 0, 0, null)));
        say(new ExchangeEvents.Answered(facts(1, 200, 0, null)));
        later(1000);
        say(new ExchangeEvents.Ended(facts(2, 404, 5, null)));
        say(new ExchangeEvents.Ended(facts(1, 200, 5, new Failure.DownstreamGone("the caller went away"))));
        assertThat(lines())
                .containsExactly(
                        "127.0.0.1:47001: GET https://api.example/1 HTTP/2.0",
                        "127.0.0.1:47002: GET https://api.example/2 HTTP/2.0",
                        "127.0.0.1:47001: GET https://api.example/1 << HTTP/2.0 200 OK 10ms",
                        "127.0.0.1:47002: GET https://api.example/2 << HTTP/2.0 404 Not Found 5b 12.5s",
                        "127.0.0.1:47001: GET https://api.example/1 << end 5b 12.5s, downstream_gone: the caller went"
                                + " away");
    }

    @Test
    void anEmptyResponseHasNoEndToSpeakOf() {
        say(new ExchangeEvents.Answered(facts(1, 204, 0, null)));
        later(1000);
        say(new ExchangeEvents.Ended(facts(1, 204, 0, null)));
        assertThat(lines())
                .containsExactly(
                        "127.0.0.1:47001: GET https://api.example/1 HTTP/2.0", "    << HTTP/2.0 204 No Content 10ms");
    }

    @Test
    void aFilterThatNeedsTheResponseWaitsForIt() {
        terminal = terminal(1, new ExchangeFilter() {
            @Override
            public boolean isAboutRequests() {
                return false;
            }

            @Override
            public boolean matches(Facts facts, SecretMasker masker) {
                return facts.status() == 404;
            }
        });
        for (long id = 1; id <= 2; id++) {
            say(new ExchangeEvents.Arrived(facts(id, 0, 0, null)));
        }
        say(new ExchangeEvents.Ended(facts(1, 200, 5, null)));
        say(new ExchangeEvents.Ended(facts(2, 404, 5, null)));
        assertThat(lines())
                .containsExactly(
                        "127.0.0.1:47002: GET https://api.example/2 HTTP/2.0",
                        "    << HTTP/2.0 404 Not Found 5b 12.5s");
    }

    @Test
    void theTimeStandsInFrontWhereItIsAskedFor() {
        terminal = new Terminal(
                new LogSettings(
                        LogSettings.Format.TEXT, 1, LogSettings.Lines.ALL, false, true, false, Optional.empty()),
                false,
                ZoneOffset.UTC,
                ExchangeFilter.ALL);
        say(new ExchangeEvents.Arrived(facts(1, 0, 0, null)));
        assertThat(lines()).containsExactly("22:13:20.123 127.0.0.1:47001: GET https://api.example/1 HTTP/2.0");
    }

    private List<String> withBody(byte[] body, long more, String... fields) {
        Bodies bodies = Bodies.empty();
        bodies.response().take(Unpooled.wrappedBuffer(body), Integer.MAX_VALUE);
        if (more > 0) {
            bodies.response().take(Unpooled.wrappedBuffer(new byte[(int) more]), 0);
        }
        HttpHeaders headers = new DefaultHttpHeaders();
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        bodies.response().described(headers);
        terminal = terminal(4, ExchangeFilter.ALL);
        say(new ExchangeEvents.Ended(facts(1, 200, body.length + more, null), bodies));
        List<String> all = lines();
        return all.subList(2, all.size() - 2); // without request, response, route and phases
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aBodyIsShownDecodedAndMaskedAndIsNoCommandToTheTerminal() throws IOException {
        ByteArrayOutputStream coded = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(coded)) {
            gzip.write(utf8("{\n  \"a\": \"top-secret\"\u202e\n}"));
        }
        assertThat(withBody(coded.toByteArray(), 0, "content-encoding", "gzip", "content-type", "application/json"))
                .containsExactly("        {", "          \"a\": \"********\"\\u202e", "        }");
    }

    @Test
    void aBodyThatIsNoTextIsNamed() {
        assertThat(withBody(new byte[] {1, 2, 3}, 0, "content-type", "image/png"))
                .containsExactly("        [3b of image/png]");
        assertThat(withBody(utf8("not gzip"), 0, "content-encoding", "gzip")).containsExactly("        [8b, [gzip]]");
    }

    @Test
    void aFormIsMaskedByItsNames() {
        assertThat(withBody(
                        utf8("grant=code&client_secret=abcdef"),
                        0,
                        "content-type",
                        "application/x-www-form-urlencoded"))
                .containsExactly("        grant=code&client_secret=********");
    }

    @Test
    void aBodyIsCutWithTheWordThatTheCutMayHaveBroken() {
        assertThat(withBody(utf8("some text top-sec"), 4096, "content-type", "text/plain"))
                .containsExactly("        some text ", "        [cut; 4.0k of text/plain]");
    }
}

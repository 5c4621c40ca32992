package egress.server.flows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** mitmproxy's filter language, row by row. */
final class FilterParserTest {
    private static final Flow.Client CLIENT = new Flow.Client("127.0.0.1:47154", null);

    /** What was posted and answered: gzip upwards, JSON downwards. */
    private static final Flow POSTED = flow(
            new Flow.Request(
                    "POST",
                    "https",
                    "api.example.com",
                    8443,
                    "/v1/messages?beta=true&n=1",
                    "HTTP/2.0",
                    List.of(
                            new Flow.Field("content-type", "application/x-ndjson"),
                            new Flow.Field("content-encoding", "gzip"),
                            new Flow.Field("x-trace", "abc def")),
                    kept(gzip("{\"model\":\"large\"}")),
                    List.of()),
            new Flow.Response(
                    403,
                    "",
                    List.of(new Flow.Field("content-type", "application/json"), new Flow.Field("server", "origin")),
                    kept("{\"error\":\"Not (yet) allowed\"}".getBytes(StandardCharsets.UTF_8)),
                    List.of()),
            new Flow.Decision("denied", "DLP", "api", "paths[0]", "no", false),
            List.of(new Flow.Finding("github_token", "body", "ab12", "block")),
            List.of());

    private static final Flow PENDING = flow(
            new Flow.Request("GET", "http", "files.example", 80, "/", "HTTP/1.1", List.of(), FlowBody.EMPTY, List.of()),
            null,
            new Flow.Decision("pending", null, null, null, null, false),
            List.of(),
            List.of());

    private static final Flow SOCKET = flow(
            new Flow.Request(
                    "GET",
                    "https",
                    "chat.example",
                    443,
                    "/socket",
                    "HTTP/1.1",
                    List.of(new Flow.Field("Upgrade", "websocket")),
                    FlowBody.EMPTY,
                    List.of()),
            new Flow.Response(101, "Switching Protocols", List.of(), FlowBody.EMPTY, List.of()),
            new Flow.Decision("aborted", "CALLER", "chat", null, null, true),
            List.of(),
            List.of(new Flow.Message(true, true, 5, kept("hello there".getBytes(StandardCharsets.UTF_8)))));

    private static final Flow HELLO = new Flow(
            0,
            "",
            Instant.EPOCH,
            CLIENT,
            new Flow.Hello("10.0.0.1", 443, "pinned.example", List.of("h2")),
            null,
            null,
            new Flow.Decision("allowed", null, null, null, null, false),
            Flow.Connection.NONE,
            Flow.Timings.NONE,
            List.of(),
            List.of());

    private static final Map<String, Flow> BY_NAME =
            Map.of("posted", POSTED, "pending", PENDING, "socket", SOCKET, "hello", HELLO);

    private static Flow flow(
            Flow.Request request,
            Flow.@Nullable Response response,
            Flow.Decision decision,
            List<Flow.Finding> findings,
            List<Flow.Message> messages) {
        return new Flow(
                1,
                "",
                Instant.EPOCH,
                CLIENT,
                null,
                request,
                response,
                decision,
                new Flow.Connection("203.0.113.7:443", "HTTP/2.0", false),
                Flow.Timings.NONE,
                findings,
                messages);
    }

    private static FlowBody kept(byte[] bytes) {
        return new FlowBody(bytes.length, false, bytes, false);
    }

    private static byte[] gzip(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream coded = new GZIPOutputStream(out)) {
            coded.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return out.toByteArray();
    }

    /** The names of the flows that a filter lets through. */
    private static List<String> named(FlowFilter filter) {
        return BY_NAME.entrySet().stream()
                .filter(entry -> filter.matches(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "``; posted pending socket hello",
                "~all; posted pending socket hello",
                "~d example.com; posted",
                "~d EXAMPLE; posted pending socket hello",
                "~d ^files\\.; pending",
                "~m post; posted",
                "~c 403; posted",
                "~c 4xx; posted",
                "~c 1XX; socket",
                "~u beta=true&n; posted",
                "~u :8443/v1; posted",
                "~u ^http://files.example/$; pending",
                "messages; posted",
                "'v1/messages'; posted",
                "~q; pending",
                "~s; posted socket",
                "~b large; posted",
                "~bq large; posted",
                "~bs large; ``",
                "~b 'not (yet)'; ``",
                "~b 'not \\(yet\\)'; posted",
                "~b hello; socket",
                "~h \"x-trace: abc d\"; posted",
                "~hq server; ``",
                "~hs server; posted",
                "~t json; posted",
                "~tq ^application/json; ``",
                "~ts ^application/json; posted",
                "~e; socket",
                "~http; posted pending socket",
                "~websocket; socket",
                "~src 127.0.0.1:47; posted pending socket hello",
                "~dst 203; posted pending socket",
                "~v denied; posted",
                "~v dlp; posted",
                "~r ^chat$; socket",
                "~dlp; posted",
                "!~http; hello",
                "!!~http; posted pending socket",
                "~m GET ~d chat; socket",
                "~m GET & ~d chat; socket",
                "~m GET & !~d chat; pending",
                "~d chat | ~d files; pending socket",
                "~d chat|files; pending socket",
                "~d chat| ~d files; pending socket",
                "~m POST | ~m GET ~d chat; posted socket",
                "(~m POST | ~m GET) ~d chat; socket",
                "(~m POST)|(~d files); posted pending",
                "!(~m POST | ~d files) & ~http; socket",
                "(((~q))); pending",
            })
    void findsWhatItSays(String filter, String expected) throws FilterSyntaxException {
        FlowFilter parsed = FilterParser.parse(filter);

        assertThat(named(parsed)).containsExactlyInAnyOrder(expected.isEmpty() ? new String[0] : expected.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "~d; 2; at character 3: ~d has nothing to look for (expected: a regular expression",
                "~d & ~m GET; 3; at character 4: ~d has nothing",
                "~x foo; 0; at character 1: \"~x\" is no operator (expected: ~d ~m ~c",
                "~m GET &; 8; at character 9: the filter ends (expected: an operator such as ~d",
                "~m GET | | ~q; 9; at character 10: \"|\" (expected:",
                "(~m GET; 7; at character 8: the parenthesis of character 1 is not closed",
                "~m GET); 6; at character 7: a parenthesis closes here that was not opened",
                "~c abc; 3; at character 4: \"abc\" is no status (expected: one such as 403, or 4xx)",
                "~b \"x; 5; at character 6: the quote of character 4 is not closed",
                "~b '('; 3; at character 4: \"(\" is no regular expression: missing closing )",
                "~q *; 3; at character 4: \"*\" is no regular expression",
                "!; 1; at character 2: the filter ends",
                "(); 1; at character 2: \")\" (expected:",
            })
    void saysWhereItCannotBeRead(String filter, int position, String words) {
        assertThatThrownBy(() -> FilterParser.parse(filter))
                .isInstanceOfSatisfying(
                        FilterSyntaxException.class,
                        fault -> assertThat(fault.position()).isEqualTo(position))
                .hasMessageStartingWith(words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "!"})
    void isNotNestedWithoutBound(String opening) {
        assertThatThrownBy(() -> FilterParser.parse(opening.repeat(4000) + "~q"))
                .isInstanceOf(FilterSyntaxException.class)
                .hasMessageContaining("nested too deeply");
    }

    @Test
    void isNotLongerThanItsBound() {
        assertThatThrownBy(() -> FilterParser.parse("x".repeat(5000)))
                .isInstanceOf(FilterSyntaxException.class)
                .hasMessageContaining("too long");
    }

    @ParameterizedTest
    @CsvSource({"NOT (YET), posted", "messages?beta, posted", "x-trace: abc, posted", "Hello There, socket"})
    void findsPlainTextAnywhere(String text, String expected) {
        FlowFilter search = FilterParser.text(text);

        assertThat(named(search)).containsExactly(expected);
    }
}

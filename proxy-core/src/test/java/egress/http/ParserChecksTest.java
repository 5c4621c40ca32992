package egress.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What each check of the shared parsers does to a request and to a response: the table in {@code docs/parser-checks.md}. */
class ParserChecksTest {
    private static final HeadLimits LIMITS = new HeadLimits(100, 600, 10);
    private static final String REFUSED = "refused";

    /** A check that the message does not have, such as that of Host in a response. */
    private static final String NONE = "-";

    /**
     * @param check as the document calls it
     * @param message lines after the start line, with {@code |} for CRLF
     * @param request what comes out of it, or {@link #REFUSED}
     */
    record Row(String check, String message, String request, String response) {
        @Override
        public String toString() {
            return check + ": "
                    + message.replace("\0", "NUL").replace("\r", "CR").replace("\n", "LF");
        }
    }

    private static Row both(String check, String message, String outcome) {
        return new Row(check, message, outcome, outcome);
    }

    private static Row row(String check, String message, String request, String response) {
        return new Row(check, message, request, response);
    }

    static Stream<Row> h1() {
        return Stream.of(
                row("blank before the colon", "X : a||", REFUSED, "X=a body="),
                row("blank before the colon", "X\t : a||", REFUSED, "X=a body="),
                row("blank before the colon", "Content-Length : 2||hi", REFUSED, "Content-Length=2 body=hi"),
                row("blank before the colon", "Transfer-Encoding : chunked|Content-Length: 2||hi", REFUSED, REFUSED),
                row("folded line", "X: a| b||", REFUSED, "X=a b body="),
                row("folded line", "X: a \t|\t  b | c||", REFUSED, "X=a b c body="),
                row("folded line", "X:| b| |Y: c||", REFUSED, "X=b Y=c body="),
                both("folded Content-Length or Transfer-Encoding", "Content-Length:| 2||hi", REFUSED),
                both("folded Content-Length or Transfer-Encoding", "Content-Length: 2| 3||hi", REFUSED),
                both("folded Content-Length or Transfer-Encoding", "Transfer-Encoding:| chunked||0||", REFUSED),
                both("folded Content-Length or Transfer-Encoding", "Transfer-Encoding : x|\tchunked||0||", REFUSED),
                both("blank before the first field", " X: a||", REFUSED),
                both("name that is no token, or no colon", ": a||", REFUSED),
                both("name that is no token, or no colon", "X Y: a||", REFUSED),
                both("name that is no token, or no colon", "X||", REFUSED),
                both("name that is no token, or no colon", "X\0: a||", REFUSED),
                both("control character in a value", "X: a\0b||", REFUSED),
                both("control character in a value", "X: a\rY: b||", REFUSED),
                both("control character in a value", "X: a\u000bb||", REFUSED),
                both("control character in a value", "X: a| b\0||", REFUSED),
                both("bare LF", "X: a\nY: b||", REFUSED),
                both("blanks around a value", "X: \t a \t||", "X=a body="),
                both("two lengths that differ", "Content-Length: 2|Content-Length: 3||hi", REFUSED),
                both("two lengths that differ", "Content-Length: 2, 3||hi", REFUSED),
                both("two lengths that differ", "Content-Length: 2,||hi", REFUSED),
                row("one length twice", "Content-Length: 2|Content-Length: 2||hi", REFUSED, "content-length=2 body=hi"),
                row("one length twice", "Content-Length: 2, 2||hi", REFUSED, "content-length=2 body=hi"),
                both("length that is no number", "Content-Length: +2||hi", REFUSED),
                both("length that is no number", "Content-Length: 0x2||hi", REFUSED),
                both("length that is no number", "Content-Length: ||hi", REFUSED),
                both("length that is no number", "Content-Length: 9223372036854775808||hi", REFUSED),
                both("coding beside a length", "Content-Length: 2|Transfer-Encoding: chunked||0||", REFUSED),
                both("coding other than chunked alone", "Transfer-Encoding: gzip, chunked||0||", REFUSED),
                both("coding other than chunked alone", "Transfer-Encoding: chunked, identity||0||", REFUSED),
                both("coding other than chunked alone", "Transfer-Encoding: \u000bchunked||0||", REFUSED),
                both(
                        "coding other than chunked alone",
                        "Transfer-Encoding: chunked|Transfer-Encoding: chunked||0||",
                        REFUSED),
                row("no length", "X: a||hi", "X=a body=", "X=a body=hi"),
                both("size of a chunk", "Transfer-Encoding: chunked||0x2|hi|0||", REFUSED),
                both("size of a chunk", "Transfer-Encoding: chunked||8000000000000000|hi|0||", REFUSED),
                both("size of a chunk", "Transfer-Encoding: chunked|| 2|hi|0||", REFUSED),
                both(
                        "well-formed chunk extension",
                        "Transfer-Encoding: chunked||2;a=\"b\" |hi|0||",
                        "Transfer-Encoding=chunked body=hi"),
                both("malformed chunk extension", "Transfer-Encoding: chunked||2;|hi|0||", REFUSED),
                both("chunk longer than its size", "Transfer-Encoding: chunked||2|high|0||", REFUSED),
                both("chunk longer than its size", "Transfer-Encoding: chunked||2\nhi|0||", REFUSED),
                both(
                        "field of trailers",
                        "Transfer-Encoding: chunked||0|T: a||",
                        "Transfer-Encoding=chunked body= T=a"),
                row(
                        "field of trailers",
                        "Transfer-Encoding: chunked||0|T : a| b||",
                        REFUSED,
                        "Transfer-Encoding=chunked body= T=a b"),
                both("more or longer fields than the bounds", "X: a|".repeat(20) + "|", REFUSED),
                both("more or longer fields than the bounds", "X: " + "a".repeat(700) + "||", REFUSED));
    }

    @ParameterizedTest
    @MethodSource("h1")
    void ofH1(Row row) {
        String message = row.message().replace("|", "\r\n");
        assertThat(request("POST / HTTP/1.1\r\nHost: x\r\n" + message).replace("Host=x ", ""))
                .isEqualTo(row.request());
        assertThat(response(HttpMethod.GET, "HTTP/1.1 200 OK\r\n" + message)).isEqualTo(row.response());
    }

    static Stream<Row> starts() {
        return Stream.of(
                row("start line", "GET / HTTP/1.1|Host: x||", "Host=x body=", NONE),
                row("start line", "GET /  HTTP/1.1|Host: x||", REFUSED, NONE),
                row("start line", "HTTP/1.1 200 OK||", NONE, " body="),
                row("start line", "HTTP/1.1 200||", NONE, " body="),
                row("start line", "HTTP/1.1  200 OK||", NONE, REFUSED),
                row("start line", "HTTP/1.1 200OK||", NONE, REFUSED),
                row("version other than 1.0 and 1.1", "GET / HTTP/2.0|Host: x||", REFUSED, NONE),
                row("version other than 1.0 and 1.1", "HTTP/2.0 200 OK||", NONE, REFUSED),
                row("status outside of 100-999", "HTTP/1.1 099 OK||", NONE, REFUSED),
                row("status outside of 100-999", "HTTP/1.1 2000 OK||", NONE, REFUSED),
                row("empty line before the start line", "|GET / HTTP/1.1|Host: x||", "Host=x body=", NONE),
                row("empty line before the start line", "||GET / HTTP/1.1|Host: x||", REFUSED, NONE),
                row("empty line before the start line", "|HTTP/1.1 200 OK||", NONE, REFUSED),
                row("no Host, or two", "GET / HTTP/1.1|X: a||", REFUSED, NONE),
                row("no Host, or two", "GET / HTTP/1.1|Host: x|Host: x||", REFUSED, NONE),
                row(
                        "target with other than printable ASCII, or too long",
                        "GET /\u00e9 HTTP/1.1|Host: x||",
                        REFUSED,
                        NONE),
                row(
                        "target with other than printable ASCII, or too long",
                        "GET /" + "a".repeat(200) + " HTTP/1.1|Host: x||",
                        REFUSED,
                        NONE),
                row("coding in HTTP/1.0", "POST / HTTP/1.0|Transfer-Encoding: chunked||0||", REFUSED, NONE),
                row("coding in HTTP/1.0", "HTTP/1.0 200 OK|Transfer-Encoding: chunked||0||", NONE, REFUSED),
                row(
                        "length or coding where the status has no content",
                        "HTTP/1.1 204 x|Content-Length: +2||",
                        NONE,
                        "Content-Length=+2 body="),
                row(
                        "length or coding where the status has no content",
                        "HTTP/1.1 101 x|Content-Length: 2|Transfer-Encoding: chunked||",
                        NONE,
                        "Content-Length=2 Transfer-Encoding=chunked body="),
                row(
                        "length or coding where the status has no content",
                        "HTTP/1.1 304 x|Content-Length: 2||",
                        NONE,
                        "Content-Length=2 body="),
                row(
                        "length or coding where the status has no content",
                        "HTTP/1.1 103 x|Content-Length: +2||",
                        NONE,
                        "Content-Length=+2"),
                row("no length", "HTTP/1.1 205 x|X: a||", NONE, "X=a body="));
    }

    @ParameterizedTest
    @MethodSource("starts")
    void ofH1StartLines(Row row) {
        String message = row.message().replace("|", "\r\n");
        if (!row.request().equals(NONE)) {
            assertThat(request(message)).isEqualTo(row.request());
        }
        if (!row.response().equals(NONE)) {
            assertThat(response(HttpMethod.GET, message).strip())
                    .isEqualTo(row.response().strip());
        }
    }

    @ParameterizedTest
    @MethodSource("connectAnswers")
    void ofTheAnswerToConnect(Row row) {
        assertThat(response(HttpMethod.CONNECT, row.message().replace("|", "\r\n")))
                .isEqualTo(row.response());
    }

    static Stream<Row> connectAnswers() {
        return Stream.of(
                row(
                        "length or coding in a 2xx to CONNECT",
                        "HTTP/1.1 200 x|Content-Length: 2||hi",
                        NONE,
                        "Content-Length=2 body=hi"),
                row(
                        "length or coding in a 2xx to CONNECT",
                        "HTTP/1.1 299 x|Content-Length: +2||hi",
                        NONE,
                        "Content-Length=+2 body=hi"),
                row(
                        "length or coding in a 2xx to CONNECT",
                        "HTTP/1.1 200 x|Content-Length: 0|Transfer-Encoding: chunked||hi",
                        NONE,
                        "Content-Length=0 Transfer-Encoding=chunked body=hi"),
                row(
                        "length or coding in a 2xx to CONNECT",
                        "HTTP/1.1 502 x|Content-Length: 2||hi",
                        NONE,
                        "Content-Length=2 body=hi"),
                row("length or coding in a 2xx to CONNECT", "HTTP/1.1 502 x|Content-Length: +2||hi", NONE, REFUSED));
    }

    static Stream<Row> h2() {
        return Stream.of(
                row("h2: blanks around a value", "x: a ||", REFUSED, "x=a body="),
                row("h2: blanks around a value", "x: \ta b||", REFUSED, "x=a b body="),
                row(
                        "h2: blanks around a value",
                        "content-length: 2||hi",
                        "content-length=2 body=hi",
                        "content-length=2 body=hi"),
                row("h2: blanks around a value", "content-length:  2 ||hi", REFUSED, "content-length=2 body=hi"),
                both("h2: name in upper case or no token", "X: a||", REFUSED),
                both("h2: name in upper case or no token", "x y: a||", REFUSED),
                both("h2: control character in a value", "x: a\rb||", REFUSED),
                both("h2: control character in a value", "x: a\0||", REFUSED),
                both("h2: control character in a value", "x: \u000ba||", REFUSED),
                both("h2: connection-specific field", "connection: close||", REFUSED),
                both("h2: connection-specific field", "transfer-encoding: chunked||", REFUSED),
                both("h2: connection-specific field", "te: gzip||", REFUSED),
                both("h2: pseudo-field", ":other: a||", REFUSED),
                both("h2: two lengths that differ, or no number", "content-length: 2|content-length: 3||hi", REFUSED),
                both("h2: two lengths that differ, or no number", "content-length: +2||hi", REFUSED),
                row(
                        "h2: one length twice",
                        "content-length: 2|content-length: 2||hi",
                        REFUSED,
                        "content-length=2 body=hi"),
                both("h2: DATA other than its length", "content-length: 3||hi", "content-length=3 body=refused"),
                both("h2: DATA other than its length", "content-length: 1||hi", "content-length=1 body=refused"));
    }

    @ParameterizedTest
    @MethodSource("h2")
    void ofH2(Row row) {
        Http2Headers request = new DefaultHttp2Headers(false)
                .method("POST")
                .scheme("https")
                .authority("x")
                .path("/");
        assertThat(h2(new H2ServerCodec(LIMITS), request, row.message()).replace("host=x ", ""))
                .isEqualTo(row.request());
        H2ClientCodec client = new H2ClientCodec(LIMITS);
        assertThat(h2(client, new DefaultHttp2Headers(false).status("200"), row.message()))
                .isEqualTo(row.response());
    }

    @ParameterizedTest
    @MethodSource("h2Starts")
    void ofH2Statuses(Row row) {
        Http2Headers section = new DefaultHttp2Headers(false).status(row.message());
        assertThat(h2(new H2ClientCodec(LIMITS), section, "|hi")).isEqualTo(row.response());
    }

    static Stream<Row> h2Starts() {
        return Stream.of(
                row("h2: pseudo-field", " 200", NONE, REFUSED),
                row("h2: pseudo-field", "101", NONE, REFUSED),
                row("h2: DATA where none may be", "204", NONE, REFUSED),
                row("h2: DATA where none may be", "304", NONE, REFUSED));
    }

    /** "A response without a length gets none": neither one that ends with its head, nor another. */
    @Test
    void anH2ResponseWithoutALengthGetsNone() {
        List<String> seen = new ArrayList<>();
        Http2Headers section = new DefaultHttp2Headers(false).status("200").set("grpc-status", "7");
        new H2ClientCodec(LIMITS).readSection(section, true, new Seeing(seen)::see);

        assertThat(String.join(" ", seen)).isEqualTo("grpc-status=7 transfer-encoding=chunked body=");
    }

    /** The document's table has the rows of this one, and no others but those that other tests are named for. */
    @Test
    void isWhatTheDocumentSays() throws IOException {
        Path document = Path.of("..", "docs", "parser-checks.md");
        List<String> said = Files.readAllLines(document).stream()
                .dropWhile(line -> !line.startsWith("| check |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> line.split("\\|", -1)[1].strip())
                .toList();
        List<String> tested = Stream.of(h1(), starts(), connectAnswers(), h2(), h2Starts())
                .flatMap(rows -> rows)
                .map(Row::check)
                .distinct()
                .toList();

        assertThat(said).containsAll(tested);
        assertThat(said)
                .filteredOn(check -> !tested.contains(check))
                .containsExactlyInAnyOrder(
                        "h2: `:authority` and host that differ", // H2StrictnessTest
                        "h2: trailers that do not end the stream", // UpstreamFailureTest, H2StrictnessTest
                        "bytes behind the message", // FramingTest, OddResponseTest
                        "fields of one connection (`HopByHop`)", // HopByHopTest
                        "`X-Egress-*`, `Alt-Svc`"); // HopByHopTest
    }

    private static String request(String text) {
        List<String> seen = new ArrayList<>();
        return run(seen, new EmbeddedChannel(new H1RequestDecoder(LIMITS), new Seeing(seen)), text);
    }

    private static String response(HttpMethod method, String text) {
        List<String> seen = new ArrayList<>();
        H1ResponseDecoder decoder = new H1ResponseDecoder(LIMITS);
        EmbeddedChannel channel = new EmbeddedChannel(decoder, new Seeing(seen));
        decoder.expectResponseTo(method);
        decoder.next(channel.pipeline().context(decoder));
        return run(seen, channel, text);
    }

    private static String run(List<String> seen, EmbeddedChannel channel, String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, ISO_8859_1));
        channel.finishAndReleaseAll();
        return seen.contains(REFUSED) ? REFUSED : String.join(" ", seen);
    }

    /** The fields, and then one DATA where the message has a body. */
    private static String h2(H2Codec codec, Http2Headers section, String message) {
        List<String> seen = new ArrayList<>();
        String[] parts = message.split("\\|", -1);
        String body = parts[parts.length - 1];
        for (String line : parts) {
            int colon = line.indexOf(':', 1);
            if (colon > 0) {
                section.add(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        Seeing seeing = new Seeing(seen);
        try {
            codec.readSection(section, body.isEmpty(), seeing::see);
            if (!body.isEmpty()) {
                codec.readData(Unpooled.copiedBuffer(body, ISO_8859_1), true, seeing::see);
            }
        } catch (HttpFormatException e) {
            seen.add(REFUSED);
        }
        String all = String.join(" ", seen).replace("transfer-encoding=chunked ", "");
        return all.equals(REFUSED) ? all : all.replace(REFUSED, "body=" + REFUSED);
    }

    /** Writes down what comes out of a codec. */
    private static final class Seeing extends ChannelInboundHandlerAdapter {
        private final List<String> seen;
        private final StringBuilder body = new StringBuilder();

        Seeing(List<String> seen) {
            this.seen = seen;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object part) {
            see(part);
        }

        void see(Object part) {
            if (part instanceof HttpMessage head) {
                add(head.headers());
            }
            if (part instanceof HttpContent content) {
                body.append(content.content().toString(ISO_8859_1));
            }
            if (part instanceof LastHttpContent last) {
                seen.add("body=" + body);
                add(last.trailingHeaders());
            }
            ReferenceCountUtil.release(part);
        }

        private void add(HttpHeaders fields) {
            fields.forEach(field -> seen.add(field.getKey() + "=" + field.getValue()));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            assertThat(cause).isInstanceOf(HttpFormatException.class);
            seen.add(REFUSED);
        }
    }
}

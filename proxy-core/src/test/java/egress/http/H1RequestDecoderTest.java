package egress.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class H1RequestDecoderTest {
    private static final HeadLimits LIMITS = new HeadLimits(100, 400, 10);

    /** What came out, one line each; decodes the next request as soon as one is whole. */
    private static List<String> decode(int segment, String text) {
        List<String> seen = new ArrayList<>();
        H1RequestDecoder decoder = new H1RequestDecoder(LIMITS);
        StringBuilder body = new StringBuilder();
        EmbeddedChannel channel = new EmbeddedChannel(decoder, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object part) {
                if (part instanceof HttpRequest request) {
                    seen.add(request.method() + " " + request.uri() + " "
                            + request.headers().entries());
                } else if (part instanceof HttpContent content) {
                    body.append(content.content().toString(ISO_8859_1));
                    if (part instanceof LastHttpContent last) {
                        seen.add("body=" + body + " trailers="
                                + last.trailingHeaders().entries());
                        body.setLength(0);
                    }
                }
                ReferenceCountUtil.release(part);
                if (decoder.isBetweenMessages()) {
                    decoder.next(ctx.pipeline().context(decoder));
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                HttpFormatException fault = (HttpFormatException) cause;
                seen.add(fault.status().code() + " " + fault.getMessage());
            }
        });
        byte[] octets = text.getBytes(ISO_8859_1);
        for (int at = 0; at < octets.length; at += segment) {
            channel.writeInbound(Unpooled.copiedBuffer(octets, at, Math.min(segment, octets.length - at)));
        }
        channel.finishAndReleaseAll();
        return seen;
    }

    private static final String TWO =
            "POST /a?b=%20 HTTP/1.1\r\nHost: x\r\nX-Case:  a \t\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
                    + "5;a=b;c=\"d;\\\"\" \r\nhello\r\n0A\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
                    + "\r\nPUT /c HTTP/1.1\r\nhost: y\r\ncontent-length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: z\r\n\r\n";

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 16, 64, 1000})
    void framesTheSameWhateverTheSegments(int segment) {
        assertThat(decode(segment, TWO))
                .containsExactly(
                        "POST /a?b=%20 [Host=x, X-Case=a, Transfer-Encoding=CHUNKED]",
                        "body=hello0123456789 trailers=[T=v]",
                        "PUT /c [host=y, content-length=3]",
                        "body=abc trailers=[]",
                        "GET / [Host=z]",
                        "body= trailers=[]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "two lengths|Content-Length: 5~Content-Length: 5",
                "length and coding|Content-Length: 5~Transfer-Encoding: chunked",
                "signed length|Content-Length: +5",
                "hex length|Content-Length: 0x5",
                "list of lengths|Content-Length: 5,5",
                "empty length|Content-Length:",
                "length past 2^63|Content-Length: 9223372036854775808",
                "other coding|Transfer-Encoding: identity",
                "two codings|Transfer-Encoding: chunked, identity",
                "coding twice|Transfer-Encoding: chunked~Transfer-Encoding: chunked",
                "gzip first|Transfer-Encoding: gzip, chunked",
                "space before the colon|Transfer-Encoding : chunked",
                "vertical tab|Transfer-Encoding: \u000Bchunked",
                "Kelvin sign|Transfer-Encoding: chun\u212Aed",
                "folded line|X: a~ b",
                "folded with a tab|X: a~\tb",
                "no name|: a",
                "no colon|abc",
                "name with a space|a b: c",
                "control in a value|X: a\u0001b",
                "bare CR in a value|X: a^b",
                "NUL in a value|X: a_b",
                "delete in a value|X: a\u007Fb",
                "non-ASCII name|X\u00E9: a",
                "second host|Host: y",
            })
    void refusesWhatTwoParsersCouldReadInTwoWays(String kind, String lines) {
        String text = "POST / HTTP/1.1\r\nHost: x\r\n"
                + lines.replace("~", "\r\n").replace('^', '\r').replace('_', '\0') + "\r\n\r\nabcde";
        for (int segment : new int[] {1, 1000}) {
            assertThat(decode(segment, text))
                    .as(kind)
                    .singleElement()
                    .asString()
                    .startsWith("400 ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400|GET / HTTP/1.1~Host: x~~|no Host in 1.1 is the next row",
                "400|GET / HTTP/1.1~~|no Host",
                "400|GET /  HTTP/1.1~Host: x~~|two spaces",
                "400|GET /~~|HTTP/0.9",
                "400|GET / HTTP/2.0~Host: x~~|version",
                "400|SSH-2.0-OpenSSH_9.2~x|SSH banner",
                "400|GET / HTTP/1.2~Host: x~~|version",
                "400|GET / http/1.1~Host: x~~|version case",
                "400|PRI * HTTP/2.0~~|h2 preface",
                "400|G(T / HTTP/1.1~Host: x~~|method",
                "400| / HTTP/1.1~Host: x~~|no method",
                "400|GET /\u00E9 HTTP/1.1~Host: x~~|raw non-ASCII",
                "400|GET /\u0000 HTTP/1.1~Host: x~~|NUL",
                "400|GET /\t HTTP/1.1~Host: x~~|tab",
                "400|~~GET / HTTP/1.1~Host: x~~|two empty lines",
                "414|GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1~Host: x~~|long target",
                "431|GET / HTTP/1.1~Host: x~a: b~a: b~a: b~a: b~a: b~a: b~a: b~a: b~a: b~a: b~~|many fields",
            })
    void refusesStartLinesWithTheRightStatus(int status, String text, String kind) {
        boolean fine = kind.startsWith("no Host in 1.1 is the next");
        List<String> seen = decode(1000, text.replace("~", "\r\n"));
        if (fine) {
            assertThat(seen).first().asString().startsWith("GET / ");
        } else {
            assertThat(seen).as(kind).singleElement().asString().startsWith(status + " ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5\nhello\r\n0\r\n\r\n",
                "5 hello\r\n0\r\n\r\n",
                "5\r\nhello!\r\n0\r\n\r\n",
                "-5\r\nhello\r\n",
                "0x5\r\nhello\r\n",
                "\r\nhello\r\n",
                "7fffffffffffffff\r\nx",
                "5;a=\"b\r\nhello\r\n",
                "5;=b\r\nhello\r\n",
                "5;a\u0001\r\nhello\r\n",
                "5\r\nhello\r\n0\r\nT : v\r\n\r\n",
                "5\r\nhello\r\n0\r\nT: v\n\r\n",
                "5\r\nhello\r0\r\n\r\n",
            })
    void refusesMalformedChunks(String body) {
        String head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (int segment : new int[] {1, 1000}) {
            assertThat(decode(segment, head + body)).last().asString().startsWith("400 ");
        }
    }

    @Test
    void bareLineFeedsAreRefusedAsSoonAsTheyAreSeen() {
        assertThat(decode(1000, "GET / HTTP/1.1\nHost: x\n\n")).containsExactly("400 a line ends in a bare LF");
    }

    @Test
    void boundsAHeadThatNeverEnds() {
        assertThat(decode(10, "GET / HTTP/1.1\r\nX: " + "a".repeat(1000)))
                .singleElement()
                .asString()
                .startsWith("431 ");
        assertThat(decode(10, "GET /" + "a".repeat(1000)))
                .singleElement()
                .asString()
                .startsWith("414 ");
    }

    @Test
    void boundsChunkExtensionsOverTheWholeBody() {
        String chunk = "1;" + "x".repeat(900) + "\r\na\r\n";
        assertThat(decode(1000, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk.repeat(30)))
                .last()
                .asString()
                .contains("chunk extensions");
    }

    @Test
    void stopsAfterAMessageUntilToldToGoOn() {
        H1RequestDecoder decoder = new H1RequestDecoder(LIMITS);
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        channel.writeInbound(Unpooled.copiedBuffer(
                "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n", ISO_8859_1));
        assertThat(((HttpRequest) channel.readInbound()).uri()).isEqualTo("/1");
        Object last = channel.readInbound();
        assertThat(last).isInstanceOf(LastHttpContent.class);
        Object none = channel.readInbound();
        assertThat(none).isNull();
        assertThat(decoder.hasPending()).isTrue();
        decoder.next(channel.pipeline().context(decoder));
        assertThat(((HttpRequest) channel.readInbound()).uri()).isEqualTo("/2");
        channel.finishAndReleaseAll();
    }

    @Test
    void handsUnreadBytesOnWhenRemoved() {
        H1RequestDecoder decoder = new H1RequestDecoder(LIMITS);
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        channel.writeInbound(Unpooled.copiedBuffer("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nearly", ISO_8859_1));
        channel.readInbound();
        channel.readInbound();
        channel.pipeline().remove(decoder);
        io.netty.buffer.ByteBuf early = channel.readInbound();
        assertThat(early.toString(ISO_8859_1)).isEqualTo("early");
        early.release();
        channel.finishAndReleaseAll();
    }
}

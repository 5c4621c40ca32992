package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 20 to 22 and 28: where a message of h1 begins and ends, and what may follow it. */
class FramingTest extends SiteFixture {
    @ParameterizedTest
    @MethodSource({"lengths", "syntax", "bodies", "expectations"})
    void isReadInOneWay(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static final String POST = "POST /echo HTTP/1.1\r\nHost: h1.example\r\n";

    private static Case h1(String id, String title, String bytes, String... outcomes) {
        return site.stopped(id, title, "h1", () -> site.inside(Site.H1, bytes), outcomes);
    }

    static Stream<Case> lengths() {
        List<Case> all = new ArrayList<>();
        for (String fields : List.of(
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
                "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
                "Content-Length: 5, 5\r\n\r\nhello",
                "Content-Length: 5,6\r\n\r\nhello",
                "Content-Length: +5\r\n\r\nhello",
                "Content-Length: -5\r\n\r\nhello",
                "Content-Length: 0x5\r\n\r\nhello",
                "Content-Length: 5 5\r\n\r\nhello",
                "Content-Length: 5;\r\n\r\nhello",
                "Content-Length: 5.0\r\n\r\nhello",
                "Content-Length: 9223372036854775808\r\n\r\nhello",
                "Content-Length: \r\n\r\nhello",
                "Content-Length\t: 5\r\n\r\nhello",
                "Content-Length: \u00b2\r\n\r\nhello",
                "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: identity\r\n\r\n",
                "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chun\u212aed\r\n\r\n0\r\n\r\n".replace("\u212a", "\u00e2\u0084\u00aa"),
                "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
                "X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")) {
            all.add(h1(Case.id(20, all.size()), Case.shown(fields), POST + fields, "400"));
        }
        all.add(Case.through(
                Case.id(20, all.size()),
                "a length",
                "h1",
                () -> site.inside(Site.H1, POST + "Content-Length: 5\r\n\r\nhello")));
        all.add(Case.through(
                Case.id(20, all.size()),
                "chunked in capitals",
                "h1",
                () -> site.inside(Site.H1, POST + "Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n")));
        return all.stream();
    }

    static Stream<Case> syntax() {
        List<Case> all = new ArrayList<>();
        for (String chunks : List.of(
                "5;\u0001=x\r\nhello\r\n0\r\n\r\n",
                "5;a=\"unclosed\r\nhello\r\n0\r\n\r\n",
                "5;" + "x".repeat(70_000) + "\r\nhello\r\n0\r\n\r\n",
                "8000000000000000\r\n",
                "ffffffffffffffffff\r\n",
                "-5\r\nhello\r\n",
                "+5\r\nhello\r\n",
                "0x5\r\nhello\r\n",
                "five\r\nhello\r\n",
                "\r\nhello\r\n",
                " 5\r\nhello\r\n",
                "5 \r\nhello!",
                "5\nhello\n0\n\n",
                "5\r\nhello0\r\n\r\n",
                "5\r\nhello!!\r\n",
                "5\r\r\nhello\r\n0\r\n\r\n",
                "0\r\nX : y\r\n\r\n",
                "0\r\n: y\r\n\r\n",
                "0\r\nX: y\n\r\n")) {
            // The head is whole, so that some of it may be at the origin; the request as a whole never is.
            all.add(Case.stopped(
                    Case.id(21, all.size()),
                    "chunk " + Case.shown(chunks),
                    "h1",
                    () -> unfinished("/count?chunk=" + Integer.toHexString(chunks.hashCode()), chunks),
                    "400"));
        }
        for (String head : List.of(
                "GET /echo HTTP/1.1\nHost: h1.example\n\n",
                "GET /echo HTTP/1.1\r\nHost: h1.example\r\nX: a\n\r\n",
                "GET /echo HTTP/1.1\r\nHost: h1.example\r\nX: a\r\n b\r\n\r\n",
                "GET /echo HTTP/1.1\r\nHost: h1.example\r\nX: a\rb\r\n\r\n",
                "GET /echo HTTP/1.1\r\nHost: h1.example\r\nX : a\r\n\r\n",
                "GET /echo HTTP/1.1\r\nHost: h1.example\r\n: a\r\n\r\n",
                "GET /echo HTTP/1.1\r\nHost: h1.example\r\nX\r\n\r\n",
                "GET /echo HTTP/1.1\r\nHost: h1.example\r\nX y: a\r\n\r\n",
                "GET /echo HTTP/1.1\r\nHost: h1.example\r\nX: a\0b\r\n\r\n",
                "GET /echo HTTP/1.1\r\nHost: h1.example\r\n\u00e9: a\r\n\r\n",
                "GET /echo HTTP/1.1\r\n Host: h1.example\r\n\r\n",
                "GET /echo\r\n\r\n",
                "GET /echo \r\n\r\n",
                "GET /echo HTTP/0.9\r\n\r\n",
                "GET /echo HTTP/2.0\r\nHost: h1.example\r\n\r\n",
                "GET /echo HTTP/1.2\r\nHost: h1.example\r\n\r\n",
                "GET /echo HTTP/1.10\r\nHost: h1.example\r\n\r\n",
                "GET /echo http/1.1\r\nHost: h1.example\r\n\r\n",
                "GET /echo HTTP/1.1 \r\nHost: h1.example\r\n\r\n",
                "GET  /echo HTTP/1.1\r\nHost: h1.example\r\n\r\n",
                " GET /echo HTTP/1.1\r\nHost: h1.example\r\n\r\n",
                "GET\u000b/echo HTTP/1.1\r\nHost: h1.example\r\n\r\n",
                "POST /echo HTTP/1.0\r\nHost: h1.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")) {
            all.add(h1(Case.id(21, all.size()), Case.shown(head), head, "400"));
        }
        all.add(h1(
                Case.id(21, all.size()),
                "257 fields",
                "GET / HTTP/1.1\r\nHost: h1.example\r\n" + "X: y\r\n".repeat(257) + "\r\n",
                "431"));
        all.add(h1(
                Case.id(21, all.size()),
                "a field of 70 KiB",
                "GET / HTTP/1.1\r\nHost: h1.example\r\nX: " + "y".repeat(71_680) + "\r\n\r\n",
                "431"));
        all.add(Case.through(
                Case.id(21, all.size()),
                "chunk extensions, which are dropped",
                "h1",
                () -> site.inside(
                        Site.H1,
                        POST + "Transfer-Encoding: chunked\r\n\r\n5;a=b;c=\"d;e\"\r\nhello\r\n0;last\r\n\r\n")));
        all.add(Case.through(
                Case.id(21, all.size()),
                "an empty line before a request",
                "h1",
                () -> site.inside(Site.H1, "\r\nGET /echo HTTP/1.1\r\nHost: h1.example\r\n\r\n")));
        return all.stream();
    }

    private static String unfinished(String target, String chunks) throws IOException {
        String got = site.inside(
                Site.H1,
                "POST " + target + " HTTP/1.1\r\nHost: h1.example\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        boolean whole = site.h1.requests().stream()
                .filter(request -> request.target().equals(target))
                .anyMatch(request -> {
                    try {
                        request.awaitComplete();
                        return true;
                    } catch (IOException e) {
                        return false;
                    }
                });
        return whole ? "whole at the origin, and " + got : got;
    }

    private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h1.example\r\n\r\n";

    private static Case notParsed(int n, String title, String head) {
        return Case.stopped(
                Case.id(22, n),
                title,
                "h1",
                () -> {
                    try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                        client.send(head.getBytes(ISO_8859_1));
                        String got = Site.answer(client);
                        client.awaitEnd();
                        boolean seen = site.h1.requests().stream()
                                .anyMatch(r -> r.target().equals("/smuggled"));
                        return seen ? "smuggled" : got + " and closed";
                    }
                },
                "403 git_push and closed",
                "421 misdirected and closed",
                "400 malformed and closed",
                "413");
    }

    static Stream<Case> bodies() {
        String push = "POST /r.git/git-receive-pack HTTP/1.1\r\nHost: h1.example\r\n";
        String length = "Content-Length: " + SMUGGLED.length() + "\r\n\r\n" + SMUGGLED;
        return Stream.of(
                notParsed(0, "the body of a denied request", push + length + SMUGGLED),
                notParsed(
                        1,
                        "the chunks of a denied request",
                        push + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(SMUGGLED.length()) + "\r\n"
                                + SMUGGLED + "\r\n0\r\n\r\n" + SMUGGLED),
                notParsed(2, "the body of a misdirected request", "POST / HTTP/1.1\r\nHost: evil.example\r\n" + length),
                notParsed(
                        3,
                        "what follows a malformed head",
                        "POST / HTTP/1.1\r\nHost: h1.example\r\nX : y\r\n" + length + SMUGGLED),
                notParsed(
                        4,
                        "what follows a malformed chunk",
                        POST + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + SMUGGLED),
                Case.through(Case.id(22, 5), "a request after a denied one without a body", "h1", () -> {
                    try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                        client.get("/r.git/git-receive-pack", Site.H1);
                        return Site.answer(client.send("GET /echo HTTP/1.1\r\nHost: h1.example\r\n\r\n"));
                    }
                }));
    }

    static Stream<Case> expectations() {
        return Stream.of(
                site.stopped(
                        "28.a",
                        "an expectation of a request that is denied",
                        "h1",
                        () -> {
                            try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                                client.send(
                                        "POST /r.git/git-receive-pack HTTP/1.1\r\nHost: h1.example\r\nExpect: 100-continue\r\n"
                                                + "Content-Length: 5\r\n\r\n");
                                ReceivedResponse response = client.readResponse("POST");
                                return response.status() + (response.interims().isEmpty() ? "" : " after a 100");
                            }
                        },
                        "403"),
                site.stopped(
                        "28.b",
                        "an expectation of a stream that is denied",
                        "h2",
                        () -> {
                            try (H2Client client = site.h2Client(Site.H2)) {
                                H2Stream stream = client.request(
                                        "POST", Site.H2, "/r.git/git-receive-pack", false, "expect", "100-continue");
                                return Site.answer(stream);
                            }
                        },
                        "403 git_push"),
                Case.stopped(
                        "28.c",
                        "Upgrade: h2c is taken out",
                        "h1",
                        () -> {
                            String got = site.h1(
                                    Site.H1,
                                    "GET",
                                    "/echo?h2c",
                                    "Connection: Upgrade, HTTP2-Settings",
                                    "Upgrade: h2c",
                                    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");
                            boolean left = site.h1.requests().stream()
                                    .filter(r -> r.target().equals("/echo?h2c"))
                                    .anyMatch(r -> r.value("upgrade").isPresent()
                                            || r.value("http2-settings").isPresent());
                            return left ? "passed on" : got;
                        },
                        "200"));
    }
}

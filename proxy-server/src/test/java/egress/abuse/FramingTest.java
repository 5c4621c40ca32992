package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.Field;
import egress.testkit.H1Fault;
import egress.testkit.H2Client;
import egress.testkit.H2Frame;
import egress.testkit.H2Stream;
import egress.testkit.H2Wire;
import egress.testkit.HostileOrigin;
import egress.testkit.RawClient;
import egress.testkit.ReceivedResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 20 to 28: where a message begins and ends. */
class FramingTest {
    /** Answers after which a connection to the origin is good for nothing. */
    private static final List<H1Fault> DIRTY = List.of(
            H1Fault.BODY_AFTER_204,
            H1Fault.BODY_AFTER_304,
            H1Fault.TWO_RESPONSES,
            H1Fault.BYTES_AFTER_THE_RESPONSE,
            H1Fault.UNASKED_101,
            H1Fault.INTERIM_STORM,
            H1Fault.LENGTH_AND_CHUNKED,
            H1Fault.TWO_LENGTHS);

    private static Site site;
    private static ProxyUnderTest dirty;
    private static final Map<H1Fault, HostileOrigin> hostile = new EnumMap<>(H1Fault.class);

    @BeforeAll
    static void start() throws IOException {
        site = Site.start();
        StringBuilder routes = new StringBuilder("log: 1\nroutes:\n");
        ProxyUnderTest.Builder builder = ProxyUnderTest.with().trust(site.ca);
        for (H1Fault fault : DIRTY) {
            HostileOrigin origin = HostileOrigin.tls(site.ca.leaf(host(fault)), Alpn.H1, fault);
            hostile.put(fault, origin);
            routes.append("  - host: ").append(host(fault)).append('\n');
            builder.pin(host(fault) + ":443", origin.port());
        }
        dirty = builder.routes(routes.toString()).start();
    }

    @AfterAll
    static void stop() throws IOException {
        dirty.close();
        for (HostileOrigin each : hostile.values()) {
            each.close();
        }
        site.close();
    }

    @ParameterizedTest
    @MethodSource({"lengths", "syntax", "bodies", "dirtyConnections", "h2Heads", "floods", "expectations"})
    void isReadInOneWay(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static String id(int row, int n) {
        return row + "." + (n < 26 ? "" : (char) ('a' + n / 26 - 1)) + (char) ('a' + n % 26);
    }

    private static String host(H1Fault fault) {
        return fault.name().toLowerCase(Locale.ROOT).replace('_', '-') + ".example";
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
            all.add(h1(id(20, all.size()), shown(fields), POST + fields, "400"));
        }
        all.add(Case.through(
                id(20, all.size()),
                "a length",
                "h1",
                () -> site.inside(Site.H1, POST + "Content-Length: 5\r\n\r\nhello")));
        all.add(Case.through(
                id(20, all.size()),
                "chunked in capitals",
                "h1",
                () -> site.inside(Site.H1, POST + "Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n")));
        return all.stream();
    }

    private static String shown(String text) {
        String line = text.substring(0, Math.min(text.length(), 70)).replace("\r\n", " / ");
        StringBuilder out = new StringBuilder();
        line.chars()
                .forEach(
                        c -> out.append(c > 31 && c < 127 ? String.valueOf((char) c) : "\\x" + Integer.toHexString(c)));
        return out.toString().strip();
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
                    id(21, all.size()),
                    "chunk " + shown(chunks),
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
            all.add(h1(id(21, all.size()), shown(head), head, "400"));
        }
        all.add(h1(
                id(21, all.size()),
                "257 fields",
                "GET / HTTP/1.1\r\nHost: h1.example\r\n" + "X: y\r\n".repeat(257) + "\r\n",
                "431"));
        all.add(h1(
                id(21, all.size()),
                "a field of 70 KiB",
                "GET / HTTP/1.1\r\nHost: h1.example\r\nX: " + "y".repeat(71_680) + "\r\n\r\n",
                "431"));
        all.add(Case.through(
                id(21, all.size()),
                "chunk extensions, which are dropped",
                "h1",
                () -> site.inside(
                        Site.H1,
                        POST + "Transfer-Encoding: chunked\r\n\r\n5;a=b;c=\"d;e\"\r\nhello\r\n0;last\r\n\r\n")));
        all.add(Case.through(
                id(21, all.size()),
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
                id(22, n),
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
                Case.through(id(22, 5), "a request after a denied one without a body", "h1", () -> {
                    try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                        client.get("/r.git/git-receive-pack", Site.H1);
                        return Site.answer(client.send("GET /echo HTTP/1.1\r\nHost: h1.example\r\n\r\n"));
                    }
                }));
    }

    static Stream<Case> dirtyConnections() {
        List<Case> all = new ArrayList<>();
        for (H1Fault fault : DIRTY) {
            for (String leg : List.of("h1", "h2")) {
                all.add(Case.stopped(
                        id(23, all.size()),
                        fault + ", then another request",
                        leg,
                        () -> twice(fault, leg),
                        "two of its own"));
            }
        }
        return all.stream();
    }

    /** By one caller, and so on one event loop: each answer is the request's own, and came on a connection of its own. */
    private static String twice(H1Fault fault, String leg) throws IOException {
        HostileOrigin origin = java.util.Objects.requireNonNull(hostile.get(fault));
        String host = host(fault);
        int before = origin.connections();
        List<ReceivedResponse> answers = new ArrayList<>();
        if (leg.equals("h2")) {
            try (H2Client client = H2Client.through(dirty.port(), host + ":443", dirty.client(host))) {
                answers.add(client.get(host, "/").response());
                answers.add(client.get(host, "/").response());
            }
        } else {
            try (RawClient client = dirty.connect(host + ":443")) {
                answers.add(client.get("/", host));
                answers.add(client.get("/", host));
            }
        }
        for (ReceivedResponse response : answers) {
            boolean own = switch (fault) {
                case BODY_AFTER_204 -> response.status() == 204 && response.body().length == 0;
                case BODY_AFTER_304 -> response.status() == 304 && response.body().length == 0;
                case TWO_RESPONSES, BYTES_AFTER_THE_RESPONSE -> response.text().equals("hello");
                default -> response.status() == 502;
            };
            if (!own || response.value("x-forged").isPresent()) {
                return "not its own: " + response;
            }
        }
        int opened = origin.connections() - before;
        return opened == 2 ? "two of its own" : "two answers on " + opened + " connection(s)";
    }

    private static List<Field> head(String... more) {
        List<Field> fields = new ArrayList<>(
                Field.list(":method", "GET", ":scheme", "https", ":authority", Site.H2, ":path", "/echo"));
        fields.addAll(Field.list(more));
        return fields;
    }

    static Stream<Case> h2Heads() {
        List<Case> all = new ArrayList<>();
        List<List<Field>> heads = List.of(
                head("X-Upper", "1"),
                head(":status", "200"),
                head(":unknown", "1"),
                head(":method", "POST"),
                head(":path", "/admin"),
                head("connection", "x"),
                head("te", "gzip"),
                head("transfer-encoding", "chunked"),
                head("x", "a\r\nb: c"),
                head("x", "a\0"),
                head("x\r\ny", "z"),
                head("", "x"),
                head("content-length", "5"),
                head("content-length", "-1"),
                head("upgrade", "h2c"),
                head("host", "evil.example"));
        for (List<Field> each : heads) {
            String title = shown(each.subList(4, each.size()).toString());
            all.add(site.stopped(id(24, all.size()), title, "h2", () -> site.h2(Site.H2, each), "reset 1"));
        }
        byte[] section = H2Wire.literals(head());
        all.add(goAway(all.size(), "HEADERS on a stream that was ended", H2Frame.ErrorCode.STREAM_CLOSED, client -> {
            client.wire().write(H2Wire.headers(101, section, true));
            client.wire().write(H2Wire.headers(101, section, true));
        }));
        all.add(goAway(all.size(), "HEADERS on a stream that was reset", H2Frame.ErrorCode.STREAM_CLOSED, client -> {
            client.wire().write(H2Wire.headers(101, section, false));
            client.wire().write(H2Frame.rstStream(101, H2Frame.ErrorCode.CANCEL));
            client.wire().write(H2Wire.headers(101, section, true));
        }));
        all.add(goAway(all.size(), "a stream below one that was opened", H2Frame.ErrorCode.PROTOCOL_ERROR, client -> {
            client.wire().write(H2Wire.headers(103, section, true));
            client.wire().write(H2Wire.headers(101, section, true));
        }));
        all.add(goAway(
                all.size(),
                "an even stream",
                H2Frame.ErrorCode.PROTOCOL_ERROR,
                client -> client.wire().write(H2Wire.headers(102, section, true))));
        all.add(goAway(
                all.size(),
                "a window beyond 2^31-1",
                H2Frame.ErrorCode.FLOW_CONTROL_ERROR,
                client -> client.wire().write(H2Frame.windowUpdate(0, Integer.MAX_VALUE))));
        all.add(goAway(
                all.size(),
                "SETTINGS of seven octets",
                H2Frame.ErrorCode.FRAME_SIZE_ERROR,
                client -> client.wire().write(new H2Frame(H2Frame.SETTINGS, 0, 0, new byte[7]))));
        all.add(Case.through(id(24, all.size()), "te: trailers", "h2", () -> site.h2(Site.H2, head("te", "trailers"))));
        return all.stream();
    }

    private static Case goAway(int n, String title, H2Frame.ErrorCode code, Flooder sender) {
        return Case.stopped(
                id(24, n),
                title,
                "h2",
                () -> {
                    try (H2Client client = site.h2Client(Site.H2)) {
                        sender.flood(client);
                        int said = client.awaitGoAway().int32(4);
                        client.awaitEnd();
                        return "goaway " + said;
                    }
                },
                "goaway " + code.code());
    }

    /** Writes frames until the gate says that it is enough. */
    private static Case flood(int n, String title, Flooder flooder) {
        return Case.stopped(
                id(25, n),
                title,
                "h2",
                () -> {
                    try (H2Client other = site.h2Client(Site.H2);
                            H2Client client = site.h2Client(Site.H2)) {
                        try {
                            flooder.flood(client);
                            client.awaitGoAway();
                        } catch (IOException e) {
                            client.awaitEnd(); // it may have been reset while it still wrote
                        }
                        return "ended, others " + Site.answer(other.get(Site.H2, "/echo"));
                    }
                },
                "ended, others 200");
    }

    private interface Flooder {
        void flood(H2Client client) throws IOException;
    }

    static Stream<Case> floods() {
        byte[] section = H2Wire.literals(head());
        return Stream.of(
                flood(0, "made-you-reset: windows that overflow, stream after stream", client -> {
                    for (int id = 101; id < 20_101; id += 2) {
                        client.wire().write(H2Wire.headers(id, H2Wire.literals(head("x", "y")), false));
                        client.wire().write(H2Frame.windowUpdate(id, Integer.MAX_VALUE));
                    }
                }),
                flood(1, "made-you-reset: windows of nothing, stream after stream", client -> {
                    for (int id = 101; id < 20_101; id += 2) {
                        client.wire().write(H2Wire.headers(id, section, false));
                        client.wire().write(H2Frame.windowUpdate(id, 0));
                    }
                }),
                flood(2, "made-you-reset: malformed heads, stream after stream", client -> {
                    byte[] malformed = H2Wire.literals(head("X-Upper", "1"));
                    for (int id = 101; id < 20_101; id += 2) {
                        client.wire().write(H2Wire.headers(id, malformed, true));
                    }
                }),
                flood(3, "made-you-reset: bodies longer than they said, stream after stream", client -> {
                    byte[] told = H2Wire.literals(head("content-length", "1"));
                    for (int id = 101; id < 20_101; id += 2) {
                        client.wire().write(H2Wire.headers(id, told, false));
                        client.wire().write(H2Frame.data(id, new byte[2], true));
                    }
                }),
                flood(
                        4,
                        "a window update that overflows the connection's window",
                        client -> client.wire().write(H2Frame.windowUpdate(0, Integer.MAX_VALUE))),
                flood(5, "PRIORITY, a million times", client -> {
                    H2Frame[] many = new H2Frame[1_000];
                    java.util.Arrays.fill(many, new H2Frame(H2Frame.PRIORITY, 0, 3, new byte[] {0, 0, 0, 1, 7}));
                    for (int i = 0; i < 1_000; i++) {
                        client.wire().write(many);
                    }
                    client.transport().reset(); // it costs nothing, and so may go on
                }),
                Case.stopped(
                        id(25, 6),
                        "an HPACK bomb: one field of 4,000 octets named 10,000 times",
                        "h2",
                        () -> {
                            ByteArrayOutputStream bomb = new ByteArrayOutputStream();
                            bomb.writeBytes(section);
                            bomb.writeBytes(H2Wire.indexedLiteral(new Field("x", "y".repeat(4_000))));
                            for (int i = 0; i < 10_000; i++) {
                                bomb.write(0x80 | 62); // the newest entry of the dynamic table
                            }
                            try (H2Client other = site.h2Client(Site.H2);
                                    H2Client client = site.h2Client(Site.H2)) {
                                H2Stream bombed = client.request("GET", Site.H2, "/held", false);
                                client.wire().write(H2Wire.headers(bombed.id(), bomb.toByteArray(), true));
                                String got = Site.answer(bombed);
                                return (got.startsWith("200") ? got : "refused") + ", others "
                                        + Site.answer(other.get(Site.H2, "/echo"));
                            }
                        },
                        "refused, others 200"));
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

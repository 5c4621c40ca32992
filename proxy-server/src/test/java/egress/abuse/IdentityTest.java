package egress.abuse;

import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.Field;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 8 to 10: CONNECT, SNI, Host and {@code :authority} mean one host. */
class IdentityTest {
    private static final String UNRECOGNIZED_NAME = "alert 112";

    private static Site site;

    @BeforeAll
    static void start() throws IOException {
        site = new Site(builder -> builder.flags("--head-timeout", "3s", "--handshake-timeout", "3s"));
    }

    @AfterAll
    static void stop() throws IOException {
        site.close();
    }

    @ParameterizedTest
    @MethodSource({"layers", "laterRequests", "hellos"})
    void agrees(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static byte[] sni(@Nullable String name) {
        try {
            return site.tls(Site.H1).anyName().alpn("http/1.1").sni(name).clientHello();
        } catch (SSLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Field> head(String authority, String... more) {
        List<Field> fields = new ArrayList<>(
                Field.list(":method", "GET", ":scheme", "https", ":authority", authority, ":path", "/echo"));
        fields.addAll(Field.list(more));
        return fields;
    }

    private static Case h1(String id, String title, String head, String... outcomes) {
        return site.stopped(id, title, "h1", () -> site.inside(Site.H1, head + "\r\n\r\n"), outcomes);
    }

    private static Case h2(String id, String title, List<Field> head, String... outcomes) {
        return site.stopped(id, title, "h2", () -> site.h2(Site.H2, head), outcomes);
    }

    static Stream<Case> layers() {
        return Stream.of(
                site.hello("8.a", "an evil SNI", sni("evil.example"), UNRECOGNIZED_NAME),
                site.hello("8.b", "another allowed host in SNI", sni("other.example"), UNRECOGNIZED_NAME),
                site.hello("8.c", "the host as a suffix of the SNI", sni("evil" + Site.H1), UNRECOGNIZED_NAME),
                site.hello("8.d", "the host in front of the SNI", sni(Site.H1 + ".evil.example"), UNRECOGNIZED_NAME),
                h1("8.e", "an evil Host", "GET / HTTP/1.1\r\nHost: evil.example", "421"),
                h1("8.f", "another allowed host in Host", "GET / HTTP/1.1\r\nHost: other.example", "421"),
                h1("8.g", "another port in Host", "GET / HTTP/1.1\r\nHost: h1.example:444", "421"),
                h1("8.h", "two Hosts", "GET / HTTP/1.1\r\nHost: h1.example\r\nHost: evil.example", "400"),
                h1("8.i", "two Hosts that agree", "GET / HTTP/1.1\r\nHost: h1.example\r\nHost: h1.example", "400"),
                h1("8.j", "no Host", "GET / HTTP/1.1\r\nX: y", "400"),
                h1("8.k", "an empty Host", "GET / HTTP/1.1\r\nHost:", "400", "421"),
                h1("8.l", "a Host with user information", "GET / HTTP/1.1\r\nHost: a@h1.example", "400", "421"),
                h1("8.m", "a list in Host", "GET / HTTP/1.1\r\nHost: h1.example, evil.example", "400", "421"),
                h1("8.n", "an evil absolute form", "GET https://evil.example/ HTTP/1.1\r\nHost: h1.example", "421"),
                h1(
                        "8.o",
                        "an evil Host beside the absolute form",
                        "GET https://h1.example/ HTTP/1.1\r\nHost: evil.example",
                        "421"),
                h2("8.p", "an evil :authority", head("evil.example"), "421"),
                h2("8.q", "another allowed host in :authority", head("other.example"), "421"),
                h2("8.r", "another port in :authority", head("h2.example:444"), "421"),
                h2("8.s", "host differs from :authority", head(Site.H2, "host", "evil.example"), "reset 1"),
                h2("8.t", "user information in :authority", head("a@h2.example"), "reset 1", "400", "421"),
                h2("8.u", "an empty :authority", head(""), "reset 1", "400", "421"),
                Case.through(
                        "8.v",
                        "host that says the same as :authority",
                        "h2",
                        () -> site.h2(Site.H2, head(Site.H2, "host", Site.H2))),
                Case.through(
                        "8.w",
                        "absolute form that says the same as Host",
                        "h1",
                        () -> site.h1(Site.H1, "GET", "https://h1.example/echo")));
    }

    static Stream<Case> laterRequests() {
        return Stream.of(
                site.stopped(
                        "9.a",
                        "the second request of a tunnel to another host",
                        "h1",
                        () -> {
                            try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                                client.send("GET /r.git/git-receive-pack HTTP/1.1\r\nHost: h1.example\r\n\r\n");
                                if (client.readResponse("GET").status() != 403) {
                                    return "the first was not judged";
                                }
                                return Site.answer(client.send("GET / HTTP/1.1\r\nHost: other.example\r\n\r\n"));
                            }
                        },
                        "421"),
                site.stopped(
                        "9.b",
                        "the second stream to another allowed host",
                        "h2",
                        () -> {
                            try (H2Client client = site.h2Client(Site.H2)) {
                                if (!Site.answer(client.get(Site.H2, "/r.git/git-receive-pack"))
                                        .startsWith("403")) {
                                    return "the first was not judged";
                                }
                                return Site.answer(client.get("other.example", "/"));
                            }
                        },
                        "421"),
                site.stopped(
                        "9.c",
                        "a pipelined second request to another host",
                        "h1",
                        () -> {
                            try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                                client.send("GET /r.git/git-receive-pack HTTP/1.1\r\nHost: h1.example\r\n\r\n"
                                        + "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
                                return client.readResponse("GET").status() == 403
                                        ? Site.answer(client)
                                        : "the first passed";
                            }
                        },
                        "421"),
                Case.stopped(
                        "9.d",
                        "a leaf that would be good for more than its host",
                        "tls",
                        () -> {
                            try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                                var names = client.certificates().getFirst().getSubjectAlternativeNames();
                                return names == null
                                        ? "no names"
                                        : names.size() + " "
                                                + List.copyOf(names).getFirst().get(1);
                            } catch (java.security.cert.CertificateParsingException e) {
                                return e.toString();
                            }
                        },
                        "1 h1.example"),
                Case.through("9.e", "the second request to the same host", "h1", () -> {
                    try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                        client.get("/echo", Site.H1);
                        return Site.answer(client.send("GET /echo HTTP/1.1\r\nHost: h1.example\r\n\r\n"));
                    }
                }),
                Case.through("9.f", "a good request after a misdirected one", "h2", () -> {
                    try (H2Client client = site.h2Client(Site.H2)) {
                        Site.answer(client.get("other.example", "/"));
                        return Site.answer(client.get(Site.H2, "/echo"));
                    }
                }));
    }

    static Stream<Case> hellos() {
        return Stream.of(
                Case.through(
                        "10.a",
                        "no SNI: the name of the CONNECT",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).anyName().sni(null))),
                site.stopped(
                        "10.r",
                        "no SNI, and then another Host",
                        "h1",
                        () -> {
                            try (RawClient client = site.proxy.connect().tunnel(Site.H1 + ":443")) {
                                client.tls(site.tls(Site.H1)
                                        .anyName()
                                        .alpn("http/1.1")
                                        .sni(null));
                                return Site.answer(client.send("GET / HTTP/1.1\r\nHost: other.example\r\n\r\n"));
                            }
                        },
                        "421"),
                site.hello("10.s", "an SNI of no bytes", OldHello.of("", 0x0303), "alert"),
                site.hello("10.b", "an SNI of 300 bytes", sni("a".repeat(300)), "alert"),
                site.hello("10.c", "an SNI that is an address", sni("127.0.0.1"), "alert"),
                site.hello("10.d", "an SNI that is an IPv6 address", sni("[::1]"), "alert"),
                site.hello("10.e", "an SNI with a port", sni("h1.example:443"), "alert"),
                site.hello("10.f", "an SNI with a NUL", sni("h1.example\0.evil.example"), "alert"),
                site.hello("10.g", "an SNI with a space", sni("h1.example "), "alert"),
                site.hello("10.h", "an SNI of one dot", sni("."), "alert"),
                site.hello("10.i", "a ClientHello of 16 MiB", new byte[] {22, 3, 1, 0, 4, 1, -1, -1, -1}, "alert"),
                site.hello("10.j", "a record of no bytes", new byte[] {22, 3, 1, 0, 0}, "alert"),
                site.hello("10.k", "a record longer than TLS has", new byte[] {22, 3, 1, -1, -1, 1}, "alert", "closed"),
                site.hello("10.l", "a ServerHello", new byte[] {22, 3, 1, 0, 5, 2, 0, 0, 1, 0}, "alert"),
                site.stopped(
                        "10.m",
                        "a ClientHello over the bound, sent in full",
                        "tls",
                        IdentityTest::endless,
                        "alert",
                        "closed"),
                site.stopped(
                        "10.n",
                        "400 half-sent ClientHellos, closed by time",
                        "tls",
                        IdentityTest::halfSent,
                        "all closed"),
                Case.through("10.o", "a ClientHello in segments of one byte", "tls", () -> {
                    try (RawClient client = site.proxy.connect().tunnel(Site.H1 + ":443")) {
                        client.tlsByteByByte(site.tls(Site.H1).alpn("http/1.1"));
                        return Site.answer(client.send("GET /echo HTTP/1.1\r\nHost: h1.example\r\n\r\n"));
                    }
                }),
                site.stopped(
                        "10.p",
                        "an evil ClientHello in segments of one byte",
                        "tls",
                        () -> {
                            try (RawClient client = site.proxy.connect().tunnel(Site.H1 + ":443")) {
                                client.sendByteByByte(sni("evil.example"));
                                return "alert " + client.readToEnd()[6];
                            }
                        },
                        UNRECOGNIZED_NAME),
                Case.through(
                        "10.q",
                        "the SNI in capitals",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).sni("H1.EXAMPLE"))));
    }

    /** As many records as the gate takes, of a message that says it has 200,000 bytes. */
    private static String endless() throws IOException {
        byte[] record = new byte[5 + 16_000];
        record[0] = 22;
        record[1] = 3;
        record[2] = 1;
        record[3] = 16_000 >> 8;
        record[4] = (byte) 16_000;
        record[5] = 1;
        record[6] = 3;
        try (RawClient client = site.proxy.connect().tunnel(Site.H1 + ":443")) {
            client.send(record);
            record[5] = 0;
            record[6] = 0;
            for (int i = 0; i < 13; i++) {
                client.send(record);
            }
            byte[] answer = client.readToEnd();
            return answer.length == 0 ? "closed" : "alert " + answer[6];
        } catch (SocketException e) {
            return "closed";
        }
    }

    private static String halfSent() throws IOException {
        byte[] hello = sni(Site.H1);
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 400; i++) {
                RawClient client = site.proxy.connect().tunnel(Site.H1 + ":443");
                clients.add(client);
                client.send(java.util.Arrays.copyOf(hello, hello.length / 2));
            }
            for (RawClient client : clients) {
                client.readTimeout(Duration.ofSeconds(10)).awaitEnd();
            }
            return "all closed";
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}

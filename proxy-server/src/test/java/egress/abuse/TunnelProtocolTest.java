package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 11 and 12: what is spoken in a tunnel is TLS 1.2 or later, with h1 or h2 as agreed. */
class TunnelProtocolTest {
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
    @MethodSource({"noTls", "alpn"})
    void isTheOneThatWasAgreedOn(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(ISO_8859_1);
    }

    static Stream<Case> noTls() {
        return Stream.of(
                site.hello("11.a", "an SSH banner", latin1("SSH-2.0-OpenSSH_9.6\r\n"), "closed", "alert"),
                site.hello(
                        "11.b",
                        "an h2 preface in the clear",
                        latin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                        "closed",
                        "alert"),
                site.hello(
                        "11.c",
                        "plain HTTP to 443",
                        latin1("GET / HTTP/1.1\r\nHost: h1.example\r\n\r\n"),
                        "bytes HTTP/1.1 403"),
                site.hello(
                        "11.d",
                        "an SSL 2 ClientHello",
                        new byte[] {(byte) 0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10},
                        "closed",
                        "alert"),
                site.hello("11.e", "a NUL", new byte[] {0}, "closed", "alert"),
                site.hello("11.f", "an alert", new byte[] {21, 3, 3, 0, 2, 2, 40}, "closed", "alert"),
                site.hello("11.g", "application data", new byte[] {23, 3, 3, 0, 2, 1, 1}, "closed", "alert"),
                site.hello("11.h", "TLS 1.1 at most", OldHello.of(Site.H1, 0x0302), "alert 70"),
                site.hello("11.i", "TLS 1.0 at most", OldHello.of(Site.H1, 0x0301), "alert 70"),
                site.hello("11.j", "SSL 3 at most", OldHello.of(Site.H1, 0x0300), "alert"),
                site.stopped(
                        "11.k",
                        "plain HTTP in a tunnel to a port that a route names",
                        "tls",
                        () -> {
                            try (RawClient client = site.proxy.connect().tunnel("named.example:8443")) {
                                client.send("GET / HTTP/1.1\r\nHost: named.example:8443\r\n\r\n");
                                String answer = Site.answer(client);
                                return client.awaitEnd() == RawClient.End.CLOSED ? answer : "open after " + answer;
                            }
                        },
                        "403 scheme_not_allowed"),
                site.stopped(
                        "11.l",
                        "SSH in a tunnel to port 80",
                        "plain",
                        () -> {
                            try (RawClient client = site.proxy.connect().tunnel("plain.example:80")) {
                                return Site.answer(client.send("SSH-2.0-OpenSSH_9.6\r\n\r\n"));
                            }
                        },
                        "400",
                        "closed"),
                site.stopped(
                        "11.m",
                        "h2 with prior knowledge in a tunnel to port 80",
                        "plain",
                        () -> {
                            try (RawClient client = site.proxy.connect().tunnel("plain.example:80")) {
                                return Site.answer(client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
                            }
                        },
                        "400",
                        "closed"),
                Case.through("11.n", "plain HTTP in a tunnel to port 80", "plain", () -> {
                    try (RawClient client = site.proxy.connect().tunnel("plain.example:80")) {
                        return Site.answer(client.send("GET /echo HTTP/1.1\r\nHost: plain.example\r\n\r\n"));
                    }
                }),
                Case.through(
                        "11.o",
                        "TLS 1.2",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).versions("TLSv1.2").alpn("http/1.1"))),
                Case.through(
                        "11.p",
                        "TLS 1.3",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).versions("TLSv1.3").alpn("http/1.1"))));
    }

    static Stream<Case> alpn() {
        return Stream.of(
                Case.through("12.a", "no ALPN: h1", "tls", () -> site.greeted(site.tls(Site.H1))),
                Case.stopped(
                        "12.b",
                        "h3 alone: never h2",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).alpn("h3")),
                        "alert",
                        "200"),
                Case.stopped(
                        "12.c",
                        "http/1.0 alone: never h2",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).alpn("http/1.0")),
                        "alert",
                        "200"),
                Case.stopped(
                        "12.d",
                        "h2c alone: never h2",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).alpn("h2c")),
                        "alert",
                        "200"),
                Case.stopped(
                        "12.e",
                        "an empty look at h2: h2-14",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).alpn("h2-14")),
                        "alert",
                        "200"),
                Case.through(
                        "12.f",
                        "h2 and http/1.1: h2",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).alpn("http/1.1", "h2")),
                        "h2",
                        "200"),
                Case.through(
                        "12.g",
                        "h2 alone: h2",
                        "tls",
                        () -> site.greeted(site.tls(Site.H1).alpn("h2")),
                        "h2"),
                site.stopped(
                        "12.h",
                        "h1 where h2 was agreed on",
                        "tls",
                        () -> {
                            try (RawClient client = site.proxy.connect().tunnel(Site.H1 + ":443")) {
                                client.tls(site.tls(Site.H1).alpn("h2"));
                                client.send("GET / HTTP/1.1\r\nHost: h1.example\r\n\r\n");
                                client.awaitEnd();
                                return "closed";
                            }
                        },
                        "closed"),
                site.stopped(
                        "12.i",
                        "h2 where h1 was agreed on",
                        "tls",
                        () -> {
                            try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                                return Site.answer(client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
                            }
                        },
                        "400",
                        "closed"));
    }
}

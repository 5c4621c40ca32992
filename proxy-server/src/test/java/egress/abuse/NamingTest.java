package egress.abuse;

import egress.server.ProxyUnderTest;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 1 to 7: which host is meant, and where that leads. */
class NamingTest {
    private static final Locale BEFORE = Locale.getDefault();

    private static Site site;
    private static ProxyUnderTest guarded;
    private static ProxyUnderTest open;

    @BeforeAll
    static void start() throws IOException {
        Locale.setDefault(Locale.forLanguageTag("tr-TR")); // where I in lower case is not i
        site = Site.start();
        StringBuilder routes = new StringBuilder("log: 1\nroutes:\n");
        NOT_PUBLIC.forEach(host -> routes.append("  - host: \"").append(host).append("\"\n"));
        guarded = ProxyUnderTest.with().routes(routes.toString()).start();
        open = ProxyUnderTest.with().start();
    }

    @AfterAll
    static void stop() throws IOException {
        Locale.setDefault(BEFORE);
        guarded.close();
        open.close();
        site.close();
    }

    @ParameterizedTest
    @MethodSource({"spellings", "authorities", "lookalikes", "ports", "addresses", "notPublic", "itself"})
    void isWhatItSays(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static Case connect(String id, String title, String authority, String... outcomes) {
        return site.stopped(id, title, "connect", () -> site.connect(authority), outcomes);
    }

    private static Case absolute(String id, String title, String url, String... outcomes) {
        return site.stopped(
                id,
                title,
                "absolute",
                () -> site.listener("GET " + url + " HTTP/1.1\r\nHost: " + Site.PLAIN + "\r\n\r\n"),
                outcomes);
    }

    static Stream<Case> spellings() {
        String host = "api.github.com";
        return Stream.of(
                Case.through(
                        "1.a",
                        "capitals, in a locale that folds I otherwise",
                        "connect",
                        () -> site.connect("API.GITHUB.COM:443")),
                Case.through("1.b", "the root's dot", "connect", () -> site.connect("api.github.com.:443")),
                Case.through(
                        "1.c",
                        "CONNECT in capitals, SNI and Host in lower case",
                        "connect",
                        () -> site.connect("API.GitHub.COM:443", host)),
                Case.through(
                        "1.d",
                        "Host in capitals",
                        "h1",
                        () -> site.inside(host, "GET /echo HTTP/1.1\r\nHost: API.GITHUB.COM\r\n\r\n")),
                Case.through(
                        "1.e",
                        ":authority in capitals with its port",
                        "h2",
                        () -> site.h2(
                                Site.H2,
                                egress.testkit.wire.Field.list(
                                        ":method",
                                        "GET",
                                        ":scheme",
                                        "https",
                                        ":authority",
                                        "H2.EXAMPLE:443",
                                        ":path",
                                        "/echo"))),
                Case.through("1.f", "every spelling shares one pooled connection", "connect", NamingTest::onePool),
                connect("1.g", "an empty label", "api..github.com:443", "400"),
                connect("1.h", "a dot in front", ".api.github.com:443", "400"),
                connect("1.i", "two dots at the end", "api.github.com..:443", "400"),
                connect("1.j", "a label of 64 characters", "a".repeat(64) + ".github.com:443", "400"),
                connect("1.k", "a name of 254 characters", "a.".repeat(126) + "ab:443", "400"));
    }

    /** One caller's, because each event loop has connections of its own. */
    private static String onePool() throws IOException {
        int before = site.h1.connections();
        try (RawClient client = site.proxy.connect().tunnel("OTHER.example.:443")) {
            client.tls(site.proxy.client("other.example").alpn("http/1.1"));
            for (String spelling : List.of("other.example", "OTHER.EXAMPLE", "other.example.", "Other.Example:443")) {
                int status = client.get("/echo", spelling).status();
                if (status != 200) {
                    return spelling + ": " + status;
                }
            }
        }
        int opened = site.h1.connections() - before;
        return opened == 1 ? "200" : opened + " connections to one host";
    }

    static Stream<Case> authorities() {
        List<Case> all = new ArrayList<>();
        char letter = 'a';
        for (String authority : List.of(
                "[api.github.com]:443",
                "api.github.com@evil.example:443",
                "user:password@api.github.com:443",
                "api.github.com\t:443",
                "api.github.com :443",
                "api.github.com#.evil.example:443",
                "api.github.com?.evil.example:443",
                "api.github.com/:443",
                "api.github.com\\.evil.example:443",
                "api.github.com%2eevil.example:443",
                "https://api.github.com:443",
                "api.github.com\r:443",
                "api.github.com\0.evil.example:443",
                "api_github;com:443",
                "*.github.com:443",
                ":443",
                "")) {
            all.add(connect("2." + letter++, "CONNECT " + escaped(authority), authority, "400"));
        }
        for (String authority : List.of(
                "[plain.example]",
                "plain.example@evil.example",
                "user@plain.example",
                "plain.example\\@evil.example",
                "plain.example%00",
                "")) {
            all.add(absolute(
                    "2." + letter++, "http://" + escaped(authority) + "/", "http://" + authority + "/", "400"));
        }
        all.add(site.stopped(
                "2." + letter++,
                "LF and a second request line in CONNECT",
                "connect",
                () -> site.listener("CONNECT api.github.com\n:443 HTTP/1.1\r\nHost: api.github.com\r\n\r\n"),
                "400"));
        all.add(site.stopped(
                "2." + letter,
                "two Host fields with CONNECT",
                "connect",
                () -> site.listener(
                        "CONNECT h1.example:443 HTTP/1.1\r\nHost: h1.example\r\nHost: evil.example\r\n\r\n"),
                "400"));
        return all.stream();
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        text.chars()
                .forEach(
                        c -> out.append(c > 31 && c < 127 ? String.valueOf((char) c) : "\\x" + Integer.toHexString(c)));
        return "\"" + out + "\"";
    }

    static Stream<Case> lookalikes() {
        return Stream.of(
                connect("3.a", "an allowed name as a suffix", "evilapi.github.com:443", "403 host_not_allowed"),
                connect("3.b", "an allowed name in front", "api.github.com.evil.example:443", "403 host_not_allowed"),
                connect("3.c", "a name below an allowed one", "x.api.github.com:443", "403 host_not_allowed"),
                connect("3.d", "the name above an allowed one", "github.com:443", "403 host_not_allowed"),
                connect("3.e", "a hyphen for a dot", "api-github.com:443", "403 host_not_allowed"),
                connect("3.f", "a full-width dot, as raw UTF-8", utf8("api\uff0egithub.com:443"), "400"),
                connect("3.g", "an ideographic dot, as raw UTF-8", utf8("api\u3002github.com:443"), "400"),
                connect("3.h", "a Cyrillic a, as raw UTF-8", utf8("\u0430pi.github.com:443"), "400"),
                connect("3.i", "a Cyrillic a in Punycode", "xn--pi-6kc.github.com:443", "403 host_not_allowed"),
                connect("3.j", "a Kelvin sign, as raw UTF-8", utf8("api.github.com\u212a:443"), "400"),
                connect("3.k", "a soft hyphen, as raw UTF-8", utf8("api\u00ad.github.com:443"), "400"),
                connect("3.l", "a zero-width joiner, as raw UTF-8", utf8("api\u200d.github.com:443"), "400"),
                absolute("3.m", "a suffix in absolute form", "http://evilplain.example/", "403", "421"));
    }

    private static String utf8(String text) {
        return new String(
                text.getBytes(java.nio.charset.StandardCharsets.UTF_8), java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    static Stream<Case> ports() {
        List<Case> all = new ArrayList<>();
        char letter = 'a';
        for (int port : new int[] {1, 22, 25, 444, 8080, 8443, 65535}) {
            all.add(connect(
                    "4." + letter++,
                    "port " + port + " of an allowed host",
                    Site.H1 + ":" + port,
                    "403 port_not_allowed"));
        }
        for (String port : List.of("0", "65536", "0443", "+443", "-443", "443 ", "0x1bb", "", "443x", "4294967739")) {
            all.add(connect("4." + letter++, "port \"" + port + "\"", Site.H1 + ":" + port, "400"));
        }
        all.add(connect("4." + letter++, "no port", Site.H1, "400"));
        all.add(connect(
                "4." + letter++, "443 of a host that is named with 8443", "named.example:443", "403 port_not_allowed"));
        all.add(Case.through(
                "4." + letter++,
                "the port that the route names",
                "connect",
                () -> site.connect("named.example:8443", "named.example:8443")));
        all.add(absolute(
                "4." + letter,
                "another port in absolute form",
                "http://plain.example:8080/",
                "403 port_not_allowed",
                "421"));
        return all.stream();
    }

    static Stream<Case> addresses() {
        List<Case> all = new ArrayList<>();
        char letter = 'a';
        for (String host : List.of(
                "127.0.0.1",
                "10.0.0.1",
                "93.184.216.34",
                "169.254.169.254",
                "[::1]",
                "[::ffff:127.0.0.1]",
                "[2606:2800:220:1::1]")) {
            all.add(connect("5." + letter++, "the address " + host, host + ":443", "403 host_not_allowed"));
        }
        for (String host : List.of(
                "2130706433",
                "0x7f000001",
                "0x7f.1",
                "0177.0.0.1",
                "127.1",
                "127.0.0.1.",
                "127.0.0.256",
                "1.2.3",
                "[fe80::1%25eth0]",
                "[fe80::1%eth0]",
                "[::1",
                "::1",
                "[127.0.0.1]",
                "0x7f.0.0.0x1",
                "017700000001")) {
            all.add(connect("5." + letter++, "the spelling " + host, host + ":443", "400"));
        }
        return all.stream();
    }

    /** Listed by a route: what is left is the guard of addresses. */
    private static final List<String> NOT_PUBLIC = List.of(
            "127.0.0.1",
            "localhost",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "192.0.2.1",
            "[::1]",
            "[fd00::1]",
            "[fe80::1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::a00:1]",
            "[2002:7f00:1::]",
            "[ff02::1]",
            "[2001:db8::1]",
            "255.255.255.255",
            "198.18.0.1");

    static Stream<Case> notPublic() {
        List<Case> all = new ArrayList<>();
        char letter = 'a';
        for (String host : NOT_PUBLIC) {
            all.add(Case.stopped(
                    "6." + letter++,
                    host + ", though a route lists it",
                    "absolute",
                    () -> {
                        String got = absolute(guarded, host);
                        guarded.awaitErr("\"code\":\"address_not_allowed\"");
                        return got;
                    },
                    "403 address_not_allowed"));
        }
        all.add(Case.through(
                "6." + letter,
                "loopback, which a flag allows",
                "absolute",
                () -> absolute(open, "127.0.0.1:" + site.plain.port())));
        return all.stream();
    }

    private static String absolute(ProxyUnderTest proxy, String authority) throws IOException {
        try (RawClient client = proxy.connect()) {
            return Site.answer(
                    client.send("GET http://" + authority + "/echo HTTP/1.1\r\nHost: " + authority + "\r\n\r\n"));
        }
    }

    static Stream<Case> itself() {
        // The debugging proxy allows every host and reaches loopback: only the guard of its own listeners is left.
        String code = "403 address_not_allowed";
        int port = open.port();
        int admin = open.admin().getPort();
        return Stream.of(
                own("7.a", "its own listener, by address", "127.0.0.1:" + port, code),
                own("7.b", "its own listener, by name", "localhost:" + port, code),
                own("7.c", "its admin port, by address", "127.0.0.1:" + admin, code),
                own("7.d", "its admin port, by name", "localhost:" + admin, code),
                own("7.e", "its own port at another address of loopback", "127.0.0.2:" + port, code, "502"),
                own(
                        "7.f",
                        "its own listener, by an IPv6 address that holds an IPv4",
                        "[::ffff:127.0.0.1]:" + port,
                        code),
                own("7.g", "its own listener, by the unspecified address", "0.0.0.0:" + port, code));
    }

    private static Case own(String id, String title, String authority, String... outcomes) {
        return Case.stopped(id, title, "absolute", () -> absolute(open, authority), outcomes);
    }
}

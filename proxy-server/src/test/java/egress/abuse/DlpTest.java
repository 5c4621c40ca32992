package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import egress.server.ProxyUnderTest;
import egress.testkit.GitHubToken;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.StreamResetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 33 to 36: what the built-in scanner must see in what the whole program holds. */
class DlpTest {
    private static final String TOKEN = GitHubToken.of(7);
    private static final int BOUND = 300_000;
    private static final String JSON = "application/json";
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String MULTIPART = "multipart/form-data; boundary=b";

    private static Site site;

    @BeforeAll
    static void start() throws IOException {
        site = new Site(builder -> builder.flags("--dlp-max-body", Integer.toString(BOUND)));
    }

    @AfterAll
    static void stop() throws IOException {
        site.close();
    }

    @ParameterizedTest
    @MethodSource({"dresses", "bounds", "services", "names"})
    void leavesNothingOut(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static byte[] gzip(byte[] plain) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (OutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(plain);
            }
            return out.toByteArray();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Each part a chunk or a DATA frame of its own. */
    private static String post(String leg, List<byte[]> parts, String... fields) throws IOException {
        if (leg.equals("h2")) {
            try (H2Client client = site.h2Client(Site.H2)) {
                H2Stream stream = client.request("POST", Site.H2, "/count", false, fields);
                try {
                    for (int i = 0; i < parts.size(); i++) {
                        stream.write(parts.get(i), i == parts.size() - 1);
                    }
                } catch (StreamResetException e) {
                    return Site.answer(stream); // answered before it was all sent
                }
                return Site.answer(stream);
            }
        }
        try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
            StringBuilder head = new StringBuilder("POST /count HTTP/1.1\r\nHost: h1.example\r\n");
            for (int i = 0; i < fields.length; i += 2) {
                head.append(fields[i]).append(": ").append(fields[i + 1]).append("\r\n");
            }
            client.send(head + "Transfer-Encoding: chunked\r\n\r\n");
            try {
                for (byte[] part : parts) {
                    client.send(Integer.toHexString(part.length) + "\r\n")
                            .send(part)
                            .send("\r\n");
                }
                client.send("0\r\n\r\n");
            } catch (IOException e) {
                return Site.answer(client); // answered before it was all sent
            }
            return Site.answer(client);
        }
    }

    private static final class Cases {
        private final List<Case> all = new ArrayList<>();
        private final int row;

        Cases(int row) {
            this.row = row;
        }

        private String id() {
            return Case.id(row, all.size());
        }

        Cases body(String title, String outcome, List<byte[]> parts, String... fields) {
            for (String leg : List.of("h1", "h2")) {
                all.add(site.stopped(id(), title, leg, () -> post(leg, parts, fields), outcome));
            }
            return this;
        }

        Cases found(String title, byte[] body, String... fields) {
            return body(title, "403 dlp_match", List.of(body), fields);
        }

        Cases clean(String title, byte[] body, String... fields) {
            for (String leg : List.of("h1", "h2")) {
                all.add(Case.through(id(), title, leg, () -> post(leg, List.of(body), fields)));
            }
            return this;
        }

        Cases head(String title, String target, String... fields) {
            for (String leg : List.of("h1", "h2")) {
                String host = leg.equals("h2") ? Site.H2 : Site.H1;
                all.add(site.stopped(
                        id(), title, leg, () -> site.request(leg, host, "GET", target, fields), "403 dlp_match"));
            }
            return this;
        }
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        text.chars().forEach(c -> out.append(String.format("\\u%04x", c)));
        return out.toString();
    }

    private static String percent(String text) {
        StringBuilder out = new StringBuilder();
        text.chars().forEach(c -> out.append(String.format("%%%02X", c)));
        return out.toString();
    }

    static Stream<Case> dresses() {
        String first = TOKEN.substring(0, 17);
        String rest = TOKEN.substring(17);
        List<byte[]> single = new ArrayList<>();
        for (byte one : bytes("token=" + TOKEN)) {
            single.add(new byte[] {one});
        }
        String part = "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        String base64 = Base64.getEncoder().encodeToString(bytes("the key is " + TOKEN));
        return new Cases(33)
                        .found("as it is", bytes("token=" + TOKEN))
                        .body("split over two parts", "403 dlp_match", List.of(bytes("token=" + first), bytes(rest)))
                        .body("one octet a part", "403 dlp_match", single)
                        .found("a JSON value", bytes("{\"a\":\"" + TOKEN + "\"}"), "content-type", JSON)
                        .found("a JSON key", bytes("{\"" + TOKEN + "\":1}"), "content-type", JSON)
                        .found("escaped in JSON", bytes("{\"a\":\"" + escaped(TOKEN) + "\"}"), "content-type", JSON)
                        .found(
                                "JSON in JSON",
                                bytes("{\"a\":\"{\\\"b\\\":\\\"" + TOKEN + "\\\"}\"}"),
                                "content-type",
                                JSON)
                        .found(
                                "split over adjacent JSON strings",
                                bytes("{\"a\":[\"" + first + "\",\"" + rest + "\"]}"),
                                "content-type",
                                JSON)
                        .found("base64", bytes("x=" + base64))
                        .found(
                                "base64 for URLs",
                                bytes("x="
                                        + Base64.getUrlEncoder()
                                                .withoutPadding()
                                                .encodeToString(bytes("k: " + TOKEN))))
                        .found("base64 in base64", bytes(Base64.getEncoder().encodeToString(bytes(base64))))
                        .found(
                                "base64 in lines of MIME",
                                bytes(Base64.getMimeEncoder(76, bytes("\r\n"))
                                        .encodeToString(bytes("x".repeat(30) + " the key is " + TOKEN))))
                        .found(
                                "base64 in lines of PEM",
                                bytes(Base64.getMimeEncoder(64, bytes("\n"))
                                        .encodeToString(bytes("x".repeat(30) + " the key is " + TOKEN))))
                        .found(
                                "hexadecimal",
                                bytes("x=" + java.util.HexFormat.of().formatHex(bytes("k: " + TOKEN))))
                        .found("percent-encoded", bytes("a=" + percent(TOKEN)), "content-type", FORM)
                        .found(
                                "percent-encoded twice",
                                bytes("a=" + URLEncoder.encode(percent(TOKEN), UTF_8)),
                                "content-type",
                                FORM)
                        .found(
                                "split over adjacent form values",
                                bytes("a=" + first + "&b=" + rest),
                                "content-type",
                                FORM)
                        .found("gzip", gzip(bytes("token=" + TOKEN)), "content-encoding", "gzip")
                        .found("gzip in gzip", gzip(gzip(bytes("token=" + TOKEN))), "content-encoding", "gzip, gzip")
                        .found("gzip that no field tells of", gzip(bytes("token=" + TOKEN)))
                        .found(
                                "a part of a form",
                                bytes("--b" + part + TOKEN + "\r\n--b--\r\n"),
                                "content-type",
                                MULTIPART)
                        .found(
                                "split over adjacent parts",
                                bytes("--b" + part + first + "\r\n--b" + part + rest + "\r\n--b--\r\n"),
                                "content-type",
                                MULTIPART)
                        .found(
                                "the name of a part",
                                bytes("--b\r\nContent-Disposition: form-data; name=\"" + TOKEN
                                        + "\"\r\n\r\nx\r\n--b--\r\n"),
                                "content-type",
                                MULTIPART)
                        .found("UTF-16", ("token=" + TOKEN).getBytes(java.nio.charset.StandardCharsets.UTF_16LE))
                        .head("in a field", "/echo", "x-note", TOKEN)
                        .head("in a field, base64", "/echo", "x-note", base64)
                        .head("in the name of a query parameter", "/echo?" + TOKEN + "=1")
                        .head("in the query, percent-encoded", "/echo?a=" + percent(TOKEN))
                        .head("split over adjacent query parameters", "/echo?a=" + first + "&b=" + rest)
                        .head("split over adjacent fields", "/echo", "x-a", first, "x-b", rest)
                        .head("split over path segments", "/echo/" + first + "/" + rest)
                        .head("in a cookie", "/echo", "cookie", "a=b; c=" + TOKEN)
                        .head("in the agent's Authorization", "/echo", "authorization", "token " + TOKEN)
                        .clean("words", bytes("the quick brown fox jumps over the lazy dog"))
                        .clean("the prefix of a token", bytes("gh" + "p_ is how they begin"))
                        .clean(
                                "a hash",
                                bytes("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
                        .clean(
                                "clean JSON",
                                bytes("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"),
                                "content-type",
                                JSON)
                        .all
                        .stream();
    }

    private static byte[] filled(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) ' ');
        return bytes;
    }

    static Stream<Case> bounds() {
        String nested = "x".repeat(10);
        for (int i = 0; i < 40; i++) {
            String boundary = "b" + i;
            nested = "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n" + nested
                    + "\r\n--" + boundary + "--\r\n";
        }
        return new Cases(34)
                        .body("one octet over the bound, chunked", "413", List.of(filled(BOUND), new byte[1]))
                        .body("a secret behind the bound", "413", List.of(filled(BOUND), bytes(TOKEN)))
                        .body(
                                "a gzip bomb of 200 MiB",
                                "4",
                                List.of(gzip(new byte[200 << 20])),
                                "content-encoding",
                                "gzip")
                        .body(
                                "a gzip bomb in a gzip",
                                "4",
                                List.of(gzip(gzip(new byte[100 << 20]))),
                                "content-encoding",
                                "gzip, gzip")
                        .body(
                                "a broken gzip",
                                "403",
                                List.of(Arrays.copyOf(gzip(bytes("x".repeat(1000))), 15)),
                                "content-encoding",
                                "gzip")
                        .body("an unknown coding", "403", List.of(bytes("x")), "content-encoding", "x-own")
                        .body(
                                "ten codings",
                                "403",
                                List.of(bytes("x")),
                                "content-encoding",
                                "gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip")
                        .body(
                                "a token behind 100,000 brackets of JSON",
                                "403",
                                List.of(bytes("[".repeat(100_000) + "\"" + TOKEN)),
                                "content-type",
                                JSON)
                        .body(
                                "a token behind 40 nested multiparts",
                                "403",
                                List.of(bytes(nested + TOKEN)),
                                "content-type",
                                "multipart/mixed; boundary=b39")
                        .clean("exactly the bound", filled(BOUND))
                        .clean("a clean gzip", gzip(filled(1_000)), "content-encoding", "gzip")
                        .all
                        .stream();
    }

    static Stream<Case> services() {
        return Stream.of("h1", "h2")
                .map(leg -> Case.stopped(
                        leg.equals("h1") ? "35.a" : "35.b",
                        "a pipelock that is not there",
                        leg,
                        () -> {
                            String host = leg.equals("h2") ? Site.H2 : Site.H1;
                            try (ProxyUnderTest own = ProxyUnderTest.with()
                                    .routes("log: 1\nroutes: [{host: " + host + "}]")
                                    .trust(site.ca)
                                    .origin(host + ":443", leg.equals("h2") ? site.h2 : site.h1)
                                    .flags("--pipelock", "http://127.0.0.1:9", "--pipelock-sink", "127.0.0.1:0")
                                    .start()) {
                                int before = site.reached();
                                String got;
                                if (leg.equals("h2")) {
                                    try (H2Client client =
                                            H2Client.through(own.port(), host + ":443", own.client(host))) {
                                        got = Site.answer(client.get(host, "/echo"));
                                    }
                                } else {
                                    try (RawClient client = own.connect(host + ":443")) {
                                        got = Site.answer(
                                                client.send("GET /echo HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
                                    }
                                }
                                return site.reached() == before ? got : "sent, then " + got;
                            }
                        },
                        "403 dlp_unavailable"));
    }

    static Stream<Case> names() {
        String known = "kq7zt2vw9xhn4mpl8rbd";
        List<Case> all = new ArrayList<>();
        all.add(Case.stopped(
                "36.a",
                "a known secret in the name of a CONNECT",
                "connect",
                () -> named(known, known + ".attacker.example"),
                "403"));
        all.add(Case.stopped(
                "36.b",
                "the same in capitals",
                "connect",
                () -> named(known, known.toUpperCase(java.util.Locale.ROOT) + ".attacker.example"),
                "403"));
        all.add(Case.stopped(
                "36.c",
                "the same in two labels",
                "connect",
                () -> named(known, known.substring(0, 10) + "." + known.substring(10) + ".attacker.example"),
                "403"));
        return all.stream();
    }

    /** In the debugging proxy every host is allowed; with routes, none but those listed. */
    private static String named(String secret, String host) throws IOException {
        try (ProxyUnderTest own = ProxyUnderTest.with()
                .routes("log: 1\nroutes: [{host: \"" + host + "\"}]")
                .environment("EGRESS_TOKEN_7", secret)
                .start()) {
            try (RawClient client = own.connect().tunnel(host + ":443")) {
                client.tls(own.client(host).anyName().alpn("http/1.1"));
                return Site.answer(client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
            }
        }
    }
}

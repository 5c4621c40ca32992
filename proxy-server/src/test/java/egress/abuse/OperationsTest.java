package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import egress.server.ProxyUnderTest;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.OriginExchange;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 37 to 40 and 42: certificates, reloads, the admin listener, exhaustion. */
class OperationsTest {
    private static final int LEAVES = 64;

    private static Site site;

    @BeforeAll
    static void start() throws IOException {
        site = new Site(builder -> builder.flags("--max-leaves", Integer.toString(LEAVES)));
    }

    @AfterAll
    static void stop() throws IOException {
        site.close();
    }

    @ParameterizedTest
    @MethodSource({"leaves", "authorities", "reloads", "admin", "exhaustion"})
    void goesOn(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static String page(String path) throws IOException {
        try (RawClient client = RawClient.connect(site.proxy.admin())) {
            return client.get(path, "localhost").text();
        }
    }

    private static long metric(String name) throws IOException {
        return page("/metrics")
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
    }

    static Stream<Case> leaves() {
        return Stream.of(
                Case.stopped(
                        "37.a",
                        "400 names by 8 callers: the cache keeps its bound",
                        "tls",
                        () -> {
                            try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
                                List<Future<String>> all = new ArrayList<>();
                                for (int i = 0; i < 400; i++) {
                                    String host = "n" + i + ".flood.example";
                                    all.add(threads.submit(() -> site.connect(host + ":443")));
                                }
                                for (Future<String> each : all) {
                                    if (!each.get().equals("403 host_not_allowed")) {
                                        return each.get();
                                    }
                                }
                            }
                            long cached = metric("egress_leaf_cached");
                            return cached <= LEAVES ? "bounded" : cached + " leaves";
                        },
                        "bounded"),
                Case.through("37.b", "40 callers at once of a new name: one certificate", "tls", () -> {
                    long before = metric("egress_leaf_mints_total");
                    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                        List<Future<String>> all = new ArrayList<>();
                        for (int i = 0; i < 40; i++) {
                            all.add(threads.submit(() -> site.connect("at-once.example:443")));
                        }
                        for (Future<String> each : all) {
                            if (!each.get().equals("403 host_not_allowed")) {
                                return each.get();
                            }
                        }
                    }
                    long minted = metric("egress_leaf_mints_total") - before;
                    return minted == 1 ? "200" : minted + " mints";
                }),
                Case.through("37.c", "an honest caller after the flood", "tls", () -> site.connect(Site.H1 + ":443")));
    }

    static Stream<Case> authorities() {
        return Stream.of(Case.stopped(
                "38.a",
                "the private key is on no page",
                "absolute",
                () -> {
                    for (String path : List.of(
                            "/",
                            "/ca.pem",
                            "/ca.key",
                            "/ca-key.pem",
                            "/../ca-key.pem",
                            "/allowlist",
                            "/ca.p12",
                            "/ca.jks")) {
                        try (RawClient client = site.proxy.connect()) {
                            ReceivedResponse response = client.get("http://_egress.local" + path, "_egress.local");
                            if (response.text().contains("PRIVATE")) {
                                return path + " shows it";
                            }
                        }
                    }
                    return "nowhere";
                },
                "nowhere"));
    }

    private static Case badRoutes(String id, String title, byte[] file) {
        return Case.stopped(
                id,
                title,
                "reload",
                () -> {
                    Files.write(site.proxy.routesFile(), file);
                    return stillServed();
                },
                "refused, and the old ones hold");
    }

    private static String stillServed() throws IOException, InterruptedException {
        try {
            site.proxy.reloadInVain();
            String allowed = site.connect(Site.H1 + ":443");
            String denied = site.connect("evil.example:443");
            return allowed.equals("200") && denied.equals("403 host_not_allowed")
                    ? "refused, and the old ones hold"
                    : allowed + " and " + denied;
        } finally {
            Files.delete(site.proxy.routesFile());
            site.proxy.reload(Site.ROUTES);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    static Stream<Case> reloads() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i < 40; i++) {
            bomb.append("a" + i + ": &a" + i + " [*a" + (i - 1) + ", *a" + (i - 1) + "]\n");
        }
        byte[] noUtf8 = "routes: [{host: \"\u00e9.example\"}]".getBytes(ISO_8859_1);
        return Stream.of(
                badRoutes("39.a", "broken YAML", utf8("routes: [{host: h1.example")),
                badRoutes(
                        "39.b",
                        "a file cut short",
                        utf8(Site.ROUTES.substring(0, Site.ROUTES.length() / 2) + "      - {")),
                badRoutes("39.c", "an empty file", new byte[0]),
                badRoutes("39.d", "a bomb of aliases", utf8(bomb + "routes: []\n")),
                badRoutes("39.e", "a duplicate key", utf8("routes: []\nroutes: [{host: evil.example}]\n")),
                badRoutes("39.f", "a duplicate host", utf8("routes: [{host: h1.example}, {host: H1.example.}]\n")),
                badRoutes("39.g", "no UTF-8", noUtf8),
                badRoutes("39.h", "an unknown key", utf8("routes: [{host: h1.example, hots: x}]\n")),
                badRoutes("39.i", "two documents", utf8("routes: []\n---\nroutes: []\n")),
                badRoutes("39.j", "a tag", utf8("routes: !!java.net.URL [\"http://evil.example\"]\n")),
                badRoutes(
                        "39.k",
                        "a regex that is none",
                        utf8("routes: [{host: h1.example, matches: [{paths: [{type: regex, value: \"(\"}]}]}]\n")),
                badRoutes("39.l", "nesting of 100,000", utf8("routes: " + "[".repeat(100_000))),
                badRoutes("39.m", "NULs", new byte[1_000]),
                Case.stopped(
                        "39.n",
                        "a file of 1 GiB",
                        "reload",
                        () -> {
                            try (RandomAccessFile file =
                                    new RandomAccessFile(site.proxy.routesFile().toFile(), "rw")) {
                                file.setLength(1L << 30);
                            }
                            return stillServed();
                        },
                        "refused, and the old ones hold"),
                Case.stopped(
                        "39.o",
                        "a file that is gone",
                        "reload",
                        () -> {
                            Files.delete(site.proxy.routesFile());
                            site.proxy.reloadInVain();
                            String got = site.connect(Site.H1 + ":443");
                            site.proxy.reload(Site.ROUTES);
                            return got.equals("200") ? "refused, and the old ones hold" : got;
                        },
                        "refused, and the old ones hold"),
                Case.through("39.p", "a reload while a response is under way", "h1", () -> {
                    try (RawClient client = site.proxy.connect(Site.H1 + ":443")) {
                        client.send("GET /held HTTP/1.1\r\nHost: h1.example\r\n\r\n");
                        OriginExchange held = site.h1.takeHeld();
                        site.proxy.reload(Site.ROUTES);
                        held.respond(200, "whole");
                        String text = client.readResponse("GET").text();
                        return text.equals("whole") ? "200" : text;
                    }
                }));
    }

    private static Case foreign(String id, String host) {
        return Case.stopped(
                id,
                "Host: " + host,
                "admin",
                () -> {
                    try (RawClient client = RawClient.connect(site.proxy.admin())) {
                        return Site.answer(client.send("GET /metrics HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
                    }
                },
                "421",
                "400");
    }

    static Stream<Case> admin() {
        int port = site.proxy.admin().getPort();
        return Stream.of(
                foreign("40.a", "evil.example"),
                foreign("40.b", "evil.example:" + port),
                foreign("40.c", "localhost.evil.example"),
                foreign("40.d", "127.0.0.1.evil.example:" + port),
                foreign("40.e", "user@localhost"),
                foreign("40.f", ""),
                site.stopped(
                        "40.g",
                        "through the proxy, by CONNECT",
                        "connect",
                        () -> site.connect("127.0.0.1:" + port),
                        "403"),
                site.stopped(
                        "40.h",
                        "through the proxy, in absolute form",
                        "absolute",
                        () -> site.listener("GET http://127.0.0.1:" + port + "/metrics HTTP/1.1\r\nHost: 127.0.0.1:"
                                + port + "\r\n\r\n"),
                        "403"),
                Case.stopped(
                        "40.i",
                        "POST",
                        "admin",
                        () -> {
                            try (RawClient client = RawClient.connect(site.proxy.admin())) {
                                return Site.answer(client.send(
                                        "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"));
                            }
                        },
                        "405"),
                Case.through("40.j", "Host: localhost", "admin", () -> {
                    try (RawClient client = RawClient.connect(site.proxy.admin())) {
                        return Site.answer(
                                client.send("GET /healthz HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n"));
                    }
                }));
    }

    static Stream<Case> exhaustion() {
        return Stream.of("h1", "h2")
                .flatMap(leg -> Stream.of(Case.stopped(
                        leg.equals("h1") ? "42.a" : "42.b",
                        "more requests than may wait for an origin, then room again",
                        leg,
                        () -> {
                            String host = Site.H1;
                            try (ProxyUnderTest own = ProxyUnderTest.with()
                                            .routes("log: 1\nroutes: [{host: h1.example}]")
                                            .trust(site.ca)
                                            .origin("h1.example:443", site.h1)
                                            .flags("--max-origin-connections", "1", "--max-origin-waiting", "2")
                                            .start();
                                    H2Client client = H2Client.through(own.port(), host + ":443", own.client(host))) {
                                List<egress.testkit.wire.H2Stream> streams = new ArrayList<>();
                                for (int i = 0; i < 6; i++) {
                                    streams.add(client.get(host, leg.equals("h2") ? "/held" : "/held?" + leg));
                                }
                                String refused = Site.answer(streams.get(5));
                                for (int i = 0; i < 2; i++) {
                                    site.h1.takeHeld().respond(200, "ok");
                                }
                                String first = Site.answer(streams.get(0));
                                String waited = Site.answer(streams.get(1));
                                return refused + ", before " + first + " and " + waited + ", after "
                                        + Site.answer(client.get(host, "/echo"));
                            }
                        },
                        "503 overloaded, before 200 and 200, after 200")));
    }
}

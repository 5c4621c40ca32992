package egress.server.dlp;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.CallerBudgets;
import egress.gate.Gate;
import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import egress.policy.Policy;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.server.dlp.judge.ScanWatch;
import egress.share.FairBudget;
import egress.testkit.Alpn;
import egress.testkit.FreePort;
import egress.testkit.GitHubToken;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Settings;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.WebSocketFrame;
import egress.upstream.UpstreamConfig;
import egress.upstream.UpstreamTimeouts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever callers did: once they are gone, and what is kept for the next is let go, nothing is taken of any budget. */
class BudgetsAtRestTest {
    private static final String H1 = "h1.example";
    private static final String H2 = "h2.example";
    private static final String STREAMED = "streamed.example";
    private static final String REFUSING = "refusing.example";
    private static final int USERS = 4;
    private static final int ROUNDS = 3;
    private static final String UPGRADE = "GET /ws HTTP/1.1\r\nHost: h1.example\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    @TempDir
    Path directory;

    private final CallerBudgets budgets = CallerBudgets.of(64, 64 << 20);
    private final AtomicInteger refused = new AtomicInteger();
    private DlpEngine engine;
    private Origin h1;
    private Origin h2;
    private Gate gate;
    private Policy policy;

    /** What a caller does on a connection that is closed, or reset, afterwards. */
    private interface Deed {
        void by(String user, Random random) throws IOException;
    }

    @BeforeEach
    void start() throws IOException {
        TestCa ca = TestCa.create("origins");
        h1 = Origin.tls(ca.leaf(H1, STREAMED), Alpn.H1).withoutRecords();
        h2 = Origin.tls(ca.leaf(H2), Alpn.H2_AND_H1).withoutRecords();
        engine = DlpEngine.start(
                DlpGate.settings(directory, 16 << 20, 2 << 20, 8 << 20),
                Optional.empty(),
                new byte[32],
                new SecureRandom(),
                ScanWatch.NONE);
        DlpRules streamed = new DlpRules(
                new Detectors.Standard(), new Detectors.Standard(), OnMatch.BLOCK, OnOversize.DENY, true, Set.of());
        List<Route> routes = List.of(
                Route.named(H1).build(),
                Route.named(H2).build(),
                Route.named(STREAMED).dlp(streamed).build(),
                Route.named(REFUSING).build());
        policy = Policy.of(routes);
        Map<String, String> users = new LinkedHashMap<>();
        for (int i = 0; i < USERS; i++) {
            users.put("user" + i, "pw");
        }
        gate = CaLeaves.gate()
                .budgets(budgets)
                .policy(policy)
                .users(users)
                .upstream(UpstreamConfig.DEFAULTS.withTimeouts(
                        UpstreamTimeouts.DEFAULTS.withPoolIdle(Duration.ofMillis(300))))
                .inspector(engine.inspector(routes, List.of(), Map.of()))
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .pin(H1, 443, h1.port())
                .pin(STREAMED, 443, h1.port())
                .pin(H2, 443, h2.port())
                .pin(REFUSING, 443, FreePort.find())
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        gate.close();
        engine.close();
        h1.close();
        h2.close();
    }

    private RawClient connect(String user, String host) throws IOException {
        String pair = Base64.getEncoder().encodeToString((user + ":pw").getBytes(StandardCharsets.UTF_8));
        RawClient client = RawClient.connect(gate.port()).readTimeout(Duration.ofSeconds(5));
        if (client.connectMethod(host + ":443", "Proxy-Authorization: Basic " + pair)
                        .status()
                != 200) {
            client.close();
            throw new IOException("refused");
        }
        return client;
    }

    private void h1(String user, String host, Random random, String head, int body, boolean reads) throws IOException {
        try (RawClient client = connect(user, host).tls(gate.client(host).alpn("http/1.1"))) {
            client.send(head.formatted(host)).send(new byte[body]);
            if (reads) {
                client.readResponse(head.substring(0, head.indexOf(' ')));
            } else if (random.nextBoolean()) {
                TimeUnit.MILLISECONDS.sleep(random.nextInt(30));
                client.reset();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void webSocket(String user, Random random) throws IOException {
        try (RawClient client = connect(user, H1).tls(gate.client(H1).alpn("http/1.1"))) {
            client.send(UPGRADE);
            client.readHead();
            byte[] frame =
                    WebSocketFrame.text("a b ".repeat(random.nextInt(20_000))).bytes();
            client.send(frame);
            client.send(Arrays.copyOf(frame, frame.length / 2));
        }
    }

    private void h2(String user, Random random) throws IOException {
        RawClient tls = connect(user, H2).tls(gate.client(H2).alpn("h2"));
        try (H2Client client = H2Client.over(tls, H2Settings.defaults())) {
            for (int i = 0; i < 12; i++) {
                boolean grpc = random.nextBoolean();
                H2Stream stream = client.request(
                        "POST", H2, grpc ? "/grpc" : "/echo", false, "content-type", grpc ? "application/grpc" : "a/b");
                stream.write(new byte[] {0, 0, 0, 1, 0}, false);
                stream.write(new byte[random.nextInt(20_000)], random.nextInt(3) == 0);
                if (random.nextInt(3) == 0) {
                    stream.reset(H2Frame.ErrorCode.CANCEL);
                }
            }
            client.get(H2, "/bytes/300000");
            client.get(H2, "/drip?n=10000&interval=50");
        }
    }

    private void beforeTls(String user, Random random) throws IOException {
        try (RawClient client = random.nextBoolean() ? connect(user, H1) : RawClient.connect(gate.port())) {
            byte[] hello = gate.client(H1).clientHello();
            client.send(Arrays.copyOf(hello, random.nextInt(hello.length)));
        }
    }

    private Map<String, Deed> deeds() {
        String chunked = "POST /echo HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n";
        String told = "POST /count HTTP/1.1\r\nHost: %s\r\nContent-Length: ";
        String secret = "{\"token\": \"" + GitHubToken.of(4) + "\"}";
        Map<String, Deed> deeds = new LinkedHashMap<>();
        deeds.put("read", (u, r) -> h1(u, H1, r, "GET /bytes/1000 HTTP/1.1\r\nHost: %s\r\n\r\n", 0, true));
        deeds.put("unread", (u, r) -> h1(u, H1, r, "GET /bytes/3000000 HTTP/1.1\r\nHost: %s\r\n\r\n", 0, false));
        deeds.put("left", (u, r) -> h1(u, H1, r, "GET /drip?n=9999&interval=9 HTTP/1.1\r\nHost: %s\r\n\r\n", 0, false));
        deeds.put("reset", (u, r) -> h1(u, H1, r, "GET /reset HTTP/1.1\r\nHost: %s\r\n\r\n", 0, true));
        deeds.put("refused", (u, r) -> h1(u, REFUSING, r, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", 0, true));
        deeds.put("whole", (u, r) -> h1(u, H1, r, told + "250000\r\n\r\n", 250_000, true));
        deeds.put("half", (u, r) -> h1(u, H1, r, told + "250000\r\n\r\n", r.nextInt(200_000), false));
        deeds.put("streamed", (u, r) -> h1(u, STREAMED, r, told + "90000\r\n\r\n", 90_000, true));
        deeds.put("half streamed", (u, r) -> h1(u, STREAMED, r, told + "90000\r\n\r\n", r.nextInt(80_000), false));
        deeds.put("malformed", (u, r) -> h1(u, H1, r, chunked + "zzz\r\n", 10, true));
        deeds.put("denied", (u, r) -> h1(u, H1, r, told + secret.length() + "\r\n\r\n" + secret, 0, true));
        deeds.put("half a head", (u, r) -> h1(u, H1, r, "GET / HTTP/1.1\r\nHost: %s\r\nX: ", 5_000, false));
        deeds.put(
                "pipelined", (u, r) -> h1(u, H1, r, "GET / HTTP/1.1\r\nHost: h1.example\r\n\r\n".repeat(50), 0, false));
        deeds.put(
                "early",
                (u, r) -> h1(
                        u,
                        H1,
                        r,
                        "POST /early?then=stop HTTP/1.1\r\nHost: %s\r\n"
                                + "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
                        50,
                        false));
        deeds.put("WebSocket", this::webSocket);
        deeds.put("h2", this::h2);
        deeds.put("before TLS", this::beforeTls);
        return deeds;
    }

    /** Each deed alone, so that it is known to be done. */
    private void eachOnce() throws IOException {
        Random random = new Random(1);
        for (Deed deed : deeds().values()) {
            deed.by("user0", random);
        }
    }

    private void work(int number) {
        Random random = new Random(number);
        for (int round = 0; round < ROUNDS; round++) {
            deeds().forEach((name, deed) -> {
                try {
                    deed.by("user" + number % USERS, random);
                } catch (IOException cut) {
                    refused.incrementAndGet();
                }
            });
        }
    }

    private Map<String, FairBudget.Statistics> all() {
        Map<String, FairBudget.Statistics> all =
                new LinkedHashMap<>(gate.upstreams().budgets());
        budgets.byName().forEach((name, budget) -> all.put(name, budget.statistics()));
        all.put("dlp_memory", engine.statistics().memory());
        all.put("spool", engine.statistics().spool());
        all.put("scans", engine.statistics().scans());
        all.put("questions", engine.statistics().questions());
        return all;
    }

    private Map<String, Long> held() {
        Map<String, Long> held = new LinkedHashMap<>();
        all().forEach((name, now) -> {
            if (now.used() != 0 || now.callers() != 0) {
                held.put(name, now.used());
            }
        });
        return held;
    }

    @Test
    void nothingIsTakenWhenNobodyIsThere() throws Exception {
        eachOnce();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2 * USERS; i++) {
            int number = i;
            threads.add(Thread.ofVirtual().start(() -> work(number)));
        }
        Policy less = Policy.of(List.of(Route.named(H1).build()));
        while (threads.stream().anyMatch(Thread::isAlive)) {
            TimeUnit.MILLISECONDS.sleep(1_000);
            gate.reload(less);
            gate.reload(policy);
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!held().isEmpty() && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertThat(held()).as("%s, after %s were cut", all(), refused).isEmpty();
        assertThat(gate.server().openConnections()).isZero();
    }
}

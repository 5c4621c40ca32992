package egress.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.pipelock.PipelockMode;
import egress.testkit.Alpn;
import egress.testkit.FreePort;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.pipelock.NeedsRealPipelock;
import egress.testkit.pipelock.PipelockServer;
import egress.testkit.pipelock.PipelockServer.Listener;
import egress.testkit.pipelock.RealPipelock;
import egress.testkit.pipelock.RecordedPipelock;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole program with pipelock as its only scanner, asked in each way: recorded, and the real one where it is named. */
final class PipelockProgramTest {
    private static final String HOST = "localhost";
    private static final String TOKEN = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";

    @TempDir
    Path directory;

    /** A pipelock, an origin, and the program between them. */
    private static final class Bench implements AutoCloseable {
        final PipelockServer pipelock;
        final Origin origin;
        final ProxyUnderTest proxy;

        Bench(boolean real, PipelockMode way, Path directory) throws IOException, InterruptedException {
            InetSocketAddress sink = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), FreePort.find());
            pipelock = real ? RealPipelock.start(sink, directory) : RecordedPipelock.start(sink);
            TestCa ca = TestCa.create("origins");
            origin = Origin.tls(ca.leaf(HOST), Alpn.H1);
            Listener listener = switch (way) {
                case SINK -> Listener.REVERSE;
                case SCAN -> Listener.SCAN;
                case FORWARD -> Listener.FORWARD;
            };
            List<String> flags = new ArrayList<>(List.of(
                    "--dlp",
                    "pipelock",
                    "--pipelock",
                    pipelock.uri(listener).toString(),
                    "--pipelock-way",
                    way.name().toLowerCase(Locale.ROOT),
                    "--pipelock-sink",
                    "127.0.0.1:" + sink.getPort(),
                    "--pipelock-token-env",
                    "SCAN_TOKEN"));
            if (way == PipelockMode.SINK) {
                flags.addAll(
                        List.of("--pipelock-scan", pipelock.uri(Listener.SCAN).toString()));
            }
            proxy = ProxyUnderTest.with()
                    .routes("routes: [{host: " + HOST + "}]")
                    .flags(flags.toArray(String[]::new))
                    .environment("SCAN_TOKEN", PipelockServer.TOKEN)
                    .origin(HOST + ":443", origin)
                    .trust(ca)
                    .start();
        }

        ReceivedResponse post(String target, String field, String body) throws IOException {
            try (RawClient client = proxy.connect(HOST + ":443")) {
                return post(client, target, field, body);
            }
        }

        static ReceivedResponse post(RawClient client, String target, String field, String body) throws IOException {
            client.send("POST " + target + " HTTP/1.1\r\nHost: " + HOST + "\r\nContent-Type: text/plain\r\nX-Note: "
                    + field + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return client.readResponse("POST");
        }

        /** Waits for a clean request to pass again, no longer than it may take. */
        void awaitFlow() throws IOException {
            long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            ReceivedResponse response = post("/echo", "x", "clean");
            while (response.status() != 200 && System.nanoTime() - end < 0) {
                response = post("/echo", "x", "clean");
            }
            assertThat(response.status())
                    .as("2 s after the start: %s", response)
                    .isEqualTo(200);
        }

        @Override
        public void close() throws IOException {
            proxy.close();
            origin.close();
            pipelock.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void asksPipelockInThatWay(PipelockMode way) throws Exception {
        try (Bench bench = new Bench(false, way, directory)) {
            denies(bench, way);
            passes(bench);
            outlivesAKill(bench);
        }
    }

    @ParameterizedTest
    @EnumSource
    @NeedsRealPipelock
    void asksTheRealOneInThatWay(PipelockMode way) throws Exception {
        try (Bench bench = new Bench(true, way, directory)) {
            denies(bench, way);
            if (way
                    != PipelockMode
                            .FORWARD) { // it sends a copy to port 80 of the host, which is not a test's to answer
                passes(bench);
                outlivesAKill(bench);
            }
        }
    }

    private static void denies(Bench bench, PipelockMode way) throws IOException {
        List<ReceivedResponse> responses = List.of(
                bench.post("/echo", "x", "token=" + TOKEN),
                bench.post("/echo", TOKEN, "clean"),
                bench.post("/a/" + TOKEN + "/b", "x", "clean"),
                bench.post("/echo?q=" + TOKEN, "x", "clean"),
                bench.post("/echo?q=" + TOKEN, "x", ""),
                bench.post("/echo", TOKEN, ""));
        for (ReceivedResponse response : responses) {
            assertThat(response.status()).as("%s", response).isEqualTo(403);
            assertThat(response.text()).startsWith("egress DLP: pipelock: ").doesNotContain(TOKEN);
            assertThat(response.value("x-egress-deny")).contains("dlp_match");
        }
        assertThat(bench.origin.requests()).isEmpty();
        if (way == PipelockMode.FORWARD) { // which judges the head with the body, and the origin's name with the head
            assertThat(bench.origin.connections()).isZero();
        }
    }

    private static void passes(Bench bench) throws IOException, InterruptedException {
        assertThat(bench.post("/echo?a=1", "x", "clean\nbody").text()).isEqualTo("clean\nbody");
        assertThat(bench.origin.requests()).hasSize(1);
        ProxyUnderTest.await(
                "pipelock has proved itself",
                () -> bench.proxy.gate().readiness().whyNot().isEmpty());
    }

    private static void outlivesAKill(Bench bench) throws IOException, InterruptedException {
        bench.pipelock.stop();
        for (String body : List.of("clean", TOKEN)) {
            ReceivedResponse down = bench.post("/echo", "x", body);
            assertThat(down.status()).isEqualTo(403);
            assertThat(down.value("x-egress-deny")).contains("dlp_unavailable");
        }
        assertThat(bench.origin.requests()).hasSize(1);
        bench.pipelock.restart();
        bench.awaitFlow();
        assertThat(bench.post("/echo", "x", TOKEN).value("x-egress-deny")).contains("dlp_match");
    }

    @Test
    @NeedsRealPipelock
    void reachesOriginsThroughTheRealOne() throws Exception {
        InetSocketAddress sink = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), FreePort.find());
        TestCa ca = TestCa.create("origins");
        try (RealPipelock pipelock = RealPipelock.startBumping(sink, directory, ca);
                Origin origin = Origin.tls(ca.leaf(HOST), Alpn.H1);
                ProxyUnderTest proxy = ProxyUnderTest.with()
                        .routes("routes: [{host: \"" + HOST + ":" + origin.port() + "\"}]")
                        .flags("--dlp", "off")
                        .flags(
                                "--upstream-proxy",
                                pipelock.uri(Listener.FORWARD).toString())
                        .flags("--upstream-ca", pipelock.authority().toString())
                        .start()) {
            String authority = HOST + ":" + origin.port();
            try (RawClient client = proxy.connect(authority)) {
                client.send("POST /echo HTTP/1.1\r\nHost: " + authority + "\r\nContent-Length: 5\r\n\r\nclean");
                assertThat(client.readResponse("POST").text()).isEqualTo("clean");
            }
            assertThat(origin.requests()).hasSize(1);
            try (RawClient client = proxy.connect(authority)) {
                client.send("POST /echo HTTP/1.1\r\nHost: " + authority + "\r\nContent-Length: " + TOKEN.length()
                        + "\r\n\r\n" + TOKEN);
                ReceivedResponse response = client.readResponse("POST");
                assertThat(response.status()).isEqualTo(403);
                assertThat(response.text()).startsWith("blocked: ");
            }
            assertThat(origin.requests()).hasSize(1);
            pipelock.stop();
            try (RawClient client = proxy.connect(authority)) {
                client.send("GET / HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
                assertThat(client.readResponse("GET").status()).isEqualTo(502);
            }
        }
    }

    @Test
    void leaksNothingWhenPipelockIsKilledUnderLoad() throws Exception {
        killedUnderLoad(false);
    }

    @Test
    @NeedsRealPipelock
    void leaksNothingWhenTheRealOneIsKilledUnderLoad() throws Exception {
        killedUnderLoad(true);
    }

    private void killedUnderLoad(boolean real) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        Queue<String> wrong = new ConcurrentLinkedQueue<>();
        CompletableFuture<Void> busy = new CompletableFuture<>();
        CompletableFuture<Void> noticed = new CompletableFuture<>();
        try (Bench bench = new Bench(real, PipelockMode.SINK, directory)) {
            bench.awaitFlow();
            List<CompletableFuture<Void>> callers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                boolean bad = i % 2 == 0;
                callers.add(CompletableFuture.runAsync(
                        () -> load(bench, bad, over, busy, noticed, wrong), Thread.ofVirtual()::start));
            }
            busy.join();
            bench.pipelock.stop();
            noticed.join();
            int before = bench.origin.requests().size();
            for (int i = 0; i < 20; i++) {
                assertThat(bench.post("/echo", "x", "clean").value("x-egress-deny"))
                        .contains("dlp_unavailable");
            }
            assertThat(bench.origin.requests()).hasSize(before);
            bench.pipelock.restart();
            bench.awaitFlow();
            over.set(true);
            CompletableFuture.allOf(callers.toArray(CompletableFuture[]::new)).join();
            assertThat(wrong).isEmpty();
            assertThat(bench.origin.requests()).noneMatch(request -> new String(request.body(), UTF_8).contains(TOKEN));
        }
    }

    // Every answer is the clean one's, the secret's or that of a pipelock that is not there.
    private static void load(
            Bench bench,
            boolean bad,
            AtomicBoolean over,
            CompletableFuture<Void> busy,
            CompletableFuture<Void> noticed,
            Queue<String> wrong) {
        int denied = 0;
        while (!over.get()) {
            try (RawClient client = bench.proxy.connect(HOST + ":443")) {
                boolean open = true;
                for (int i = 0; i < 20 && open && !over.get(); i++) {
                    ReceivedResponse response = Bench.post(client, "/echo", "x", bad ? "t " + TOKEN : "clean");
                    open = !response.value("connection").orElse("").equals("close");
                    String code = response.value("x-egress-deny").orElse("none");
                    boolean expected = bad ? code.equals("dlp_match") : response.status() == 200;
                    if (expected) {
                        busy.complete(null);
                    } else if (code.equals("dlp_unavailable")) {
                        if (++denied == 20) {
                            noticed.complete(null);
                        }
                    } else {
                        wrong.add(response.toString());
                    }
                }
            } catch (IOException e) {
                wrong.add(e.toString());
            }
        }
    }

    @Test
    @Row("7.xa")
    void neverDialsTheSink() throws Exception {
        InetSocketAddress sink = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), FreePort.find());
        String authority = "127.0.0.1:" + sink.getPort();
        try (PipelockServer pipelock = RecordedPipelock.start(sink);
                ProxyUnderTest proxy = ProxyUnderTest.with()
                        .flags("--dlp", "pipelock", "--pipelock-sink", authority)
                        .flags("--pipelock", pipelock.uri(Listener.REVERSE).toString())
                        .start();
                RawClient client = proxy.connect()) {
            client.send("GET http://" + authority + "/ HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
            ReceivedResponse response = client.readResponse("GET");

            assertThat(response.status()).isEqualTo(403);
            assertThat(response.value("x-egress-deny")).contains("address_not_allowed");
        }
    }
}

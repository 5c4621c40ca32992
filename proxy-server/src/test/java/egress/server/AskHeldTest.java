package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ask.Answer;
import egress.server.ask.OperatorQueue;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.H2Stream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hundred exchanges that wait for an operator, beside others that do not. */
final class AskHeldTest {
    private static final int HELD = 200;
    private static final int QUESTIONS = 20;
    private static final int ROUND = Integer.getInteger("egress.ask.round", 300);
    private static final String ROUTES = """
        routes:
          - host: api.example
            ask: hold
            matches: [{methods: [GET, POST], paths: [{type: prefix, value: /echo}]}]
        """;

    @TempDir
    private Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();

    @Test
    void twoHundredThatWaitTakeNothingFromOthersAndNoneOfThemLeaves() throws Exception {
        TestCa ca = TestCa.create("origins");
        try (Origin origin = Origin.tls(ca.leaf("api.example"), Alpn.H1);
                ProxyUnderTest proxy = ProxyUnderTest.with()
                        .routes(ROUTES)
                        .flags("--ask-queue", directory.resolve("q").toString())
                        .origin("api.example:443", origin)
                        .trust(ca)
                        .start();
                RawClient other = proxy.connect("api.example:443")) {
            round(other);
            long[] before = round(other);
            int sent = origin.requests().size();
            List<RawClient> h1 = holdH1(proxy);
            List<H2Stream> h2 = holdH2(proxy);
            OperatorQueue queue = new OperatorQueue(directory.resolve("q"));
            ProxyUnderTest.await("all of them are asked about", () -> count(queue) == HELD);
            long heap = heap();
            long[] during = round(other);
            long[] after = round(other);
            System.out.printf(
                    "%d held: p50 %d, p99 %d us; before: p50 %d, p99 %d us; heap %+d KiB while they wait%n",
                    HELD,
                    Math.min(at(during, 50), at(after, 50)),
                    Math.min(at(during, 99), at(after, 99)),
                    at(before, 50),
                    at(before, 99),
                    (heap() - heap) >> 10);
            assertThat(origin.requests()).hasSize(sent + 2 * ROUND);

            for (var each : queue.questions()) {
                queue.answer(each, new Answer.Deny("no"));
            }
            for (RawClient client : h1) {
                assertThat(client.readResponse("POST").status()).isEqualTo(403);
            }
            for (H2Stream stream : h2) {
                assertThat(stream.response().status()).isEqualTo(403);
            }
            assertThat(origin.requests()).hasSize(sent + 2 * ROUND);
        } finally {
            for (AutoCloseable each : open) {
                each.close();
            }
        }
    }

    private List<RawClient> holdH1(ProxyUnderTest proxy) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < HELD / 2; i++) {
            RawClient client = proxy.connect("api.example:443");
            open.add(client);
            clients.add(client);
            client.send("POST /h" + i % QUESTIONS + " HTTP/1.1\r\nHost: api.example\r\nContent-Length: 5\r\n\r\nhello");
        }
        return clients;
    }

    private List<H2Stream> holdH2(ProxyUnderTest proxy) throws IOException {
        List<H2Stream> streams = new ArrayList<>();
        H2Client client = null;
        for (int i = 0; i < HELD / 2; i++) {
            if (client == null || i % 50 == 0) {
                client = H2Client.through(
                        proxy.port(),
                        "api.example:443",
                        proxy.client("api.example").alpn("h2"));
                open.add(client);
            }
            streams.add(client.request("POST", "api.example", "/h" + i % QUESTIONS, true));
        }
        return streams;
    }

    private static int count(OperatorQueue queue) {
        try {
            return queue.questions().stream()
                    .mapToInt(each -> each.question().count())
                    .sum();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Microseconds of each of a few hundred requests, sorted. */
    private static long[] round(RawClient client) throws IOException {
        long[] micros = new long[ROUND];
        for (int i = 0; i < ROUND; i++) {
            long began = System.nanoTime();
            assertThat(client.get("/echo", "api.example").status()).isEqualTo(200);
            micros[i] = (System.nanoTime() - began) / 1000;
        }
        Arrays.sort(micros);
        return micros;
    }

    private static long at(long[] sorted, int percent) {
        return sorted[sorted.length * percent / 100];
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}

package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.HttpSyntaxException;
import egress.testkit.wire.ReceivedResponse;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Responses that parsers quarrel about, through the whole gate: what it writes to the caller is the same to the gate, to a reader as
 * strict as RFC 9112 lets one be, to Node and to Go.
 */
class ResponseDifferentialTest {
    private static final int MUTANTS = Integer.getInteger("egress.differential.mutants", 1_000);
    private static final int ROUNDS = Integer.getInteger("egress.differential.rounds", 1);
    private static final long SEED = Long.getLong("egress.differential.seed", new Random().nextLong() >>> 1);
    private static final int CALLERS = 16;
    private static final String HOST = "plain.example";

    private static Witness node;
    private static Witness go;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        node = Witness.node();
        go = Witness.go();
    }

    @AfterAll
    static void stop() throws IOException {
        node.close();
        go.close();
    }

    /**
     * @param bytes one char each
     * @param reset whether the connection broke, which a caller takes for no end of a body
     */
    private record Received(String bytes, boolean reset) {}

    @Test
    @Row("23.xd")
    void whatComesBackIsOneResponseToEveryParser() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            long seed = SEED + round;
            RandomGenerator chance = new Random(seed);
            List<String> corpus = Mutants.responses();
            List<byte[]> all = new ArrayList<>();
            corpus.forEach(each -> all.add(each.getBytes(ISO_8859_1)));
            for (int i = 0; i < MUTANTS; i++) {
                all.add(Mutants.bred(corpus, chance).getBytes(ISO_8859_1));
            }
            round(seed, all);
        }
    }

    private static void round(long seed, List<byte[]> answers) throws Exception {
        List<Received> received;
        ProxyUnderTest proxy;
        try (Scripted origin = new Scripted(answers)) {
            proxy = ProxyUnderTest.with()
                    .routes("routes: [{host: 'plain.example:80', dlp: {outbound_detectors: false}}]")
                    .pin(HOST + ":80", origin.port())
                    .start();
            try (proxy) {
                received = inParallel(answers.size(), n -> receive(proxy, n));
            }
        }
        try (Scripted replay = new Scripted(
                received.stream().map(each -> each.bytes().getBytes(ISO_8859_1)).toList())) {
            List<String> strict = inParallel(answers.size(), n -> n + " " + strictly(replay.port(), n));
            compare(seed, answers, received, strict, node.responses(replay.port(), answers.size()), "Node");
            compare(seed, answers, received, strict, go.responses(replay.port(), answers.size()), "Go");
            compareWithGate(seed, answers, received, strict, proxy.ended());
        }
    }

    private interface Numbered<T> {
        T of(int n) throws IOException;
    }

    private static <T> List<T> inParallel(int count, Numbered<T> work) throws Exception {
        List<Callable<T>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int n = i;
            all.add(() -> work.of(n));
        }
        try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
            List<T> results = new ArrayList<>();
            for (Future<T> each : callers.invokeAll(all)) {
                results.add(each.get());
            }
            return results;
        }
    }

    private static String method(int n) {
        return n % 8 == 0 ? "HEAD" : "GET";
    }

    private static Received receive(ProxyUnderTest proxy, int n) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (RawClient client = proxy.connect().tunnel(HOST + ":80")) {
            client.send(method(n) + " /" + n + " HTTP/1.1\r\nHost: plain.example\r\nConnection: close\r\n\r\n");
            InputStream in = client.input();
            try {
                for (int next = in.read(); next >= 0; next = in.read()) {
                    bytes.write(next);
                }
            } catch (java.net.SocketException e) {
                return new Received(bytes.toString(ISO_8859_1), true);
            }
        }
        return new Received(bytes.toString(ISO_8859_1), false);
    }

    private static String strictly(int port, int n) throws IOException {
        try (RawClient client = RawClient.connect(port)) {
            client.send(method(n) + " /" + n + " HTTP/1.1\r\nHost: plain.example\r\n\r\n");
            try {
                ReceivedResponse response = client.readResponse(method(n));
                byte[] more = client.readToEnd();
                if (more.length > 0) {
                    return "and then " + new String(more, ISO_8859_1);
                }
                return String.join(
                        " ",
                        Integer.toString(response.status()),
                        DifferentialTest.digest(response.body()),
                        DifferentialTest.fields(response.fields()),
                        DifferentialTest.fields(response.trailers()),
                        ".");
            } catch (EOFException e) {
                return "incomplete";
            } catch (HttpSyntaxException e) {
                return "refused " + e.getMessage();
            }
        }
    }

    private static void compare(
            long seed,
            List<byte[]> answers,
            List<Received> received,
            List<String> strict,
            List<String> seen,
            String witness) {
        for (int n = 0; n < strict.size(); n++) {
            if (!strict.get(n).equals(seen.get(n))) {
                throw new AssertionError("seed " + seed + ": a response is to " + witness + "\n  "
                        + DifferentialTest.readable(seen.get(n)) + "\nand to the strict reader\n  "
                        + DifferentialTest.readable(strict.get(n)) + "\nby\n"
                        + DifferentialTest.escaped(received.get(n).bytes())
                        + "\nwhich the gate made of\n"
                        + DifferentialTest.escaped(new String(answers.get(n), ISO_8859_1)));
            }
        }
    }

    /** A response is whole to the caller exactly if it is to the gate, which says so by its end. */
    private static void compareWithGate(
            long seed,
            List<byte[]> answers,
            List<Received> received,
            List<String> strict,
            List<ProxyUnderTest.Seen> exchanges) {
        Map<String, ProxyUnderTest.Seen> byTarget = exchanges.stream()
                .filter(ProxyUnderTest.Seen::allowed)
                .collect(Collectors.toMap(ProxyUnderTest.Seen::target, Function.identity()));
        int whole = 0;
        int refused = 0;
        for (int n = 0; n < strict.size(); n++) {
            ProxyUnderTest.Seen gate = Objects.requireNonNull(byTarget.get("/" + n), "the gate told nothing of /" + n);
            String said = strict.get(n);
            boolean brokeOff = said.endsWith(" incomplete") || received.get(n).reset();
            boolean answeredInstead = !gate.whole() && said.startsWith(n + " 502 ");
            String where = "seed " + seed + ": " + gate + ", to the caller " + DifferentialTest.readable(said)
                    + "\nwhich the gate made of\n"
                    + DifferentialTest.escaped(new String(answers.get(n), ISO_8859_1));
            assertThat(brokeOff || answeredInstead).as(where).isEqualTo(!gate.whole());
            if (gate.whole()) {
                String[] parts = said.split(" ", -1);
                assertThat(parts[1] + " " + parts[2]).as(where).isEqualTo(gate.status() + " " + gate.responseBytes());
                whole++;
            } else {
                refused++;
            }
        }
        System.out.println("differential: seed " + seed + ", " + whole + " responses went through, " + refused
                + " were refused or broken off");
        assertThat(whole).as("responses that went through").isGreaterThan(answers.size() / 5);
        assertThat(refused).as("responses that did not").isGreaterThan(answers.size() / 10);
    }
}

package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Requests that parsers quarrel about, through the whole gate: what it writes to the origin is the same to the gate, to a reader as
 * strict as RFC 9112 lets one be, to Node and to Go.
 */
class DifferentialTest {
    private static final int MUTANTS = Integer.getInteger("egress.differential.mutants", 2_000);
    private static final int ROUNDS = Integer.getInteger("egress.differential.rounds", 1);
    private static final long SEED = Long.getLong("egress.differential.seed", new Random().nextLong() >>> 1);
    private static final int CALLERS = 16;
    private static final Duration QUIET = Duration.ofMillis(80);
    private static final String HOST = "plain.example";
    private static final String LAST = "GET /last HTTP/1.1\r\nHost: plain.example\r\nConnection: close\r\n\r\n";

    /** Refusals that come of what a parser does not offer: no request is read in two ways. */
    private static final Pattern REFUSED_FOR_GOOD = Pattern.compile("refused (HPE_INVALID_METHOD|417 .*)");

    private static final Set<String> KNOWN =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "M-SEARCH");

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

    @Test
    @Row("20.xd")
    @Row("21.xd")
    void whatGoesOnIsOneRequestToEveryParser() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            long seed = SEED + round;
            RandomGenerator chance = new Random(seed);
            List<String> corpus = Mutants.requests();
            List<String> all = new ArrayList<>(corpus);
            for (int i = 0; i < MUTANTS; i++) {
                all.add(Mutants.bred(corpus, chance));
            }
            round(seed, all);
        }
    }

    private static void round(long seed, List<String> requests) throws Exception {
        try (Origin origin = Origin.plain().otherwise(DifferentialTest::answer);
                Tap tap = new Tap(origin.port())) {
            ProxyUnderTest proxy = ProxyUnderTest.with()
                    .routes("routes: [{host: 'plain.example:80', dlp: {outbound_detectors: false}}]")
                    .pin(HOST + ":80", tap.port())
                    .start();
            try (proxy) {
                send(proxy, requests);
            }
            List<byte[]> written = tap.written();
            Comparison comparison = new Comparison(seed, written, strictly(origin, written.size()));
            comparison.with(node);
            comparison.with(go);
            comparison.withGate(proxy.ended());
            comparison.report(requests.size());
        }
    }

    /** What a witness may refuse is the last of its connection, so that it takes no other with it. */
    private static void answer(OriginExchange exchange) throws IOException {
        exchange.drain();
        RecordedRequest request = exchange.request();
        if (KNOWN.contains(request.method()) && request.value("expect").isEmpty()) {
            exchange.respond(200, "read");
        } else {
            exchange.respond(200, "read", "connection", "close");
        }
    }

    private static void send(ProxyUnderTest proxy, List<String> requests) throws Exception {
        try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < requests.size(); i++) {
                boolean tunnel = i % 2 == 0;
                String request = requests.get(i) + LAST;
                work.add(() -> {
                    send(proxy, tunnel, tunnel ? request : absolute(request));
                    return null;
                });
            }
            for (Future<Void> each : callers.invokeAll(work)) {
                each.get();
            }
        }
    }

    private static String absolute(String requests) {
        return requests.replaceAll("([A-Z]+) /(?!/)([^ ]*) HTTP/1", "$1 http://plain.example/$2 HTTP/1");
    }

    /** Until the gate ends it, or waits for more. */
    private static void send(ProxyUnderTest proxy, boolean tunnel, String bytes) throws IOException {
        try (RawClient client = proxy.connect()) {
            if (tunnel) {
                client.tunnel(HOST + ":80");
            }
            client.readTimeout(QUIET).send(bytes).readToEnd();
        } catch (IOException e) {
            // Refused in the midst of it, or told to wait: what went on is looked at.
        }
    }

    /** What each connection brought to the origin of the testkit, in a witness's words. */
    private static List<List<String>> strictly(Origin origin, int connections) throws IOException {
        List<List<String>> all = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            all.add(new ArrayList<>());
        }
        for (RecordedRequest request : origin.requests()) {
            all.get(request.connection() - 1).add(said(request));
        }
        return all;
    }

    private static String said(RecordedRequest request) {
        try {
            request.awaitComplete();
        } catch (IOException e) {
            return "incomplete";
        }
        return String.join(
                " ",
                hex(request.method()),
                hex(request.target()),
                hex(String.join("\n", request.values("host"))),
                digest(request.body()),
                fields(request.fields()),
                fields(request.trailers()),
                ".");
    }

    static String hex(String latin1) {
        return HexFormat.of().formatHex(latin1.getBytes(ISO_8859_1));
    }

    static String digest(byte[] body) {
        try {
            return body.length + " "
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** Without those that a parser may keep to itself, sorted by their names. */
    static String fields(List<Field> fields) {
        StringBuilder out = new StringBuilder();
        fields.stream()
                .map(field -> new Field(field.name().toLowerCase(Locale.ROOT), field.value()))
                .filter(field -> !List.of("connection", "host", "transfer-encoding", "trailer")
                        .contains(field.name()))
                .sorted(Comparator.comparing(Field::name))
                .forEach(field -> out.append(field.name())
                        .append(':')
                        .append(field.value())
                        .append('\n'));
        return hex(out.toString());
    }

    /** What the strict reader saw on each connection, against what others see. */
    private static final class Comparison {
        private final long seed;
        private final List<byte[]> written;
        private final List<List<String>> strict;
        private final List<String> refusals = new ArrayList<>();
        private int compared;

        Comparison(long seed, List<byte[]> written, List<List<String>> strict) {
            this.seed = seed;
            this.written = written;
            this.strict = strict;
        }

        void with(Witness witness) throws Exception {
            List<Future<List<String>>> all;
            try (ExecutorService readers = Executors.newFixedThreadPool(CALLERS)) {
                all = readers.invokeAll(written.stream()
                        .map(bytes -> (Callable<List<String>>) () -> witness.requests(bytes))
                        .toList());
            }
            for (int i = 0; i < written.size(); i++) {
                List<String> seen = new ArrayList<>(all.get(i).get());
                List<String> expected = new ArrayList<>(strict.get(i));
                if (!seen.isEmpty() && REFUSED_FOR_GOOD.matcher(seen.getLast()).matches()) {
                    refusals.add(seen.removeLast());
                    expected.subList(seen.size(), expected.size()).clear();
                }
                compared += seen.size();
                if (!seen.equals(expected)) {
                    int first = 0;
                    while (first < Math.min(seen.size(), expected.size())
                            && seen.get(first).equals(expected.get(first))) {
                        first++;
                    }
                    throw new AssertionError("seed " + seed + ": request " + first + " of a connection is to " + witness
                            + shown(seen, first) + "\nand to the strict reader" + shown(expected, first) + "\nby\n"
                            + escaped(new String(written.get(i), ISO_8859_1)));
                }
            }
        }

        /** All that is at the origin was judged, and what the gate told of as whole is there as it told. */
        void withGate(List<ProxyUnderTest.Seen> exchanges) {
            List<String> origin = strict.stream()
                    .flatMap(List::stream)
                    .filter(said -> !said.equals("incomplete"))
                    .map(said -> said.split(" ", -1))
                    .map(parts -> text(parts[0]) + " " + text(parts[1]) + " " + host(parts[2]) + " " + parts[3])
                    .toList();
            List<ProxyUnderTest.Seen> allowed =
                    exchanges.stream().filter(ProxyUnderTest.Seen::allowed).toList();
            assertThat(without(origin, allowed.stream().map(Comparison::line).toList()))
                    .as("seed " + seed + ": at the origin, and never judged")
                    .isEmpty();
            assertThat(without(
                            allowed.stream()
                                    .filter(ProxyUnderTest.Seen::whole)
                                    .map(Comparison::line)
                                    .toList(),
                            origin))
                    .as("seed " + seed + ": told of, and not so at the origin")
                    .isEmpty();
        }

        private static String line(ProxyUnderTest.Seen each) {
            return each.method() + " " + each.target() + " " + each.host() + " " + each.requestBytes();
        }

        /** Host goes on as it was spelled; the gate tells of the name that it means. */
        private static String host(String hex) {
            return text(hex).toLowerCase(Locale.ROOT).replaceFirst(":80$", "").replaceFirst("\\.$", "");
        }

        private static List<String> without(List<String> these, List<String> those) {
            Map<String, Integer> left = new HashMap<>();
            those.forEach(each -> left.merge(each, 1, Integer::sum));
            return these.stream()
                    .filter(each -> left.merge(each, -1, Integer::sum) < 0)
                    .toList();
        }

        void report(int sent) {
            System.out.println("differential: seed " + seed + ", " + sent + " sent, " + compared
                    + " requests compared on " + written.size() + " connections, " + refusals.size() + " refused");
            assertThat(compared).as("requests that two others read").isGreaterThan(sent / 2);
        }

        private static String shown(List<String> seen, int from) {
            StringBuilder out = new StringBuilder();
            for (String each : seen.subList(from, Math.min(seen.size(), from + 3))) {
                out.append("\n  ").append(readable(each));
            }
            return out.toString();
        }
    }

    /** What a witness said, without its hex. */
    static String readable(String said) {
        StringBuilder out = new StringBuilder();
        for (String part : said.split(" ", -1)) {
            boolean hex = part.matches("([0-9a-f]{2})+") && part.length() > 5 && part.length() != 64;
            out.append(hex ? escaped(text(part)) : part).append(" | ");
        }
        return out.toString();
    }

    private static String text(String hex) {
        return new String(HexFormat.of().parseHex(hex), ISO_8859_1);
    }

    /** Printable, and short where a character goes on and on. */
    static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        text.replaceAll("(.)\\1{100,}", "$1$1…").chars().forEach(c -> {
            if (c == '\n') {
                out.append("\\n\n");
            } else if (c >= 32 && c < 127) {
                out.append((char) c);
            } else {
                out.append(String.format(Locale.ROOT, "\\x%02x", c));
            }
        });
        return out.toString();
    }
}

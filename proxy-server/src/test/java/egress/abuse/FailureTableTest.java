package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.FreePort;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.ConnectionFault;
import egress.testkit.origin.H1Fault;
import egress.testkit.origin.H2Fault;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.origin.Origin;
import egress.testkit.pipelock.PipelockFault;
import egress.testkit.pipelock.PipelockServer.Listener;
import egress.testkit.pipelock.RecordedPipelock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What a caller gets, and what is written down and counted, when an origin or pipelock fails at each phase. The measured table is
 * written to {@code target/failures.md} and must agree with {@code docs/failures.md}, which is a copy of it.
 */
class FailureTableTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "failures.md");

    private final TestCa ca = TestCa.create("origins");
    private final Map<String, String> rows = new LinkedHashMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final StringBuilder routes = new StringBuilder("log: 2\nroutes:\n");
    private final ProxyUnderTest.Builder builder = ProxyUnderTest.with()
            .trust(ca)
            .environment("EGRESS_TOKEN_0", Site.TOKEN)
            .flags("--response-timeout", "700ms", "--idle-timeout", "700ms", "--connect-timeout", "700ms")
            .flags("--origin-handshake-timeout", "700ms", "--dlp-timeout", "700ms");

    private record Fault(String phase, String what, String host) {}

    private final List<Fault> faults = new ArrayList<>();

    private String host(Enum<?> fault) {
        String kind = fault.getDeclaringClass().getSimpleName();
        return (fault.name() + "." + kind).toLowerCase(Locale.ROOT).replace('_', '-') + ".example";
    }

    private void add(String phase, String what, String host, int port) {
        faults.add(new Fault(phase, what, host));
        routes.append("  - {host: ").append(host).append(", auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}}\n");
        builder.pin(host + ":443", port);
    }

    private <F extends Enum<F> & HostileOrigin.Script> void hostile(String phase, F fault, Alpn alpn)
            throws IOException {
        HostileOrigin origin = HostileOrigin.tls(ca.leaf(host(fault)), alpn, fault);
        open.add(origin);
        add(phase, fault.name().toLowerCase(Locale.ROOT).replace('_', ' '), host(fault), origin.port());
    }

    private void certificate(String what, String host, TestLeaf leaf) throws IOException {
        Origin origin = Origin.tls(leaf, Alpn.H2_AND_H1);
        open.add(origin);
        add("certificate", what, host, origin.port());
    }

    @Test
    void eachFaultIsAnsweredWrittenDownAndCountedAsTheDocumentSays() throws Exception {
        describe();
        try (ProxyUnderTest proxy = builder.routes(routes.toString()).start()) {
            await(proxy);
            for (Fault fault : faults) {
                rows.put(fault.phase() + " | " + fault.what(), measure(proxy, fault.host()));
            }
            assertThat(String.join("\n", proxy.out()) + String.join("\n", proxy.err()))
                    .doesNotContain(Site.TOKEN);
        } finally {
            for (AutoCloseable each : open) {
                each.close();
            }
        }
        pipelock();
        Files.writeString(Path.of("target", "failures.md"), document());
        assertThat(disagreements(Files.readString(DOCUMENT)))
                .as("docs/failures.md does not say what happens (the table as measured is in target/failures.md)")
                .isEmpty();
    }

    private void describe() throws IOException {
        HostileOrigin.RefusingPort refusing = new HostileOrigin.RefusingPort();
        HostileOrigin.SilentPort silent = new HostileOrigin.SilentPort();
        open.add(refusing);
        open.add(silent);
        add("connect", "refused", "refused.example", refusing.port());
        add("connect", "no answer", "silent.example", silent.port());
        for (ConnectionFault fault : ConnectionFault.values()) {
            String phase = fault.beforeTls() ? "handshake" : fault.afterResponseHead() ? "body" : "response head";
            hostile(phase, fault, Alpn.H1);
        }
        certificate("expired", "expired.example", ca.expired("expired.example"));
        certificate("not yet valid", "early.example", ca.notYetValid("early.example"));
        certificate("of another host", "other-host.example", ca.leaf("right.example"));
        certificate("signed by itself", "self.example", TestCa.selfSigned("self.example"));
        certificate(
                "of an unknown authority",
                "unknown.example",
                TestCa.create("nobody").leaf("unknown.example"));
        for (H1Fault fault : List.of(
                H1Fault.GARBAGE,
                H1Fault.HTTP_0_9,
                H1Fault.TWO_LENGTHS,
                H1Fault.LENGTH_AND_CHUNKED,
                H1Fault.FOLDED_LENGTH,
                H1Fault.OVERSIZED_HEAD,
                H1Fault.UNASKED_101,
                H1Fault.INTERIM_STORM,
                H1Fault.TRUNCATED_BODY,
                H1Fault.CHUNK_SIZE_IS_NO_NUMBER,
                H1Fault.OVERSIZED_TRAILERS)) {
            hostile("HTTP/1.1", fault, Alpn.H1);
        }
        for (H2Fault fault : List.of(
                H2Fault.GOAWAY_WITH_AN_ERROR,
                H2Fault.REFUSED_ALWAYS,
                H2Fault.RESET_IN_BODY,
                H2Fault.CLOSED_IN_BODY,
                H2Fault.DATA_BEFORE_THE_HEAD,
                H2Fault.PUSH_PROMISE_UNASKED,
                H2Fault.NO_SETTINGS,
                H2Fault.BROKEN_HPACK)) {
            hostile("h2", fault, Alpn.H2);
        }
    }

    /** The trusted roots are read once, which the short time limits here would otherwise count. */
    private static void await(ProxyUnderTest proxy) throws IOException {
        String got = "";
        for (int i = 0; i < 20 && !got.startsWith("502"); i++) {
            try (RawClient client = proxy.connect("expired.example:443")) {
                got = Site.answer(client.send("GET / HTTP/1.1\r\nHost: expired.example\r\n\r\n"));
            }
        }
        assertThat(got).isEqualTo("502 upstream_untrusted");
    }

    private static String measure(ProxyUnderTest proxy, String host) throws Exception {
        String before = metrics(proxy);
        int logged = responses(proxy).size();
        String h1;
        JsonNode line; // awaited before the caller goes away, which would be a reason of its own
        try (RawClient client = proxy.connect(host + ":443")) {
            h1 = Site.answer(client.send("GET /v1 HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
            line = awaitResponse(proxy, logged);
        }
        String h2;
        try (H2Client client = H2Client.through(proxy.port(), host + ":443", proxy.client(host))) {
            h2 = Site.answer(client.get(host, "/v1"));
            awaitResponse(proxy, logged + 1);
        }
        String code = line.path("code").asText("");
        return cell(h1) + " | " + cell(h2) + " | " + cell(code.equals("null") ? "" : code) + " | "
                + counted(before, metrics(proxy));
    }

    /** What became of it as a caller sees it: a status and code, or that the response is visibly broken. */
    private static String cell(String got) {
        return switch (got) {
            case "closed" -> "response breaks off";
            case "" -> "–";
            default -> got.startsWith("reset ") ? "response is reset" : got;
        };
    }

    private static List<JsonNode> responses(ProxyUnderTest proxy) throws IOException {
        List<JsonNode> all = new ArrayList<>();
        ObjectMapper mapper = new ObjectMapper();
        for (String line : proxy.err()) {
            if (line.contains("\"egress_response\"") || line.contains("\"egress_block\"")) {
                all.add(mapper.readTree(line));
            }
        }
        return all;
    }

    private static JsonNode awaitResponse(ProxyUnderTest proxy, int after) throws Exception {
        for (int i = 0; i < 2_000; i++) {
            List<JsonNode> all = responses(proxy);
            if (all.size() > after) {
                return all.get(after);
            }
            Thread.sleep(5); // the log is written on a thread of its own
        }
        throw new AssertionError("nothing was written down");
    }

    private static String metrics(ProxyUnderTest proxy) throws IOException {
        try (RawClient client = RawClient.connect(proxy.admin())) {
            return client.get("/metrics", "localhost").text();
        }
    }

    /** The {@code verdict} of the counters of exchanges that went up. */
    private static String counted(String before, String after) {
        Set<String> verdicts = new TreeSet<>();
        after.lines()
                .filter(line -> line.startsWith("egress_exchanges_total{") && !before.contains(line))
                .forEach(line -> verdicts.add(line.replaceFirst(".*verdict=\"([^\"]*)\".*", "$1")));
        return String.join(", ", verdicts);
    }

    private void pipelock() throws Exception {
        for (PipelockFault fault : PipelockFault.values()) {
            InetSocketAddress sink = new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePort.find());
            try (RecordedPipelock pipelock = RecordedPipelock.start(sink);
                    Origin origin = Origin.tls(ca.leaf("origin.example"), Alpn.H2_AND_H1);
                    ProxyUnderTest proxy = ProxyUnderTest.with()
                            .routes("log: 2\nroutes: [{host: origin.example}]")
                            .trust(ca)
                            .origin("origin.example:443", origin)
                            .flags("--dlp", "pipelock", "--dlp-timeout", "700ms")
                            .flags("--pipelock", pipelock.uri(Listener.REVERSE).toString())
                            .flags("--pipelock-sink", "127.0.0.1:" + sink.getPort())
                            .start()) {
                pipelock.fault(fault);
                rows.put(
                        "pipelock | " + fault.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        measure(proxy, "origin.example"));
                if (fault == PipelockFault.NONE) {
                    pipelock.stop();
                    rows.put("pipelock | down", measure(proxy, "origin.example"));
                }
            }
        }
    }

    private String document() {
        StringBuilder out = new StringBuilder("""
                # What happens when an origin or pipelock fails

                Measured by `FailureTableTest`, which fails where this table and the gate disagree. A status stands with its
                `X-Egress-Deny`; the code is what `egress_response` or `egress_block` say in the log, beside a reason in words; the
                metric is the `verdict` of `egress_exchanges_total`. Once the response's head is out, the only honest answer is one
                that visibly breaks off. No fault shows a caller the credential, and no request is sent twice that may have had an
                effect.

                | phase | fault | to an h1 caller | to an h2 caller | code in the log | metric |
                |---|---|---|---|---|---|
                """);
        rows.forEach((fault, measured) -> out.append("| " + fault + " | " + measured + " |\n"));
        return out.toString();
    }

    /** Where a fault can be noticed in two ways, the document has both, with {@code or} between. */
    private List<String> disagreements(String document) {
        Map<String, List<String>> said = new LinkedHashMap<>();
        document.lines().filter(line -> line.startsWith("| ")).forEach(line -> {
            List<String> cells = List.of(line.substring(2, line.length() - 2).split(" \\| ", -1));
            said.put(cells.get(0) + " | " + cells.get(1), cells.subList(2, cells.size()));
        });
        List<String> wrong = new ArrayList<>();
        rows.forEach((fault, measured) -> {
            List<String> expected = said.getOrDefault(fault, List.of());
            List<String> cells = List.of(measured.split(" \\| ", -1));
            boolean agrees = expected.size() == cells.size();
            for (int i = 0; agrees && i < cells.size(); i++) {
                agrees = List.of(expected.get(i).split(" or ")).contains(cells.get(i));
            }
            if (!agrees) {
                wrong.add(fault + " | " + measured + " (the document: " + String.join(" | ", expected) + ")");
            }
        });
        return wrong;
    }
}

package egress.server.dlp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import egress.dlp.Scanner;
import egress.exchange.Inspection.Hit;
import egress.gate.Gate;
import egress.policy.DlpRules;
import egress.policy.DlpRules.Detectors;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.server.config.DlpConfig;
import egress.server.dlp.judge.ScanWatch;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.StreamResetException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A gate that scans with what the jar brings along, before an origin that speaks h1 and one that speaks h2. */
final class DlpGate implements AutoCloseable {
    static final String H1 = "h1.example";
    static final String H2 = "h2.example";
    /** Another name of the origin that speaks h1. */
    static final String H3 = "h3.example";

    final Origin h1;
    final Origin h2;
    final DlpEngine engine;
    final Gate gate;

    private DlpGate(
            Path directory,
            DlpConfig settings,
            Optional<Scanner> external,
            List<Route> routes,
            Map<String, String> environment)
            throws IOException {
        TestCa ca = TestCa.create("origins");
        h1 = Origin.tls(ca.leaf(H1, H3), Alpn.H1);
        h2 = Origin.tls(ca.leaf(H2), Alpn.H2_AND_H1);
        engine = DlpEngine.start(settings, external, new byte[32], new SecureRandom(), ScanWatch.NONE);
        Gate.Builder builder = CaLeaves.gate()
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .inspector(engine.inspector(routes, List.of(), environment))
                .pin(H1, 443, h1.port())
                .pin(H2, 443, h2.port())
                .pin(H3, 443, h1.port());
        routes.forEach(builder::route);
        gate = builder.start();
    }

    /** Both origins under one set of rules. */
    static DlpGate start(Path directory, DlpConfig settings, DlpRules rules) throws IOException {
        return start(directory, settings, rules, Optional.empty());
    }

    /** The same with another scanner that looks too. */
    static DlpGate start(Path directory, DlpConfig settings, DlpRules rules, Optional<Scanner> external)
            throws IOException {
        List<Route> routes = new ArrayList<>();
        for (String host : List.of(H1, H2)) {
            routes.add(Route.named(host).dlp(rules).build());
        }
        return new DlpGate(directory, settings, external, routes, Map.of());
    }

    static DlpGate start(Path directory, DlpConfig settings, List<Route> routes, Map<String, String> environment)
            throws IOException {
        return new DlpGate(directory, settings, Optional.empty(), routes, environment);
    }

    /** Default bounds, and spool files in the test's own directory. */
    static DlpConfig settings(Path spool) {
        return settings(spool, 16 << 20, 64 << 20, 1 << 30);
    }

    static DlpConfig settings(Path spool, long maxBody, long memory, long spoolMax) {
        DlpConfig d = DlpConfig.defaults();
        return new DlpConfig(true, maxBody, memory, spool, spoolMax, d.timeout(), Set.of());
    }

    static DlpRules rules(OnMatch onMatch) {
        return new DlpRules(
                new Detectors.Standard(), new Detectors.Standard(), onMatch, OnOversize.DENY, false, Set.of());
    }

    Origin origin(String host) {
        return host.equals(H2) ? h2 : h1;
    }

    /** A request to be sent by either version. */
    record Ask(
            String host, String method, String target, List<Field> fields, List<byte[]> parts, List<Field> trailers) {
        static Ask post(String host, String target, byte[]... parts) {
            return new Ask(host, "POST", target, List.of(), List.of(parts), List.of());
        }

        Ask with(String... namesAndValues) {
            return new Ask(host, method, target, Field.list(namesAndValues), parts, trailers);
        }

        Ask trailing(String... namesAndValues) {
            return new Ask(host, method, target, fields, parts, Field.list(namesAndValues));
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    /** Sends each part as a chunk or a DATA frame of its own. */
    ReceivedResponse ask(String caller, Ask ask) throws IOException {
        return caller.equals("h2") ? askByH2(ask) : askByH1(ask);
    }

    private ReceivedResponse askByH2(Ask ask) throws IOException {
        try (H2Client client = H2Client.through(gate.port(), ask.host() + ":443", gate.client(ask.host()))) {
            String[] fields = ask.fields().stream()
                    .flatMap(field -> List.of(field.name().toLowerCase(Locale.ROOT), field.value()).stream())
                    .toArray(String[]::new);
            boolean bare = ask.parts().isEmpty() && ask.trailers().isEmpty();
            H2Stream stream = client.request(ask.method(), ask.host(), ask.target(), bare, fields);
            try {
                send(stream, ask);
            } catch (StreamResetException e) {
                return stream.response(); // answered before the body was read
            }
            return stream.response();
        }
    }

    private static void send(H2Stream stream, Ask ask) throws IOException {
        for (int i = 0; i < ask.parts().size(); i++) {
            boolean last = i == ask.parts().size() - 1 && ask.trailers().isEmpty();
            stream.write(ask.parts().get(i), last);
        }
        if (!ask.trailers().isEmpty()) {
            stream.headers(ask.trailers(), true);
        }
    }

    private ReceivedResponse askByH1(Ask ask) throws IOException {
        try (RawClient client = h1Client(ask.host())) {
            boolean hasBody = !ask.parts().isEmpty() || !ask.trailers().isEmpty();
            boolean told = Field.first(ask.fields(), "content-length").isPresent();
            StringBuilder head =
                    new StringBuilder(ask.method() + " " + ask.target() + " HTTP/1.1\r\nHost: " + ask.host());
            ask.fields().forEach(field -> head.append("\r\n").append(field));
            client.send(head + (hasBody && !told ? "\r\nTransfer-Encoding: chunked" : "") + "\r\n\r\n");
            for (byte[] part : ask.parts()) {
                if (told) {
                    client.send(part);
                } else {
                    client.send(Integer.toHexString(part.length) + "\r\n")
                            .send(part)
                            .send("\r\n");
                }
            }
            if (hasBody && !told) {
                StringBuilder end = new StringBuilder("0\r\n");
                ask.trailers().forEach(field -> end.append(field).append("\r\n"));
                client.send(end + "\r\n");
            }
            return client.readResponse(ask.method());
        }
    }

    /** A connection to the origin of that name, inside its tunnel and TLS. */
    RawClient h1Client(String host) throws IOException {
        return RawClient.connect(gate.port())
                .tunnel(host + ":443")
                .tls(gate.client(host).alpn("http/1.1"));
    }

    /** The first request with that target that the origin received. */
    Optional<RecordedRequest> received(String host, String target) {
        return origin(host).requests().stream()
                .filter(request -> request.target().equals(target))
                .findFirst();
    }

    /** Waits for the head of a request with that target. */
    RecordedRequest awaitReceived(String host, String target) throws InterruptedException {
        for (int i = 0; i < 1000; i++) {
            Optional<RecordedRequest> seen = received(host, target);
            if (seen.isPresent()) {
                return seen.get();
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        throw new AssertionError(target + " did not arrive in 5 s");
    }

    /** Waits for a finding. */
    Hit awaitHit(String detector) throws InterruptedException {
        for (int i = 0; i < 1000; i++) {
            for (Hit hit : gate.hits()) {
                if (hit.detector().equals(detector)) {
                    return hit;
                }
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        throw new AssertionError("no " + detector + " in 5 s; these were found: " + gate.hits());
    }

    /** Waits until every byte that was held is given back. */
    void awaitNothingHeld(long memory, long spool) throws InterruptedException {
        for (int i = 0;
                i < 1000
                        && (engine.statistics().memory().left() != memory
                                || engine.statistics().spool().left() != spool);
                i++) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        if (engine.statistics().memory().left() != memory
                || engine.statistics().spool().left() != spool) {
            throw new AssertionError(
                    "held: " + (memory - engine.statistics().memory().left()) + " bytes of memory, "
                            + (spool - engine.statistics().spool().left()) + " of the spool (expected: none)");
        }
    }

    @Override
    public void close() throws IOException {
        gate.close();
        engine.close();
        h1.close();
        h2.close();
    }
}

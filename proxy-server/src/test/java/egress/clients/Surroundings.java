package egress.clients;

import egress.ca.TrustStores;
import egress.gate.Gate;
import egress.policy.Credential;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.testkit.Alpn;
import egress.testkit.Pattern251;
import egress.testkit.TestCa;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.origin.RecordedRequest;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;

/**
 * What a client finds: a gate, {@code h1.example} and {@code h2.example} behind it over TLS, {@code plain.example} without, and the
 * file of the authority it must trust. Requests to the first two get the credential {@code Bearer injected}.
 */
final class Surroundings implements AutoCloseable {
    static final String INJECTED = "Bearer injected";

    private final Origin h1;
    private final Origin h2;
    private final Origin plain;
    private final Gate gate;
    private final Path authority;

    private Surroundings(Origin h1, Origin h2, Origin plain, Gate gate, Path authority) {
        this.h1 = h1;
        this.h2 = h2;
        this.plain = plain;
        this.gate = gate;
        this.authority = authority;
    }

    /** Starts it all; files are written to the directory. */
    static Surroundings start(Path directory) throws IOException {
        TestCa origins = TestCa.create("origins");
        Origin h1 = Origin.tls(origins.leaf("h1.example"), Alpn.H1);
        Origin h2 = Origin.tls(origins.leaf("h2.example"), Alpn.H2_AND_H1);
        Origin plain = Origin.plain();
        for (Origin each : List.of(h1, h2, plain)) {
            each.on("/range", Surroundings::range);
            each.on("/keep", Surroundings::keep);
            Turns.serve(each);
            each.on("/unwanted", exchange -> exchange.respond(403, "not wanted\n"));
        }
        Gate gate = CaLeaves.gate()
                .trust(origins.writePem(directory.resolve("origins.pem")))
                .route(authenticated("h1.example"))
                .route(authenticated("h2.example"))
                .route(Route.named("plain.example").build())
                .pin("h1.example", 443, h1.port())
                .pin("h2.example", 443, h2.port())
                .pin("plain.example", 80, plain.port())
                .start();
        return new Surroundings(h1, h2, plain, gate, writeAuthority(gate, directory.resolve("ca.pem")));
    }

    private static Route authenticated(String host) {
        return Route.named(host)
                .credential(Credential.authorization("Bearer", "injected"))
                .build();
    }

    /** Writes the certificate that the gate's clients must trust. */
    static Path writeAuthority(Gate gate, Path file) throws IOException {
        return Files.write(file, new TrustStores(gate.authority()).pem());
    }

    /** A program of this suite, as a file. */
    static Path program(String name) {
        var url = Surroundings.class.getResource("/clients/" + name);
        if (url == null) {
            throw new AssertionError("no test resource clients/" + name);
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** Answers {@code Range: bytes=A-B} of 1000 bytes, the byte at position i being i modulo 251 (RFC 9110 §14). */
    private static void range(OriginExchange exchange) throws IOException {
        String[] ends = exchange.request()
                .value("range")
                .orElse("bytes=0-999")
                .substring("bytes=".length())
                .split("-", 2);
        int first = Integer.parseInt(ends[0]);
        int last = Integer.parseInt(ends[1]);
        exchange.head(
                206,
                "content-range",
                "bytes " + first + "-" + last + "/1000",
                "content-length",
                Integer.toString(last - first + 1));
        exchange.write(Arrays.copyOfRange(Pattern251.of(last + 1), first, last + 1));
        exchange.end();
    }

    /** Reads the whole body, then sends it back. */
    private static void keep(OriginExchange exchange) throws IOException {
        byte[] body = exchange.readAll();
        exchange.head(200, "content-length", Integer.toString(body.length));
        exchange.write(body);
        exchange.end();
    }

    Gate gate() {
        return gate;
    }

    /** The gate as a proxy URL. */
    String proxy() {
        return "http://127.0.0.1:" + gate.port();
    }

    /** The PEM file of the gate's authority. */
    Path authority() {
        return authority;
    }

    X509Certificate certificate() {
        return gate.authority();
    }

    Origin origin(String host) {
        return switch (host) {
            case "h1.example" -> h1;
            case "h2.example" -> h2;
            case "plain.example" -> plain;
            default -> throw new IllegalArgumentException(host);
        };
    }

    /** What the origin of a host saw last for a target. */
    RecordedRequest seen(String host, String target) {
        List<RecordedRequest> all = origin(host).requests();
        return all.reversed().stream()
                .filter(request -> request.target().equals(target))
                .findFirst()
                .orElseThrow(() -> new AssertionError(host + " saw no " + target + ", but " + all));
    }

    @Override
    public void close() throws IOException {
        gate.close();
        h1.close();
        h2.close();
        plain.close();
    }
}

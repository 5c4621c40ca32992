package egress.gate;

import egress.policy.Credential;
import egress.policy.Route;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.Origin;
import egress.testkit.origin.RecordedRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** An h1 and an h2 origin behind a gate that gives both their credential. */
public final class TwoOrigins implements AutoCloseable {
    public static final String H1 = "h1.example";
    public static final String H2 = "h2.example";
    public static final String INJECTED = "Bearer injected";

    private final TestCa ca;
    private final Origin h1;
    private final Origin h2;
    private final Gate gate;

    private TwoOrigins(Path directory, UnaryOperator<Gate.Builder> change) throws IOException {
        ca = TestCa.create("origins");
        h1 = Origin.tls(ca.leaf(H1), Alpn.H1);
        h2 = Origin.tls(ca.leaf(H2), Alpn.H2_AND_H1);
        Gate.Builder builder =
                Gate.builder().trust(ca.writePem(directory.resolve("origins-" + System.nanoTime() + ".pem")));
        for (String host : new String[] {H1, H2}) {
            builder.route(Route.named(host)
                            .credential(Credential.authorization("Bearer", "injected"))
                            .build())
                    .pin(host, 443, origin(host).port());
        }
        gate = change.apply(builder).start();
    }

    public static TwoOrigins start(Path directory) throws IOException {
        return start(directory, builder -> builder);
    }

    public static TwoOrigins start(Path directory, UnaryOperator<Gate.Builder> change) throws IOException {
        return new TwoOrigins(directory, change);
    }

    public Gate gate() {
        return gate;
    }

    public TestCa ca() {
        return ca;
    }

    public Origin origin(String host) {
        return host.equals(H1) ? h1 : h2;
    }

    /** A caller of {@code h1} or {@code h2}. */
    public Caller caller(String version, String host) throws IOException {
        return Caller.through(gate, version, host);
    }

    /** The last request for a target, of those whose head has come. */
    public RecordedRequest lastRequest(String host, String target) {
        return origin(host).requests().stream()
                .filter(request -> request.target().equals(target))
                .reduce((first, second) -> second)
                .orElseThrow(() -> new AssertionError("the origin saw no request for " + target));
    }

    /** Also looks that nothing is left open once the callers are gone. */
    @Override
    public void close() throws IOException {
        gate.awaitQuiet();
        gate.close();
        h1.close();
        h2.close();
    }
}

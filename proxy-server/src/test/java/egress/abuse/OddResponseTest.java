package egress.abuse;

import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.H1Fault;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.scorecard.Case;
import egress.testkit.scorecard.Scorecard;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Row 23: what an origin says beside its response is nobody's, and its connection is not used again. */
class OddResponseTest {
    /** Answers after which a connection to the origin is good for nothing. */
    private static final List<H1Fault> FAULTS = List.of(
            H1Fault.BODY_AFTER_204,
            H1Fault.BODY_AFTER_304,
            H1Fault.TWO_RESPONSES,
            H1Fault.BYTES_AFTER_THE_RESPONSE,
            H1Fault.UNASKED_101,
            H1Fault.INTERIM_STORM,
            H1Fault.LENGTH_AND_CHUNKED,
            H1Fault.TWO_LENGTHS);

    private static ProxyUnderTest proxy;
    private static final Map<H1Fault, HostileOrigin> hostile = new EnumMap<>(H1Fault.class);

    @BeforeAll
    static void start() throws IOException {
        TestCa origins = TestCa.create("origins");
        StringBuilder routes = new StringBuilder("log: 1\nroutes:\n");
        ProxyUnderTest.Builder builder = ProxyUnderTest.with().trust(origins);
        for (H1Fault fault : FAULTS) {
            HostileOrigin origin = HostileOrigin.tls(origins.leaf(host(fault)), Alpn.H1, fault);
            hostile.put(fault, origin);
            routes.append("  - host: ").append(host(fault)).append('\n');
            builder.pin(host(fault) + ":443", origin.port());
        }
        proxy = builder.routes(routes.toString()).start();
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        for (HostileOrigin each : hostile.values()) {
            each.close();
        }
    }

    @ParameterizedTest
    @MethodSource("faults")
    void isNobodysAndTheConnectionIsGivenUp(Case each, Scorecard scorecard) {
        scorecard.verify(each);
    }

    private static String host(H1Fault fault) {
        return fault.name().toLowerCase(Locale.ROOT).replace('_', '-') + ".example";
    }

    static Stream<Case> faults() {
        List<Case> all = new ArrayList<>();
        for (H1Fault fault : FAULTS) {
            for (String leg : List.of("h1", "h2")) {
                all.add(Case.stopped(
                        Case.id(23, all.size()),
                        fault + ", then another request",
                        leg,
                        () -> twice(fault, leg),
                        "two of its own"));
            }
        }
        return all.stream();
    }

    /** By one caller, and so on one event loop: each answer is the request's own, and came on a connection of its own. */
    private static String twice(H1Fault fault, String leg) throws IOException {
        HostileOrigin origin = java.util.Objects.requireNonNull(hostile.get(fault));
        String host = host(fault);
        int before = origin.connections();
        List<ReceivedResponse> answers = new ArrayList<>();
        if (leg.equals("h2")) {
            try (H2Client client = H2Client.through(proxy.port(), host + ":443", proxy.client(host))) {
                answers.add(client.get(host, "/").response());
                answers.add(client.get(host, "/").response());
            }
        } else {
            try (RawClient client = proxy.connect(host + ":443")) {
                answers.add(client.get("/", host));
                answers.add(client.get("/", host));
            }
        }
        for (ReceivedResponse response : answers) {
            boolean own = switch (fault) {
                case BODY_AFTER_204 -> response.status() == 204 && response.body().length == 0;
                case BODY_AFTER_304 -> response.status() == 304 && response.body().length == 0;
                case TWO_RESPONSES, BYTES_AFTER_THE_RESPONSE -> response.text().equals("hello");
                default -> response.status() == 502;
            };
            if (!own || response.value("x-forged").isPresent()) {
                return "not its own: " + response;
            }
        }
        int opened = origin.connections() - before;
        return opened == 2 ? "two of its own" : "two answers on " + opened + " connection(s)";
    }
}

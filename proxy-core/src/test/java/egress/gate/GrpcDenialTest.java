package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.ExchangeRecord;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.policy.Route;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.wire.Field;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** gRPC calls are denied in gRPC's own words, and what an origin says in them passes as it is. */
class GrpcDenialTest {
    private static final String HOST = "grpc.example";
    private static final String REFUSING = "refusing.example";

    @TempDir
    static Path directory;

    private static HostileOrigin origin;
    private static HostileOrigin.RefusingPort refusing;
    private static Gate gate;

    @BeforeAll
    static void start() throws IOException {
        TestCa ca = TestCa.create("origins");
        origin = HostileOrigin.tls(ca.leaf(HOST), Alpn.H2, wire -> {
            var h2 = wire.h2();
            while (true) {
                int stream = h2.awaitRequest().streamId();
                h2.wire()
                        .writeHeaders(
                                stream,
                                Field.list(":status", "200", "content-type", "application/grpc", "grpc-status", "5"),
                                true);
            }
        });
        refusing = new HostileOrigin.RefusingPort();
        gate = Gate.builder()
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .route(Route.named(HOST)
                        .match(new Match(List.of(new Matcher.Prefix("/good.Service")), List.of(), List.of()))
                        .build())
                .pin(HOST, 443, origin.port())
                .origin(REFUSING, refusing.port())
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gate.close();
        origin.close();
        refusing.close();
    }

    private static ReceivedResponse call(String version, String host, String method, String path, String type)
            throws IOException {
        try (Caller caller = Caller.through(gate, version, host)) {
            return caller.begin(method, path, "content-type", type, "te", "trailers")
                    .write(new byte[] {0, 0, 0, 0, 1, 7})
                    .end()
                    .response();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "h2, application/grpc",
        "h2, application/grpc+proto",
        "h2, application/grpc-web+proto",
        "h1, application/grpc",
        "h1, application/grpc-web"
    })
    void areTrailersOnlyAndRecordedAsEver(String version, String type) throws Exception {
        String path = "/bad.Service/" + version + type.replaceAll("[^a-z]", "");
        ReceivedResponse response = call(version, HOST, "POST", path, type);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.value("content-type")).contains(type);
        assertThat(response.value("grpc-status")).contains("7");
        assertThat(response.value("grpc-message"))
                .hasValueSatisfying(words -> assertThat(words).startsWith("egress: path "));
        assertThat(response.value("x-egress-deny")).contains("path_not_allowed");
        assertThat(response.value("x-egress-hint")).contains("ask");
        assertThat(response.body()).isEmpty();
        assertThat(response.trailers()).isEmpty();
        assertThat(response.value("content-length").isPresent()).isEqualTo(version.equals("h1"));
        ExchangeRecord record = gate.awaitEnded(each -> each.target.equals(path));
        assertThat(record.status).isEqualTo(403);
        assertThat(record.failure).isNotNull();
        assertThat(record.route).isNotNull();
        assertThat(record.rule).isEqualTo("matches");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void sayThatAnOriginIsAway(String version) throws IOException {
        ReceivedResponse response = call(version, REFUSING, "POST", "/good.Service/Call", "application/grpc");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.value("grpc-status")).contains("14");
        assertThat(response.value("x-egress-deny")).contains("upstream_unreachable");
        assertThat(response.value("x-egress-hint")).contains("later");
    }

    @ParameterizedTest
    @CsvSource({"PUT, application/grpc, 403", "POST, application/json, 403", "POST, text/application/grpc, 403"})
    void areHttpForWhatIsNoCall(String method, String type, int status) throws IOException {
        ReceivedResponse response = call("h2", HOST, method, "/bad.Service/Call", type);

        assertThat(response.status()).isEqualTo(status);
        assertThat(response.value("grpc-status")).isEmpty();
        assertThat(response.text()).startsWith("egress: path ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void anOriginsTrailersOnlyGetsNoLength(String version) throws IOException {
        ReceivedResponse response = call(version, HOST, "POST", "/good.Service/Call", "application/grpc");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.value("grpc-status")).contains("5");
        assertThat(response.value("content-length")).isEmpty();
        assertThat(response.body()).isEmpty();
    }
}

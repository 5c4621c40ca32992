package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Credential;
import egress.policy.Route;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.origin.Origin;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An origin that does not prove to be the host sees nothing of a request; the caller reads why. */
class OriginTrustTest {
    private static final String HOST = "api.example";

    @TempDir
    static Path directory;

    private static final TestCa CA = TestCa.create("origins");
    private static Path trusted;

    @BeforeAll
    static void writeAuthority() throws IOException {
        trusted = CA.writePem(directory.resolve("origins.pem"));
    }

    private static Gate.Builder gate(int port) {
        return Gate.builder()
                .trust(trusted)
                .route(Route.named(HOST)
                        .credential(Credential.authorization("Bearer", "injected"))
                        .build())
                .pin(HOST, 443, port);
    }

    static Stream<Arguments> unproven() {
        TestCa stranger = TestCa.create("a stranger");
        return Stream.of("h1", "h2")
                .flatMap(version -> Stream.of(
                        Arguments.of(version, "expired", CA.expired(HOST), "expired on"),
                        Arguments.of(version, "not yet valid", CA.notYetValid(HOST), "is not valid before"),
                        Arguments.of(
                                version,
                                "of another host",
                                CA.leaf("other.example"),
                                "is for \"other.example\", not for api.example"),
                        Arguments.of(
                                version,
                                "of a host above it",
                                CA.leaf("example"),
                                "is for \"example\", not for api.example"),
                        Arguments.of(version, "self-signed", TestCa.selfSigned(HOST), "is self-signed"),
                        Arguments.of(
                                version,
                                "of an unknown authority",
                                stranger.leaf(HOST),
                                "was issued by an authority that is not trusted")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("unproven")
    void anOriginWithoutProofGetsNothingAndTheCallerReadsWhy(String version, String what, TestLeaf leaf, String words)
            throws IOException {
        try (Origin origin = Origin.tls(leaf, Alpn.H2_AND_H1);
                Gate gate = gate(origin.port()).start()) {
            try (Caller caller = Caller.through(gate, version, HOST)) {
                for (int i = 1; i <= 2; i++) {
                    Call call = caller.begin("POST", "/secret", "authorization", "Bearer agents-own");
                    call.write("of the agent").end();
                    ReceivedResponse response = call.response();
                    assertThat(response.status()).isEqualTo(502);
                    assertThat(response.value("x-egress-deny")).contains("upstream_untrusted");
                    assertThat(response.text())
                            .startsWith("egress: ")
                            .contains("the certificate")
                            .contains(words);
                    origin.awaitHandshakeFailures(i); // no request was waited for: the connection never came so far
                }
            }
            assertThat(origin.requests()).as(what).isEmpty();
            gate.awaitQuiet();
            assertThat(gate.ended()).hasSize(2).allMatch(exchange -> !exchange.injected);
            assertThat(gate.upstreams().statistics().handshakes()).isZero();
        }
    }

    /** The proof is asked of every connection: one that was good does not speak for the next. */
    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void anOriginThatProvedItselfOnceMustDoSoAgain(String version) throws IOException {
        int port;
        try (Origin good = Origin.tls(CA.leaf(HOST), Alpn.H2_AND_H1);
                Origin bad = Origin.tls(TestCa.selfSigned(HOST), Alpn.H2_AND_H1);
                Switch between = new Switch(good.port(), bad.port())) {
            port = between.port();
            try (Gate gate = gate(port).start();
                    Caller caller = Caller.through(gate, version, HOST)) {
                assertThat(caller.get("/first").response().status()).isEqualTo(200);
                between.turn();
                good.resetConnections();
                good.awaitOpenConnections(0);
                ReceivedResponse response = caller.request("POST", "/second").response();
                for (int i = 0;
                        response.status() == 502 && i < 5;
                        i++) { // the reset itself may be what is answered first
                    if (response.value("x-egress-deny").orElse("").equals("upstream_untrusted")) {
                        break;
                    }
                    response = caller.request("POST", "/second").response();
                }
                assertThat(response.value("x-egress-deny")).contains("upstream_untrusted");
            }
            assertThat(bad.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void aRefusedPortIsA502ThatSaysSo(String version) throws IOException {
        try (HostileOrigin.RefusingPort refusing = new HostileOrigin.RefusingPort();
                Gate gate = gate(refusing.port()).start();
                Caller caller = Caller.through(gate, version, HOST)) {
            ReceivedResponse response = caller.get("/").response();
            assertThat(response.status()).isEqualTo(502);
            assertThat(response.value("x-egress-deny")).contains("upstream_unreachable");
            assertThat(response.text()).contains("refused");
        }
    }
}

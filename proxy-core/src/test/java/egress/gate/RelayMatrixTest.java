package egress.gate;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.Credential;
import egress.policy.Route;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same exchange by h1 and h2 on either side. */
class RelayMatrixTest {
    @TempDir
    static Path directory;

    private static Origin h1;
    private static Origin h2;
    private static Gate gate;

    @BeforeAll
    static void start() throws IOException {
        TestCa ca = TestCa.create("origins");
        h1 = Origin.tls(ca.leaf("h1.example"), Alpn.H1);
        h2 = Origin.tls(ca.leaf("h2.example"), Alpn.H2_AND_H1);
        gate = Gate.builder()
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .route(Route.named("h1.example")
                        .credential(Credential.authorization("Bearer", "injected"))
                        .build())
                .route(Route.named("h2.example")
                        .credential(Credential.authorization("Bearer", "injected"))
                        .build())
                .pin("h1.example", 443, h1.port())
                .pin("h2.example", 443, h2.port())
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gate.close();
        h1.close();
        h2.close();
    }

    private static Origin origin(String host) {
        return host.equals("h1.example") ? h1 : h2;
    }

    /** One request by the caller's version, its body in two pieces. */
    private static ReceivedResponse ask(String caller, String host, String target, String body) throws IOException {
        if (caller.equals("h2")) {
            try (H2Client client = H2Client.through(gate.port(), host + ":443", gate.client(host))) {
                H2Stream stream = client.request("POST", host, target, false, "authorization", "Bearer agents-own");
                int half = body.length() / 2;
                stream.write(body.substring(0, half).getBytes(US_ASCII), false);
                stream.write(body.substring(half).getBytes(US_ASCII), true);
                return stream.response();
            }
        }
        try (RawClient client = RawClient.connect(gate.port())) {
            client.tunnel(host + ":443").tls(gate.client(host).alpn("http/1.1"));
            client.send("POST " + target + " HTTP/1.1\r\nHost: " + host
                    + "\r\nAuthorization: Bearer agents-own\r\nTransfer-Encoding: chunked\r\n\r\n");
            int half = body.length() / 2;
            client.send(chunk(body.substring(0, half)));
            client.send(chunk(body.substring(half)) + "0\r\n\r\n");
            return client.readResponse("POST");
        }
    }

    private static String chunk(String text) {
        return text.isEmpty() ? "" : Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    @ParameterizedTest
    @CsvSource({"h1,h1.example", "h1,h2.example", "h2,h1.example", "h2,h2.example"})
    void relaysBodiesAndInjectsTheCredentialInsteadOfTheAgents(String caller, String host) throws IOException {
        ReceivedResponse response = ask(caller, host, "/echo?by=" + caller, "hello world");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("hello world");
        RecordedRequest seen = lastRequest(origin(host), "/echo?by=" + caller);
        assertThat(seen.values("authorization")).containsExactly("Bearer injected");
        assertThat(seen.text()).isEqualTo("hello world");
        assertThat(seen.protocol()).isEqualTo(host.equals("h1.example") ? "HTTP/1.1" : "HTTP/2");
        assertThat(seen.value("via")).isEmpty();
    }

    private static RecordedRequest lastRequest(Origin origin, String target) {
        return origin.requests().stream()
                .filter(r -> r.target().equals(target))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"h1,h1.example", "h1,h2.example", "h2,h1.example", "h2,h2.example"})
    void relaysResponseTrailers(String caller, String host) throws IOException {
        ReceivedResponse response = ask(caller, host, "/trailers", "x");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.trailers()).isNotEmpty();
    }

    /** All are open at once: each has its answer's head before any has sent the end of its body. */
    @Pairs
    void carriesSixtyFourExchangesAtOnceWithTheirTrailers(String version, String host) throws IOException {
        List<Caller> callers = new ArrayList<>();
        List<Call> calls = new ArrayList<>();
        try {
            for (int i = 0; i < 64; i++) {
                if (i == 0 || version.equals("h1")) {
                    callers.add(Caller.through(gate, version, host));
                }
                calls.add(callers.getLast().begin("POST", "/echo?n=" + i, "x-n", Integer.toString(i)));
                calls.getLast().write("first " + i);
            }
            for (Call call : calls) {
                assertThat(call.status()).isEqualTo(200);
            }
            for (int i = 63; i >= 0; i--) {
                calls.get(i).write(" second " + i).end("x-sum", "sum " + i);
            }
            for (int i = 0; i < 64; i++) {
                String text = "first " + i + " second " + i;
                assertThat(calls.get(i).field("x-n")).contains(Integer.toString(i));
                assertThat(calls.get(i).read(text.length())).isEqualTo(text);
                assertThat(calls.get(i).read(new byte[1])).isEqualTo(-1);
                assertThat(lastRequest(origin(host), "/echo?n=" + i).trailers())
                        .containsExactly(new Field("x-sum", "sum " + i));
            }
        } finally {
            for (Caller caller : callers) {
                caller.close();
            }
        }
    }
}

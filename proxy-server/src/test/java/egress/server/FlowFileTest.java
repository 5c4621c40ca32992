package egress.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.server.flows.Flow;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The flow log as a file: whose scans it holds, a new file at a hangup, and what leaves where it cannot be written. */
final class FlowFileTest extends FlowFixture {
    @Test
    void severalScansAreToldApartByTheUserNameAndNoOtherIsLetIn() throws Exception {
        try (ProxyUnderTest proxy = gate("--scan-id", "a", "--scan-id", "b").start()) {
            for (String scan : List.of("a", "b")) {
                try (RawClient client = proxy.connect()) {
                    assertThat(client.connectMethod("api.example:443", user(scan))
                                    .status())
                            .isEqualTo(200);
                    RawClient inside = client.tls(proxy.client("api.example").alpn("http/1.1"));
                    assertThat(inside.get("/echo", "api.example").status()).isEqualTo(200);
                }
            }
            for (String[] other : new String[][] {{user("c")}, {}}) {
                try (RawClient client = proxy.connect()) {
                    assertThat(client.connectMethod("api.example:443", other).status())
                            .isEqualTo(407);
                }
            }
            try (RawClient client = proxy.connect()) {
                ReceivedResponse plain = client.send("GET http://api.example/ HTTP/1.1\r\nHost: api.example\r\n\r\n")
                        .readResponse("GET");
                assertThat(plain.status()).isEqualTo(407);
            }
            await(4, Flow::isExchange);
        }
        assertThat(exchanges())
                .extracting(flow -> flow.scanId() + " " + response(flow).status())
                .containsExactlyInAnyOrder("a 200", "b 200", " 407", " 407");
        assertThat(flows().stream().filter(flow -> !flow.isExchange()))
                .extracting(Flow::scanId)
                .containsExactlyInAnyOrder("a", "b");
    }

    private static String user(String name) {
        return "Proxy-Authorization: Basic " + Base64.getEncoder().encodeToString((name + ":").getBytes(UTF_8));
    }

    @Test
    void theScanOfThePipelineIsInAVariable() throws Exception {
        try (ProxyUnderTest proxy =
                gate().environment("PIPW_SCAN_ID", "from-the-variable").start()) {
            ask(proxy, get("/echo"));
            await(1, Flow::isExchange);
        }
        assertThat(flows()).extracting(Flow::scanId).containsOnly("from-the-variable");
    }

    @Test
    void aHangupGoesOnInTheFileThatHasTheNameNow() throws Exception {
        Path moved = directory.resolve("moved.jsonl");
        try (ProxyUnderTest proxy = gate().start()) {
            ask(proxy, get("/echo"));
            await(1, Flow::isExchange);
            Files.move(log(), moved);
            proxy.gate().reload();
            ProxyUnderTest.await("the file", () -> Files.exists(log()));
            ask(proxy, get("/status/404"));
            await(1, Flow::isExchange);
        }
        assertThat(exchanges()).extracting(flow -> response(flow).status()).containsExactly(404);
        assertThat(Files.readString(moved)).contains("/echo").doesNotContain("/status/404");
    }

    @Test
    void whereTheRecordIsRequiredNothingLeavesThatCannotBeRecordedAndAllThatLeftIsThere() throws Exception {
        int left;
        try (ProxyUnderTest proxy = gate("--flows-required").start();
                RawClient open = proxy.connect("api.example:443")) {
            assertThat(open.get("/echo?0", "api.example").status()).isEqualTo(200);
            await(1, Flow::isExchange);
            int before = origin.requests().size();
            try (FileSizeLimit _ = FileSizeLimit.of(Files.size(log()) + 100)) {
                assertThat(open.get("/echo?1", "api.example").status()).isEqualTo(200);
                proxy.awaitErr("no new request leaves until it can");
                ReceivedResponse refused = open.get("/echo?2", "api.example");
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.value("x-egress-deny")).contains("record_unavailable");
                for (String host : List.of("api.example:443", "pass.example:443")) {
                    try (RawClient client = proxy.connect()) {
                        assertThat(client.connectMethod(host).status()).isEqualTo(503);
                    }
                }
            }
            left = origin.requests().size() - before;
            proxy.awaitErr("can be written again");
            assertThat(open.get("/echo?3", "api.example").status()).isEqualTo(200);
            await(4, Flow::isExchange);
        }
        assertThat(left).isEqualTo(1);
        assertThat(exchanges().stream()
                        .map(flow -> request(flow).path() + " " + response(flow).status()))
                .containsExactly("/echo?0 200", "/echo?1 200", "/echo?2 503", " 503", " 503", "/echo?3 200");
    }

    @Test
    void whereTheRecordIsRequiredWhatHasNoPlaceInItsMemoryDoesNotLeave() throws Exception {
        try (ProxyUnderTest proxy =
                gate("--flows-required", "--flow-memory", "1m").start()) {
            List<RawClient> held = new ArrayList<>();
            int refused = 0;
            for (int i = 0; i < 300 && refused == 0; i++) {
                RawClient client = proxy.connect();
                held.add(client);
                if (client.connectMethod("api.example:443").status() != 200) {
                    throw new AssertionError("no tunnel");
                }
                RawClient inside;
                try {
                    inside = client.tls(proxy.client("api.example").alpn("http/1.1"));
                } catch (SSLException e) {
                    refused++; // for want of a place for its ClientHello
                    continue;
                }
                inside.send("POST /echo HTTP/1.1\r\nHost: api.example\r\nContent-Length: 9\r\nX-Long: "
                        + "x".repeat(20_000) + "\r\n\r\n");
                inside.readTimeout(Duration.ofMillis(100));
                try {
                    refused += inside.readResponse("POST").status() == 503 ? 1 : 0;
                } catch (IOException e) {
                    assertThat(e).isInstanceOf(SocketTimeoutException.class); // it waits for its body
                }
            }
            assertThat(refused).isEqualTo(1);
            assertThat(held).hasSizeBetween(20, 60);
            for (RawClient client : held) {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a file of another kind", "[1,2,3]\n"})
    void aFileThatIsNoFlowLogIsLeftAlone(String content) throws Exception {
        Files.writeString(log(), content);
        assertThatThrownBy(() -> gate().start()).hasMessage("--flows: cannot write " + log() + ": not a flow log");
        assertThat(Files.readString(log())).isEqualTo(content);
    }

    @Test
    void withoutALogNothingOfItIsThere() throws Exception {
        try (ProxyUnderTest proxy = ProxyUnderTest.with()
                .routes(ROUTES)
                .environment("EGRESS_TOKEN_0", TOKEN)
                .flags("-q")
                .origin("api.example:443", origin)
                .trust(authority)
                .start()) {
            ask(proxy, get("/echo"));
            assertThat(Thread.getAllStackTraces().keySet())
                    .extracting(Thread::getName)
                    .doesNotContain("egress-flows");
            assertThat(proxy.gate().flows()).isEmpty();
        }
    }
}

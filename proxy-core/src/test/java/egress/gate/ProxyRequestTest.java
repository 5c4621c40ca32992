package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Limits;
import egress.policy.Policy;
import egress.policy.Route;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to the listener itself: CONNECT, absolute-form, and what neither is. */
class ProxyRequestTest {
    private static Origin origin;
    private static Gate gate;

    @BeforeAll
    static void start() throws IOException {
        origin = Origin.plain();
        gate = Gate.builder()
                .route(Route.named("plain.example").build())
                .pin("plain.example", 80, origin.port())
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gate.awaitQuiet();
        gate.close();
        origin.close();
    }

    @Test
    void absoluteFormGoesOnInOriginForm() throws IOException {
        try (RawClient client = RawClient.connect(gate.port())) {
            for (int i = 0; i < 2; i++) {
                client.send("GET http://plain.example/echo?" + i + " HTTP/1.1\r\nHost: plain.example\r\n"
                        + "Proxy-Connection: keep-alive\r\nAuthorization: Bearer agents-own\r\n\r\n");
                assertThat(client.readResponse("GET").status()).isEqualTo(200);
            }
            client.send("GET http://plain.example HTTP/1.1\r\nHost: plain.example:80\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(200);
        }
        RecordedRequest seen = origin.requests().stream()
                .filter(request -> request.target().equals("/echo?1"))
                .findFirst()
                .orElseThrow();
        assertThat(seen.value("proxy-connection")).isEmpty();
        assertThat(seen.value("authorization")).isEmpty();
        assertThat(seen.values("host")).containsExactly("plain.example");
        assertThat(origin.requests()).anyMatch(request -> request.target().equals("/"));
    }

    @Test
    void plainHttpInATunnelToPort80IsJudgedToo() throws IOException {
        try (RawClient client = RawClient.connect(gate.port()).tunnel("plain.example:80")) {
            assertThat(client.get("/echo", "plain.example").status()).isEqualTo(200);
            assertThat(client.get("/r.git/info/refs?service=git-receive-pack", "plain.example")
                            .status())
                    .isEqualTo(403);
            assertThat(client.get("/echo", "evil.example").status()).isEqualTo(421);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://denied.example/,host_not_allowed",
        "http://plain.example:8080/,port_not_allowed",
    })
    void whatNoRouteNamesIsDeniedAndTheConnectionKept(String url, String code) throws IOException {
        try (RawClient client = RawClient.connect(gate.port())) {
            for (int i = 0; i < 2; i++) {
                ReceivedResponse response = client.get(url, url.substring(7, url.length() - 1));
                assertThat(response.status()).isEqualTo(403);
                assertThat(response.value("x-egress-deny")).contains(code);
                assertThat(response.value("content-type")).contains("text/plain; charset=utf-8");
                assertThat(response.text()).startsWith("egress: ").endsWith("\n");
            }
        }
    }

    @Test
    void aDeniedConnectKeepsTheConnectionWhateverWasAskedBefore() throws IOException {
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send("HEAD http://plain.example/echo HTTP/1.1\r\nHost: plain.example\r\n\r\n");
            assertThat(client.readResponse("HEAD").status()).isEqualTo(200);
            for (int i = 0; i < 2; i++) {
                client.send("CONNECT plain.example:22 HTTP/1.1\r\nHost: plain.example:22\r\n\r\n");
                ReceivedResponse denied = client.readResponse("GET");
                assertThat(denied.status()).isEqualTo(403);
                assertThat(denied.value("x-egress-deny")).contains("port_not_allowed");
                assertThat(denied.text()).startsWith("egress: ");
            }
            client.tunnel("plain.example:80");
            assertThat(client.get("/echo", "plain.example").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CONNECT plain.example HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "CONNECT plain.example:0443 HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "CONNECT plain.example:65536 HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "CONNECT user@plain.example:443 HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "CONNECT [plain.example]:443 HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "CONNECT plain.example:443 HTTP/1.1\r\nHost: plain.example\r\nContent-Length: 5\r\n\r\nhello",
                "GET / HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "GET https://plain.example/ HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "GET ftp://plain.example/ HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "GET http://plain.example/#a HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "GET http://plain.example/\u00e9 HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "GET http://plain.example/%zz HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "GET http://plain.example/ HTTP/1.1\r\n\r\n",
                "GET http://plain.example/ HTTP/2.0\r\nHost: plain.example\r\n\r\n",
                "GET  http://plain.example/ HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "GET\thttp://plain.example/ HTTP/1.1\r\nHost: plain.example\r\n\r\n",
                "\u0016\u0003\u0001 is no HTTP\r\n\r\n"
            })
    void whatIsNoRequestToAProxyIsA400(String head) throws IOException {
        int before = origin.requests().size();
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send(head);
            assertThat(client.readResponse("GET").status()).isEqualTo(400);
        }
        assertThat(origin.requests()).hasSize(before);
    }

    @Test
    void aHostThatNamesAnotherIsMisdirected() throws IOException {
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send("GET http://plain.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(421);
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
    }

    /** Node names the proxy itself there; a tunnel leads to its target (RFC 9110 section 9.3.6). */
    @Test
    void theHostOfAConnectDecidesNothing() throws IOException {
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send("CONNECT plain.example:80 HTTP/1.1\r\nHost: evil.example:80\r\n\r\n");
            assertThat(client.readResponse("CONNECT").status()).isEqualTo(200);
            client.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(421);
        }
    }

    @Test
    void targetsAndHeadsAndFieldsAreBounded() throws IOException {
        Limits limits = Limits.DEFAULT;
        String host = "Host: plain.example\r\n";
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send("GET http://plain.example/" + "x".repeat(limits.maxTargetBytes()) + " HTTP/1.1\r\n" + host
                    + "\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(414);
        }
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send("GET http://plain.example/" + "x".repeat(limits.maxHeadBytes()));
            assertThat(client.readResponse("GET").status()).isEqualTo(414);
        }
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send("GET http://plain.example/ HTTP/1.1\r\n" + host + "X: " + "x".repeat(limits.maxHeadBytes())
                    + "\r\n\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(431);
        }
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send(
                    "GET http://plain.example/ HTTP/1.1\r\n" + host + "X: y\r\n".repeat(limits.maxFields()) + "\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(431);
        }
        try (RawClient client = RawClient.connect(gate.port())) {
            client.send("GET http://plain.example/echo HTTP/1.1\r\n" + host + "X: y\r\n".repeat(limits.maxFields() - 1)
                    + "\r\n");
            assertThat(client.readResponse("GET").status()).isEqualTo(200);
        }
    }

    @Test
    void aListenerWithUsersAsksForOneEachTime() throws IOException {
        String right =
                "Proxy-Authorization: Basic " + Base64.getEncoder().encodeToString("agent:secret".getBytes(ISO_8859_1));
        String wrong =
                "Proxy-Authorization: Basic " + Base64.getEncoder().encodeToString("agent:secreT".getBytes(ISO_8859_1));
        try (Gate own = Gate.builder()
                .policy(Policy.of(List.of(Route.named("plain.example").build())))
                .pin("plain.example", 80, origin.port())
                .users(Map.of("agent", "secret"))
                .start()) {
            for (String field : new String[] {"X: y", wrong, right + "\r\n" + right, "Proxy-Authorization: Bearer x"}) {
                try (RawClient client = RawClient.connect(own.port())) {
                    client.send("CONNECT plain.example:80 HTTP/1.1\r\nHost: plain.example\r\n" + field + "\r\n\r\n");
                    ReceivedResponse refused = client.readResponse("GET");
                    assertThat(refused.status()).isEqualTo(407);
                    assertThat(refused.value("proxy-authenticate")).contains("Basic realm=\"egress\"");
                    // The same connection may try again, as curl --proxy-anyauth does.
                    HttpHead accepted = client.connectMethod("plain.example:80", right);
                    assertThat(accepted.status()).isEqualTo(200);
                    assertThat(client.get("/echo", "plain.example").status()).isEqualTo(200);
                }
                try (RawClient client = RawClient.connect(own.port())) {
                    client.send(
                            "GET http://plain.example/echo HTTP/1.1\r\nHost: plain.example\r\n" + field + "\r\n\r\n");
                    assertThat(client.readResponse("GET").status()).isEqualTo(407);
                }
            }
            try (RawClient client = RawClient.connect(own.port())) {
                client.send(
                        "GET http://plain.example/echo?user HTTP/1.1\r\nHost: plain.example\r\n" + right + "\r\n\r\n");
                assertThat(client.readResponse("GET").status()).isEqualTo(200);
            }
            own.awaitQuiet();
        }
        assertThat(origin.requests())
                .noneMatch(request -> request.value("proxy-authorization").isPresent());
    }
}

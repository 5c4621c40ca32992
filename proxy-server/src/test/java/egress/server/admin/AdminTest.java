package egress.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.server.admin.Readiness.Part;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AdminTest {
    private static ReceivedResponse get(InetSocketAddress address, String path, String host) throws IOException {
        try (RawClient client = RawClient.connect(address)) {
            return client.get(path, host);
        }
    }

    private static ReceivedResponse send(InetSocketAddress address, String method, String request) throws IOException {
        try (RawClient client = RawClient.connect(address)) {
            return client.send(request).readResponse(method);
        }
    }

    @Test
    @Row(value = "40.xe", allowed = true)
    void answersProbesAndScrapers() throws Exception {
        try (ProxyUnderTest proxy = ProxyUnderTest.with().start()) {
            assertThat(get(proxy.admin(), "/healthz", "localhost").status()).isEqualTo(200);
            ProxyUnderTest.await(
                    "readiness", () -> proxy.gate().readiness().whyNot().isEmpty());
            assertThat(get(proxy.admin(), "/readyz", "localhost").text()).isEqualTo("ready\n");
            ReceivedResponse metrics = get(proxy.admin(), "/metrics", "localhost");
            assertThat(metrics.value("content-type")).contains("text/plain; version=0.0.4; charset=utf-8");
            assertThat(metrics.text())
                    .contains("egress_ready 1.0\n", "egress_connections_open 0.0\n", "egress_leaf_cached 0.0\n");
            assertThat(get(proxy.admin(), "/", "localhost").status()).isEqualTo(404);
        }
    }

    @Test
    void saysWhyItIsNotReady() throws Exception {
        try (ProxyUnderTest proxy = ProxyUnderTest.with().start()) {
            proxy.gate().readiness().fault(Part.ROUTES, "no valid routes: r.yaml:1: \u001b[31m");
            ReceivedResponse answer = get(proxy.admin(), "/readyz", "localhost");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.text()).startsWith("not ready: ").contains("no valid routes: r.yaml:1: \\x1b[31m");
            assertThat(get(proxy.admin(), "/healthz", "localhost").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "localhost,200",
        "LocalHost:9901,200",
        "127.0.0.1,200",
        "127.0.0.1:1,200",
        "127.1.2.3,200",
        "[::1]:9901,200",
        "evil.example,421",
        "localhost.evil.example,421",
        "127.0.0.1.evil.example,421",
        "192.0.2.7,421",
        "[2001:db8::1],421",
        "0.0.0.0,421",
        "[::1]evil.example,421",
        "'',421"
    })
    @Row("40.xa")
    void refusesAForeignHost(String host, int status) throws IOException {
        try (ProxyUnderTest proxy = ProxyUnderTest.with().start()) {
            assertThat(get(proxy.admin(), "/healthz", host).status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.7:9902,200", "[2001:db8::1],200", "localhost,200", "evil.example,421"})
    @Row("40.xb")
    void theMetricsListenerTakesAnyAddressButNoForeignName(String host, int status) throws IOException {
        try (ProxyUnderTest proxy =
                ProxyUnderTest.with().flags("--metrics", "127.0.0.1:0").start()) {
            InetSocketAddress metrics = proxy.gate().adminAddresses().get(1);
            assertThat(get(metrics, "/readyz", host).status()).isIn(status, status == 200 ? 503 : status);
            assertThat(get(metrics, "/healthz", host).status()).isEqualTo(status);
        }
    }

    @Test
    void aHostOfItsOwnNameIsNotForeign() {
        assertThat(new HostCheck("gate.example", false).accepts("Gate.Example:9901"))
                .isTrue();
        assertThat(new HostCheck("", true).accepts("")).isFalse();
    }

    @Test
    void takesNothingButGetAndHead() throws IOException {
        try (ProxyUnderTest proxy = ProxyUnderTest.with().start()) {
            for (String method : new String[] {"POST", "PUT", "DELETE", "OPTIONS", "CONNECT"}) {
                ReceivedResponse answer =
                        send(proxy.admin(), "GET", method + " /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
                assertThat(answer.status()).describedAs(method).isEqualTo(405);
            }
            ReceivedResponse head = send(proxy.admin(), "HEAD", "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.value("content-length")).contains("3");
        }
    }

    @Test
    @Row("40.xd")
    void twoHostFieldsOrNoneAreRefusedButForHttp10() throws IOException {
        try (ProxyUnderTest proxy = ProxyUnderTest.with().start()) {
            assertThat(send(proxy.admin(), "GET", "GET /healthz HTTP/1.1\r\n\r\n")
                            .status())
                    .isEqualTo(421);
            assertThat(send(proxy.admin(), "GET", "GET /healthz HTTP/1.0\r\n\r\n")
                            .status())
                    .isEqualTo(200);
            assertThat(send(
                                    proxy.admin(),
                                    "GET",
                                    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
                            .status())
                    .isEqualTo(421);
        }
    }

    @Test
    @Row("40.xc")
    void cannotBeReachedThroughTheProxy() throws IOException {
        try (ProxyUnderTest proxy = ProxyUnderTest.with().start();
                RawClient client = proxy.connect()) {
            int port = proxy.admin().getPort();
            ReceivedResponse answer = client.send("GET http://127.0.0.1:" + port
                            + "/metrics HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n")
                    .readResponse("GET");
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.value("x-egress-deny")).contains("address_not_allowed");
        }
    }

    /** That proxy may be on this host, and takes these names for it. */
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost", "a.localhost", "[::ffff:127.0.0.1]"})
    void cannotBeReachedThroughAnotherProxyOfThisHost(String host) throws IOException {
        try (ProxyUnderTest other = ProxyUnderTest.with().start();
                ProxyUnderTest proxy = ProxyUnderTest.with()
                        .flags(
                                "--upstream-proxy",
                                "http://127.0.0.1:" + other.address().getPort())
                        .start();
                RawClient client = proxy.connect()) {
            String authority = host + ":" + proxy.admin().getPort();
            ReceivedResponse answer = client.send(
                            "GET http://" + authority + "/healthz HTTP/1.1\r\nHost: " + authority + "\r\n\r\n")
                    .readResponse("GET");
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.text()).contains("the proxy's own listener");
        }
    }

    @Test
    void adminCanBeTurnedOff() throws IOException {
        try (ProxyUnderTest proxy =
                ProxyUnderTest.with().flags("--admin", "off").start()) {
            assertThat(proxy.gate().adminAddresses()).isEmpty();
        }
    }
}

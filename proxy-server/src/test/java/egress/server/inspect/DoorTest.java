package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets to see the page. */
final class DoorTest {
    private static ProxyUnderTest proxy;
    private static String token;

    @BeforeAll
    static void start() throws IOException {
        proxy = ProxyUnderTest.with().start();
        String url = inspector(proxy).url();
        token = url.substring(url.indexOf('=') + 1);
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
    }

    private static Inspector inspector(ProxyUnderTest of) {
        return of.gate().inspector().orElseThrow();
    }

    private static ReceivedResponse send(String method, String path, String... fields) throws IOException {
        try (RawClient client = RawClient.connect(proxy.admin())) {
            return client.send(method + " " + path + " HTTP/1.1\r\n" + String.join("\r\n", fields) + "\r\n\r\n")
                    .readResponse(method);
        }
    }

    private static String host() {
        return "Host: 127.0.0.1:" + proxy.admin().getPort();
    }

    private static String cookie() throws IOException {
        String set = send("GET", "/inspect?token=" + token, host())
                .value("set-cookie")
                .orElseThrow();
        return "Cookie: " + set.split(";", 2)[0];
    }

    @Test
    void opensByTheTokenAndThenByACookieThatNoOtherSiteSends() throws IOException {
        ReceivedResponse entered = send("GET", "/inspect?token=" + token, host());

        assertThat(entered.status()).isEqualTo(200);
        assertThat(entered.value("set-cookie").orElse(""))
                .contains("; HttpOnly")
                .contains("; SameSite=Strict")
                .contains("; Path=/inspect");
        assertThat(entered.text()).doesNotContain(token);
        assertThat(send("GET", "/inspect/", host(), cookie()).text()).contains("<title>egress-proxy</title>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/inspect",
                "/inspect?token=",
                "/inspect?token=x",
                "/inspect/",
                "/inspect/app.js",
                "/inspect/api/about",
                "/inspect/api/events",
                "/inspect/api/flows/1",
                "/inspect/api/har",
                "/inspect/%2e%2e/healthz"
            })
    void staysShutWithoutIt(String path) throws IOException {
        assertThat(send("GET", path, host()).status()).isEqualTo(403);
        assertThat(send("GET", path, host(), "Cookie: egress-inspect-00000000=" + token)
                        .status())
                .isEqualTo(403);
        assertThat(send("GET", path, host(), "Authorization: Bearer x").status())
                .isEqualTo(403);
    }

    @ParameterizedTest
    @CsvSource({
        "Origin: http://evil.example, 403",
        "Origin: null, 403",
        "Sec-Fetch-Site: cross-site, 403",
        "Sec-Fetch-Site: same-site, 403",
        "Sec-Fetch-Site: same-origin, 200",
        "Sec-Fetch-Site: none, 200",
        "X-Nothing: more, 200",
    })
    void staysShutForAnotherSitesPage(String field, int status) throws IOException {
        assertThat(send("GET", "/inspect/api/about", host(), cookie(), field).status())
                .isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:9901", "192.0.2.7", "127.0.0.1.evil.example"})
    void staysShutForANameThatWasReboundToLoopback(String host) throws IOException {
        assertThat(send("GET", "/inspect?token=" + token, "Host: " + host).status())
                .isEqualTo(421);
    }

    @Test
    void changesNothingForARequestWithoutItsOrigin() throws IOException {
        String own = "Origin: http://127.0.0.1:" + proxy.admin().getPort();

        assertThat(send("POST", "/inspect/api/clear", host(), cookie(), "Content-Length: 0")
                        .status())
                .isEqualTo(403);
        assertThat(send("GET", "/inspect/api/clear", host(), cookie(), own).status())
                .isEqualTo(405);
        assertThat(send("POST", "/inspect/api/clear", host(), cookie(), own, "Content-Length: 0")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void takesNoLargeBodyFromWhoIsNotLetIn() throws IOException {
        assertThat(send("POST", "/inspect/api/replay", host(), "Content-Length: 500000")
                        .status())
                .isEqualTo(413);
        assertThat(send("POST", "/inspect/api/replay", host(), "Transfer-Encoding: chunked")
                        .status())
                .isEqualTo(413);
        assertThat(send("POST", "/healthz", host(), "Authorization: Bearer " + token, "Content-Length: 500000")
                        .status())
                .isEqualTo(413);
    }

    @Test
    void saysToTheBrowserThatNothingComesFromElsewhere() throws IOException {
        ReceivedResponse page = send("GET", "/inspect/", host(), cookie());

        assertThat(page.value("content-security-policy").orElse(""))
                .startsWith("default-src 'none'")
                .contains("script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'")
                .doesNotContain("unsafe");
        assertThat(page.value("referrer-policy")).contains("no-referrer");
        assertThat(page.value("x-content-type-options")).contains("nosniff");
        assertThat(page.value("cache-control")).contains("no-store");
    }

    /** The page shows everything: an agent must not read it through the gate, whatever it calls this machine. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "localhost",
                "LOCALHOST",
                "localhost.",
                "[::1]",
                "[::ffff:127.0.0.1]",
                "0.0.0.0",
                "[::]",
                "127.1",
                "127.0.1",
                "2130706433",
                "0x7f000001",
                "0x7f.1",
                "0177.0.0.1",
                "127.0.0.1.",
                "127.0.0.2"
            })
    void isNotReachedThroughTheGate(String name) throws IOException {
        String target = name + ":" + proxy.admin().getPort();
        try (RawClient client = proxy.connect()) {
            ReceivedResponse answer = client.send("GET http://" + target + "/inspect?token=" + token
                            + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n")
                    .readResponse("GET");
            assertThat(answer.status()).describedAs(answer.text()).isGreaterThanOrEqualTo(400);
            assertThat(answer.value("set-cookie")).isEmpty();
        }
    }

    @Test
    void isNotThereForAGateWithRoutesThatWasNotAskedForIt() throws IOException {
        try (ProxyUnderTest gate = ProxyUnderTest.with().routes("routes: []").start();
                RawClient client = RawClient.connect(gate.admin())) {
            assertThat(gate.gate().inspector()).isEmpty();
            assertThat(client.get("/inspect", "localhost").status()).isEqualTo(404);
        }
    }

    @Test
    void doesNotReplayWhereTheGateHasRoutes() throws IOException {
        try (ProxyUnderTest gate = ProxyUnderTest.with()
                        .routes("routes: []")
                        .flags("--inspect")
                        .start();
                RawClient client = RawClient.connect(gate.admin())) {
            String url = inspector(gate).url();
            String body = "{\"method\":\"GET\",\"url\":\"http://a.example/\"}";
            ReceivedResponse answer = client.send(
                            "POST /inspect/api/replay HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                    + url.substring(url.indexOf('=') + 1) + "\r\nContent-Length: " + body.length()
                                    + "\r\n\r\n" + body)
                    .readResponse("POST");
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.text()).contains("the gate has routes");
        }
    }

    @Test
    void isNotServedToOtherMachines() throws IOException {
        try (ProxyUnderTest gate =
                        ProxyUnderTest.with().flags("--metrics", "127.0.0.1:0").start();
                RawClient client =
                        RawClient.connect(gate.gate().adminAddresses().getLast())) {
            assertThat(client.get("/inspect", "127.0.0.1").status()).isEqualTo(404);
        }
        try (ProxyUnderTest gate =
                ProxyUnderTest.with().flags("--admin", "0.0.0.0:0").start()) {
            assertThat(gate.gate().inspector()).isEmpty();
        }
    }
}

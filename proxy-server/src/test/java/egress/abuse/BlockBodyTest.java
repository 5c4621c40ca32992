package egress.abuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A block says what was denied in the caller's words: never with a credential in them, nor with what a terminal or a browser obeys. */
class BlockBodyTest {
    private static final String AGENTS = "sk-agents-own-0123456789";

    private static Site site;

    @BeforeAll
    static void start() throws IOException {
        site = new Site(builder -> builder.routes("""
                log: 1
                routes:
                  - host: rules.example
                    auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
                    path_allowlist: ["/v1"]
                """));
    }

    @AfterAll
    static void stop() throws IOException {
        site.close();
    }

    private static ReceivedResponse blocked(String request) throws IOException {
        try (RawClient client = site.proxy.connect(Site.RULES + ":443")) {
            return client.send(request.getBytes(ISO_8859_1)).readResponse("GET");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/denied?token=" + AGENTS,
                "/denied?a=b&%74oken=" + AGENTS + "#",
                "/denied;a=b?" + AGENTS,
                "https://user:" + AGENTS + "@rules.example/denied",
                "https://user:" + AGENTS + "%40rules.example/denied",
                "/denied#" + AGENTS,
                "https://" + AGENTS + "@rules.example/denied",
                "/denied/" + Site.TOKEN,
                "/" + Site.TOKEN + "/denied",
                "/bot" + Site.TOKEN + ":x/y",
                "/denied/gate%2dtoken%2d0123456789",
                "/denied/%67ate-token-012345678%39",
                "/denied/%2567ate-token-0123456789",
                "/v1/../" + Site.TOKEN,
            })
    @Row("31.xb")
    void holdsNoCredential(String target) throws IOException {
        ReceivedResponse response = blocked("GET " + target + " HTTP/1.1\r\nHost: rules.example\r\n\r\n");

        assertThat(response.status()).isIn(400, 403);
        assertThat(response.toString() + response.text())
                .doesNotContain(AGENTS, Site.TOKEN, "gate%2dtoken", "%67ate", "%2567ate");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/denied/<script>alert(1)</script>",
                "/denied/%3Cscript%3Ealert(1)%3C/script%3E",
                "/denied/%1b[31m",
                "/denied/%1B]0;title%07",
                "/denied/%9b31m",
                "/denied/%0d%0aX-Injected:%20y",
                "/denied/%e2%80%ae%e2%80%8b",
                "/denied/\u001b[31m",
                "/denied/\u009b31m",
                "/denied/%00",
            })
    @Row("31.xc")
    void holdsNothingThatATerminalOrABrowserObeys(String target) throws IOException {
        ReceivedResponse response = blocked("GET " + target + " HTTP/1.1\r\nHost: rules.example\r\n\r\n");

        assertThat(response.status()).isIn(400, 403);
        assertThat(response.value("content-type")).contains("text/plain; charset=utf-8");
        assertThat(response.value("x-content-type-options")).contains("nosniff");
        assertThat(response.value("x-injected")).isEmpty();
        assertThat(response.text()).matches("egress: [ -~§&&[^<>]]*\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<script>", "A\u001b[31m", "GET<b>"})
    @Row("31.xd")
    void norDoesAMethod(String method) throws IOException {
        assertThat(blocked(method + " /v1 HTTP/1.1\r\nHost: rules.example\r\n\r\n")
                        .text())
                .matches("egress: [ -~§&&[^<>]]*\n");
    }
}

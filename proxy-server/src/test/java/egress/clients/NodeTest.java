package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import egress.testkit.origin.OriginExchange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Node told by {@code NODE_EXTRA_CA_CERTS} alone: its own https and http2, fetch behind undici's ProxyAgent, and ws. */
class NodeTest extends ClientFixture {
    private static Path modules;

    @BeforeAll
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    static void start() throws IOException, InterruptedException {
        modules = Packages.node();
    }

    private static Tool node() {
        return Tool.require("node", "install nodejs")
                .with("MODULES", modules.toString() + "/")
                .with("NODE_EXTRA_CA_CERTS", around.authority().toString());
    }

    private static String run(String program) throws IOException, InterruptedException {
        return node().run(Surroundings.program(program).toString(), around.proxy())
                .ok()
                .out();
    }

    @Test
    void speaksItsOwnHttpsAndHttp2() throws Exception {
        assertThat(run("node-core.mjs").lines())
                .containsExactly(
                        "https: credential and body",
                        "https: keeps its connection",
                        "https: no early hints",
                        "https: trailers both ways",
                        "https: expects a 100",
                        "http: absolute form",
                        "http2: forty streams",
                        "http2: early hints",
                        "http2: trailers",
                        "http2: five mebibytes both ways",
                        "denied in words");
        assertThat(around.origin("h1.example").requests())
                .filteredOn(request -> request.target().equals("/echo?credential"))
                .singleElement()
                .satisfies(
                        request -> assertThat(request.values("authorization")).containsExactly(Surroundings.INJECTED));
    }

    @Test
    void fetchesThroughUndicisProxyAgent() throws Exception {
        assertThat(run("node-fetch.mjs").lines())
                .containsExactly(
                        "h1.example: json",
                        "h1.example: streamed upload",
                        "h1.example: compressed",
                        "h1.example: events as they are sent",
                        "h2.example: json",
                        "h2.example: streamed upload",
                        "h2.example: compressed",
                        "h2.example: events as they are sent",
                        "thirty at a time",
                        "denied in words");
    }

    @Test
    void takesAnAbandonedFetchAwayFromTheOrigin() throws Exception {
        Process process = node().start(Surroundings.program("node-abort.mjs").toString(), around.proxy());
        try {
            OriginExchange held = around.origin("h2.example").takeHeld();
            held.head(200, "content-type", "text/event-stream");
            held.write("data: the only one\n\n");

            assertThat(held.awaitGone()).isNotNull();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void talksOverWs() throws Exception {
        assertThat(run("node-ws.mjs").lines())
                .containsExactly(
                        "h1.example: early message",
                        "h1.example: text, binary, compressed",
                        "h1.example: ping",
                        "h1.example: close",
                        "h2.example: early message",
                        "h2.example: text, binary, compressed",
                        "h2.example: ping",
                        "h2.example: close");
    }
}

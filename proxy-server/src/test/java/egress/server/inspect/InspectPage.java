package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.server.flows.Flow;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The page as a person sees it, in Chromium: one gate and one browser for the tests of a class. */
abstract class InspectPage {
    static final String ANSWERED = "api.example.com";

    @TempDir
    static Path directory;

    static Origin origin;
    static ProxyUnderTest proxy;
    static Browser browser;
    static FlowStore sink;
    static TestCa authority;
    private long id = 1_000_000;

    @BeforeAll
    static void start() throws IOException {
        authority = TestCa.create("origins");
        origin = Origin.tls(authority.leaf(ANSWERED), Alpn.H2_AND_H1);
        origin.on("/echo", exchange -> {
            byte[] body = exchange.readAll();
            exchange.head(200, "content-type", "application/json");
            exchange.write("{\"got\":" + body.length + "}");
            exchange.end();
        });
        proxy = ProxyUnderTest.with()
                .origin(ANSWERED + ":443", origin)
                .trust(authority)
                .start();
        Inspector inspector = proxy.gate().inspector().orElseThrow();
        sink = inspector.store();
        browser = Browser.start(Files.createDirectories(directory.resolve("browser")));
        browser.size(1440, 900);
    }

    @AfterAll
    static void stop() throws IOException {
        browser.close();
        proxy.close();
        origin.close();
    }

    @BeforeEach
    void open() throws InterruptedException {
        sink.clear();
        browser.open(proxy.gate().inspector().orElseThrow().url());
        browser.awaitText("#counts", "live");
    }

    /** Whatever was shown: nothing failed, and nothing was asked of anybody else. */
    @AfterEach
    void askedNobodyElseAndFailedNowhere() {
        String own = "http://127.0.0.1:" + proxy.admin().getPort() + "/inspect";
        assertThat(browser.faults()).isEmpty();
        String picture = "blob:http://127.0.0.1:" + proxy.admin().getPort() + "/";
        assertThat(browser.requested()).isNotEmpty();
        assertThat(browser.requested().stream()
                        .filter(url -> !url.startsWith(own) && !url.startsWith(picture) && !url.equals("about:blank"))
                        .distinct())
                .isEmpty();
    }

    final SampleFlows next() {
        return SampleFlows.flow(id++);
    }

    static void show(Flow... flows) {
        Arrays.stream(flows).forEach(sink::ended);
    }

    final void openDetail(Flow flow, String tab) throws InterruptedException {
        show(flow);
        browser.click(".rows .row");
        browser.click("[role=tab]", tab);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

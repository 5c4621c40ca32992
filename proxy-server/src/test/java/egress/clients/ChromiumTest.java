package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A browser that trusts the gate's authority as a person would have it do, and one that does not. */
class ChromiumTest extends ClientFixture {
    @BeforeAll
    static void start() throws IOException {
        String page = Files.readString(Surroundings.program("page.html"));
        around.origin("h2.example")
                .on("/page", exchange -> exchange.respond(200, page, "content-type", "text/html; charset=utf-8"));
    }

    /** A home whose NSS database trusts the authority. */
    private static Path trustingHome() throws IOException, InterruptedException {
        Path home = Files.createDirectories(directory.resolve("trusting"));
        Path database = Files.createDirectories(home.resolve(".pki").resolve("nssdb"));
        Tool certutil = Tool.require("certutil", "install libnss3-tools");
        certutil.run("-d", "sql:" + database, "-N", "--empty-password").ok();
        certutil.run(
                        "-d",
                        "sql:" + database,
                        "-A",
                        "-n",
                        "the gate",
                        "-t",
                        "C,,",
                        "-i",
                        around.authority().toString())
                .ok();
        return home;
    }

    private static String open(Path home) throws IOException, InterruptedException {
        return Tool.require("chromium", "install chromium")
                .with("HOME", home.toString())
                .with("XDG_CONFIG_HOME", home.resolve(".config").toString())
                .with("XDG_CACHE_HOME", home.resolve(".cache").toString())
                .within(Duration.ofSeconds(90))
                .run(
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--user-data-dir=" + home.resolve("profile"),
                        "--proxy-server=" + around.proxy(),
                        "--virtual-time-budget=20000",
                        "--dump-dom",
                        "https://h2.example/page")
                .ok()
                .out();
    }

    @Test
    void opensAPageWithAllThatBelongsToIt() throws Exception {
        String document = open(trustingHome());

        assertThat(document)
                .contains("<li>navigated by h2</li>")
                .contains("<li>posted: from the page</li>")
                .contains("<li>events: 3</li>")
                .contains("<li>denied: 403</li>");
        assertThat(around.seen("h2.example", "/page").values("authorization")).containsExactly(Surroundings.INJECTED);
    }

    @Test
    void opensNothingWithoutTheAuthority() throws Exception {
        String document = open(Files.createDirectories(directory.resolve("wary")));

        assertThat(document).doesNotContain("navigated by");
        assertThat(around.gate().handshakeFaults()).isNotEmpty();
    }
}

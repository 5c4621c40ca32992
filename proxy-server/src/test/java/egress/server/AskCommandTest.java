package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.cli.CommandLineFactory;
import egress.server.log.Notices;
import egress.testkit.Alpn;
import egress.testkit.Origin;
import egress.testkit.RawClient;
import egress.testkit.ReceivedResponse;
import egress.testkit.TestCa;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code egress-proxy ask} beside a gate that runs. */
final class AskCommandTest {
    private static final String ROUTES = """
            unlisted: later
            routes:
              - host: api.example:443
                ask: later
                matches:
                  - methods: [GET]
                    paths:
                      - {type: prefix, value: /open}
            """;

    @TempDir
    private Path directory;

    private Origin origin;
    private ProxyUnderTest proxy;

    @BeforeEach
    void start() throws IOException {
        TestCa ca = TestCa.create("origins");
        origin = Origin.tls(ca.leaf("api.example", "new.example"), Alpn.H1);
        proxy = ProxyUnderTest.with()
                .routes(ROUTES)
                .environment("SUPERVISE_QUEUE_DIR", queue())
                .origin("api.example:443", origin)
                .origin("new.example:443", origin)
                .trust(ca)
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        origin.close();
    }

    private String queue() {
        return directory.resolve("queue").toString();
    }

    private String said(int status, String... arguments) {
        StringWriter words = new StringWriter();
        CommandLine line = CommandLineFactory.of(
                Map.of("SUPERVISE_QUEUE_DIR", queue()),
                (settings, ca) -> 9,
                new Notices(OutputStream.nullOutputStream()));
        line.setOut(new PrintWriter(words)).setErr(new PrintWriter(words));
        line.getSubcommands().values().forEach(each -> {
            each.setOut(new PrintWriter(words)).setErr(new PrintWriter(words));
            each.getSubcommands()
                    .values()
                    .forEach(below -> below.setOut(new PrintWriter(words)).setErr(new PrintWriter(words)));
        });
        assertThat(line.execute(arguments)).as(words.toString()).isEqualTo(status);
        return words.toString();
    }

    private ReceivedResponse get(String host, String target) throws IOException {
        try (RawClient client = proxy.connect(host + ":443")) {
            return client.get(target, host);
        }
    }

    private String asked(String host, String target) throws Exception {
        String id = get(host, target).value("x-egress-ask").orElseThrow();
        ProxyUnderTest.await("the question", () -> said(0, "ask", "ls").contains(id.substring(0, 8)));
        return id;
    }

    @Test
    void whatIsAskedIsListedShownAllowedAndDenied() throws Exception {
        assertThat(said(0, "ask", "ls")).isEqualTo("no question waits\n");
        String id = asked("api.example", "/x");
        assertThat(said(0, "ask", "ls"))
                .contains("route (later)  addr:loopback  GET https://api.example/x  path_not_allowed");
        assertThat(said(0, "ask", "show", id.substring(0, 6)))
                .contains("ask " + id + " (route)", "path_not_allowed", "    - methods: [GET]");
        assertThat(said(1, "ask", "show", "beef")).contains("no question \"beef\" waits");
        said(2, "ask", "allow", id, "--for", "1h", "--until-exit");
        said(2, "ask", "allow", id, "--for", "1000h");
        said(0, "ask", "deny", id, "--why", "not yours");
        proxy.awaitErr("not yours");
        assertThat(get("api.example", "/x").text()).contains("an operator said no: not yours");
        assertThat(said(0, "ask", "ls")).isEqualTo("no question waits\n");
    }

    @Test
    void whatIsExportedOpensExactlyWhatWasGranted() throws Exception {
        said(0, "ask", "allow", asked("api.example", "/x/y"), "--for", "1h");
        said(0, "ask", "allow", asked("api.example", "/z/1"), "--until-exit", "--path-prefix", "/z");
        said(0, "ask", "allow", asked("new.example", "/n"), "--until-exit");
        ProxyUnderTest.await("what is granted", () -> grants().split("\"id\"", -1).length == 4);

        String patch = said(0, "ask", "export", "--routes", proxy.routesFile().toString());
        Path patched = directory.resolve("patched.yaml");
        Files.copy(proxy.routesFile(), patched);
        Path diff = Files.writeString(directory.resolve("p.diff"), patch);
        assertThat(new ProcessBuilder("patch", "-s", patched.toString(), diff.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        assertThat(said(1, "routes", "diff", proxy.routesFile().toString(), patched.toString()))
                .isEqualTo("""
                        opens:
                          + api.example:443: GET by matches[1].paths[0] exact /x/y
                              such as GET https://api.example/x/y
                          + api.example:443: GET by matches[2].paths[0] prefix /z
                              such as GET https://api.example/z
                          + new.example:443: GET by matches[0].paths[0] exact /n
                              such as GET https://new.example/n

                        3 opened, 0 closed
                        """);
        assertThat(Files.readString(proxy.routesFile())).isEqualTo(ROUTES); // which the gate never writes
    }

    private String grants() {
        try {
            return Files.readString(Path.of(queue(), "grants.json"));
        } catch (IOException e) {
            return "";
        }
    }

    @Test
    void withoutAQueueTheCommandSaysSo() {
        assertThat(said(1, "ask", "ls", "--ask-queue", directory.resolve("none").toString()))
                .contains("no such directory");
    }
}

package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.cli.CommandLineFactory;
import egress.server.log.Notices;
import egress.testkit.Alpn;
import egress.testkit.GitHubToken;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.ReceivedResponse;
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
    /** Of the gate's own environment: masked wherever it stands. */
    private static final String PRIVATE = "kq7zt2vw9xhn4mpl8rbd";

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
        origin = Origin.tls(ca.leaf("api.example", "new.example", "a.wide.example"), Alpn.H1);
        proxy = ProxyUnderTest.with()
                .routes(ROUTES)
                .environment("SUPERVISE_QUEUE_DIR", queue())
                .environment("EGRESS_TOKEN_0", PRIVATE)
                .origin("api.example:443", origin)
                .origin("new.example:443", origin)
                .origin("a.wide.example:443", origin)
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

    @Test
    void whatNoLinesOfARoutesFileSayIsSaidInWords() throws Exception {
        proxy.reload("""
            unlisted: later
            routes:
              - host: api.example:443
                ask: later
                dlp: {outbound_on_match: supervise}
                matches:
                  - methods: [GET]
                    paths:
                      - {type: prefix, value: /open}
              - host: "*.wide.example"
                ask: later
                dlp: {outbound_on_match: supervise}
                matches:
                  - methods: [GET]
                    paths:
                      - {type: prefix, value: /open}
            """);
        String token = GitHubToken.of(3);
        said(0, "ask", "allow", asked("api.example", "/once"));
        said(0, "ask", "allow", asked("api.example", "/open?t=" + token), "--until-exit");
        said(0, "ask", "allow", asked("a.wide.example", "/x"), "--for", "1h");
        said(0, "ask", "allow", asked("a.wide.example", "/open?t=" + token), "--for", "1h");
        said(0, "ask", "allow", asked("new.example", "/seen/" + PRIVATE), "--until-exit");
        ProxyUnderTest.await("what is granted", () -> grants().split("\"id\"", -1).length == 6);

        String words = said(1, "ask", "export", "--routes", proxy.routesFile().toString());
        assertThat(words.lines().toList())
                .satisfiesExactlyInAnyOrder(
                        line -> assertThat(line)
                                .isEqualTo("egress: GET https://api.example:443, /once: for one request, which no rule"
                                        + " says"),
                        line -> assertThat(line)
                                .contains(
                                        "api.example:443: put into allow_fingerprints of its dlp: [",
                                        "and not only in what was granted: GET https://api.example:443, /open"),
                        line -> assertThat(line)
                                .contains(
                                        "GET https://a.wide.example:443, /x: only the pattern *.wide.example holds",
                                        "rules hold for its other names too"),
                        line -> assertThat(line)
                                .contains(
                                        "GET https://a.wide.example:443, /open: only the pattern *.wide.example",
                                        "allow_fingerprints would let the value \"fp:".replace("\"", "")),
                        line -> assertThat(line)
                                .isEqualTo("egress: GET https://new.example:443: a path has a secret in it, and is not"
                                        + " told (expected: a rule by hand)"));
        assertThat(words + grants()).doesNotContain(token, PRIVATE);
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

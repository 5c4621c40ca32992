package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.FreePort;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How the packaged program starts, and how it refuses to. */
final class StartIT {
    @TempDir
    private Path directory;

    private static Tool.Result run(Tool java, String... arguments) throws IOException, InterruptedException {
        String[] all = new String[arguments.length + 2];
        all[0] = "-jar";
        all[1] = Child.jar().toString();
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return java.run(all);
    }

    private static Tool java() {
        return Tool.of(Child.java());
    }

    private static ReceivedResponse get(Child child, String url) throws IOException, InterruptedException {
        String host = url.substring("http://".length()).split("/", 2)[0];
        try (RawClient client = RawClient.connect(child.port())) {
            return client.send("GET " + url + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                    .readResponse("GET");
        }
    }

    @Test
    @Row("39.xa")
    void badRoutesAtTheStartDenyEverythingUntilTheyAreMended() throws Exception {
        Path routes = Files.writeString(directory.resolve("routes.yaml"), "routes: [{hots: a.example}]\n");
        try (Child child = Child.start("--routes", routes.toString())) {
            child.awaitErr("routes.yaml:1");
            child.awaitErr("there are no valid routes: everything is denied until a reload finds some");
            ReceivedResponse denied = get(child, "http://a.example/");
            assertThat(denied.status()).isEqualTo(403);
            assertThat(denied.value("x-egress-deny")).contains("policy_unavailable");
            assertThat(denied.text()).doesNotContain("hots").doesNotContain(directory.toString());
            Files.writeString(routes, "routes: [{host: a.example}]\n");
            child.signal("HUP");
            child.awaitErr("loaded 1 route(s): a.example [log=off]");
            assertThat(get(child, "http://b.example/").value("x-egress-deny")).contains("host_not_allowed");
        }
    }

    @Test
    void missingRoutesAtTheStartDenyEverythingAndTheIntervalFindsThem() throws Exception {
        Path routes = directory.resolve("routes.yaml");
        try (Child child = Child.start("--routes", routes.toString(), "--reload-interval", "50ms")) {
            assertThat(get(child, "http://a.example/").value("x-egress-deny")).contains("policy_unavailable");
            Files.writeString(routes, "routes: [{host: a.example}]\n");
            child.awaitErr("loaded 1 route(s): a.example [log=off]");
        }
    }

    @Test
    void withoutRoutesItSaysLoudlyThatItIsADebuggingProxy() throws Exception {
        try (Child child = Child.start()) {
            assertThat(child.awaitErr("NO ROUTES"))
                    .contains("allows everything")
                    .contains("private addresses");
        }
    }

    @Test
    void withoutRoutesItDoesNotListenBeyondLoopback() throws Exception {
        Tool.Result result = run(java(), "--listen", "0.0.0.0:0");
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err())
                .isEqualTo("egress: --listen: 0.0.0.0:0"
                        + " (expected: a loopback address, because without --routes everything is allowed)\n");
    }

    @Test
    void anAddressInUseIsOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            Tool.Result listen = run(java(), "--ca-ephemeral", "--listen", address, "--admin", "off");
            assertThat(listen.exit()).isEqualTo(1);
            assertThat(listen.err())
                    .startsWith("egress: --listen: cannot listen on " + address + ": ")
                    .endsWith(" (expected: another port, or 0 for one that is free)\n")
                    .hasLineCount(1);
            Tool.Result admin = run(java(), "--ca-ephemeral", "--listen", "127.0.0.1:0", "--admin", address);
            assertThat(admin.exit()).isEqualTo(1);
            assertThat(admin.err())
                    .startsWith("egress: --admin: cannot listen on " + address + ": ")
                    .endsWith(" (expected: another port, or --admin off)\n")
                    .hasLineCount(1);
        }
    }

    @Test
    void aCertificateOfAnotherCaThatItReplacesIsSpokenOf() throws Exception {
        Path out = directory.resolve("ca.pem");
        String word = "--ca-cert-out: the certificate of another CA was there";
        try (Child first = Child.start("--ca-cert-out", out.toString())) {
            first.port();
            first.signal("TERM");
            assertThat(first.awaitExit()).isZero();
            assertThat(first.err()).noneMatch(line -> line.contains(word));
        }
        try (Child second = Child.start("--ca-cert-out", out.toString())) {
            second.awaitErr(word);
        }
    }

    @Test
    @Row("38.xd")
    void aCaThatIsNotThereIsNeverReplacedByAnother() throws Exception {
        Path missing = directory.resolve("none.pem");
        Tool.Result result = run(java(), "--listen", "127.0.0.1:0", "--admin", "off", "--ca", missing.toString());
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("egress: " + missing + ": there is no such file")
                .hasLineCount(1);
        assertThat(missing).doesNotExist();
    }

    static Stream<Arguments> wrongAuthorities() {
        TestCa ca = TestCa.create("a");
        TestCa other = TestCa.create("b");
        TestLeaf leaf = ca.leaf("leaf.example");
        String certificate = pem("CERTIFICATE", encoded(ca.certificate()));
        return Stream.of(
                Arguments.of(
                        "the key of another",
                        certificate + pem("PRIVATE KEY", other.key().getEncoded())),
                Arguments.of("no key", certificate),
                Arguments.of("no certificate", pem("PRIVATE KEY", ca.key().getEncoded())),
                Arguments.of(
                        "a leaf",
                        pem("CERTIFICATE", encoded(leaf.chain().getFirst()))
                                + pem("PRIVATE KEY", leaf.key().getEncoded())),
                Arguments.of("no PEM", "nothing of the kind"),
                Arguments.of("an empty file", ""),
                Arguments.of("a file cut short", certificate.substring(0, 200)));
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String pem(String type, byte[] der) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + type + "-----\n" + lines + "\n-----END " + type + "-----\n";
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongAuthorities")
    @Row("38.xe")
    void aCaThatIsWrongEndsTheStartInOneLine(String what, String content) throws Exception {
        Path file = Files.writeString(directory.resolve("ca.pem"), content);
        Tool.Result result = run(java(), "--listen", "127.0.0.1:0", "--admin", "off", "--ca", file.toString());
        assertThat(result.exit()).as(what).isEqualTo(1);
        assertThat(result.err()).startsWith("egress: " + file).hasLineCount(1).doesNotContain("PRIVATE");
    }

    @Test
    void anUpstreamTrustFileThatHoldsNoCertificateEndsTheStart() throws Exception {
        Path empty = Files.writeString(directory.resolve("empty.pem"), "nothing\n");
        try (Child child = Child.start("--upstream-ca", empty.toString())) {
            assertThat(child.awaitExit()).isEqualTo(1);
            child.awaitErr("empty.pem: no certificate in it");
        }
    }

    @Test
    void aMistypedVariableIsWarnedOf() throws Exception {
        Tool tool = java().with("EGRESS_LISTN", "x").with("EGRESS_TOKEN_0", "y");
        List<String> arguments =
                List.of("-jar", Child.jar().toString(), "--listen", "127.0.0.1:0", "--admin", "off", "--ca-ephemeral");
        try (Child child = Child.of(tool, arguments.toArray(String[]::new))) {
            assertThat(child.awaitErr("unknown variable(s)"))
                    .contains("EGRESS_LISTN")
                    .doesNotContain("TOKEN");
        }
    }

    @Test
    void theHealthOfThePackagedProgramCanBeAskedAndItsMetricsScraped() throws Exception {
        String admin = "127.0.0.1:" + FreePort.find();
        try (Child child = Child.of(
                java(),
                "-jar",
                Child.jar().toString(),
                "--listen",
                "127.0.0.1:0",
                "--admin",
                admin,
                "--ca-ephemeral")) {
            child.port();
            Tool.Result health =
                    run(java(), "health", "--admin", admin, "--live").ok();
            assertThat(health.out()).isEqualTo("ok\n");
            int port = Integer.parseInt(admin.substring(admin.indexOf(':') + 1));
            try (RawClient client = RawClient.connect(port)) {
                assertThat(client.get("/metrics", "localhost").text()).contains("egress_info{version=");
            }
            child.signal("TERM");
            assertThat(child.awaitExit()).isZero();
        }
        assertThat(run(java(), "health", "--admin", admin).exit()).isEqualTo(1);
    }

    @Test
    void versionAndHelpGoToStandardOutput() throws Exception {
        Tool.Result version = run(java(), "--version").ok();
        assertThat(version.out()).startsWith("egress-proxy 0.");
        Tool.Result help = run(java(), "--help").ok();
        assertThat(help.out()).contains("--routes", "--listen", "ca ", "env ");
        assertThat(help.err()).isEmpty();
    }

    @Test
    void plainJavaPrintsNoWarningOfItsOwn() throws Exception {
        try (Child child = Child.of(
                java(),
                "-jar",
                Child.jar().toString(),
                "--listen",
                "127.0.0.1:0",
                "--admin",
                "off",
                "--ca-ephemeral")) {
            child.port();
            assertThat(get(child, "http://_egress.local/ca.pem").status()).isEqualTo(200);
            child.signal("TERM");
            assertThat(child.awaitExit()).isZero();
            assertThat(child.err()).allSatisfy(line -> assertThat(line).startsWith("egress: "));
        }
    }
}

package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.abuse.Row;
import egress.ca.CaDirectory;
import egress.ca.CaException;
import egress.ca.Issuer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class CaCommandsTest {
    @TempDir
    Path temporary;

    private record Run(int status, String out, String err) {}

    private static Run run(Object command, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = new CommandLine(command)
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
        return new Run(status, out.toString(), err.toString());
    }

    private Path directory() {
        return temporary.resolve("it's a ca");
    }

    private Issuer kept() throws CaException {
        return new CaDirectory(directory(), InstantSource.system(), new SecureRandom())
                .load()
                .orElseThrow();
    }

    private Run ca(String... arguments) {
        return run(new CaCommand(), arguments);
    }

    @Command(name = "main")
    private static final class WithOptions implements Runnable {
        @Mixin
        CaOptions options = new CaOptions();

        @Override
        public void run() {}
    }

    private static Issuer options(Map<String, String> environment, String... arguments) throws CaException {
        WithOptions command = new WithOptions();
        CommandLine line = new CommandLine(command);
        line.setDefaultValueProvider(argument ->
                argument instanceof CommandLine.Model.OptionSpec option ? environment.get(option.longestName()) : null);
        line.parseArgs(arguments);
        return command.options.issuer(InstantSource.system(), new SecureRandom());
    }

    @Test
    void initMakesACaOnceAndShowDescribesIt() throws Exception {
        Run made = ca("init", "--ca-dir", directory().toString());
        assertThat(made.status()).isZero();
        assertThat(made.out()).startsWith("Made a CA:").contains("sha256:" + kept().fingerprint());
        Run again = ca("init", "--ca-dir", directory().toString());
        assertThat(again.out()).startsWith("There is a CA already:").contains(kept().fingerprint());
        Run shown = ca("show", "--ca-dir", directory().toString());
        assertThat(shown.out())
                .contains(directory().resolve("ca.pem").toString())
                .contains("CN=egress-proxy CA ")
                .contains(kept().fingerprint());
    }

    @Test
    void showAndExportMakeNothing() {
        for (String command : List.of("show", "export")) {
            Run run = ca(command, "--ca-dir", directory().toString());
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.err()).startsWith("egress: " + directory() + ": has no CA");
        }
        assertThat(directory()).doesNotExist();
    }

    @Test
    void withoutASubcommandItSaysWhatThereIs() {
        assertThat(ca().status()).isEqualTo(2);
        assertThat(ca().err()).contains("init, show or export");
    }

    @Test
    void exportsEveryFormat() throws Exception {
        ca("init", "--ca-dir", directory().toString());
        Run text = ca("export", "--ca-dir", directory().toString());
        assertThat(text.out()).isEqualTo(Files.readString(directory().resolve("ca.pem")));
        for (String format : List.of("pem", "der", "p12", "jks", "bundle")) {
            Path out = temporary.resolve("out." + format);
            Run run = ca(
                    "export",
                    "--ca-dir",
                    directory().toString(),
                    "--format",
                    format,
                    "--out",
                    out.toString(),
                    "--password",
                    "a password");
            assertThat(run.status()).as(run.err()).isZero();
            assertThat(new String(Files.readAllBytes(out), StandardCharsets.ISO_8859_1))
                    .doesNotContain("PRIVATE");
        }
        for (String type : List.of("p12", "jks")) {
            KeyStore store =
                    KeyStore.getInstance(temporary.resolve("out." + type).toFile(), "a password".toCharArray());
            assertThat(store.getCertificate("egress-proxy")).isEqualTo(kept().certificate());
        }
        assertThat(Files.readString(temporary.resolve("out.bundle")))
                .startsWith(text.out())
                .hasSizeGreaterThan(10_000);
        assertThat(Files.readAllBytes(temporary.resolve("out.der"))).isEqualTo(kept().encoded());
    }

    @ParameterizedTest
    @CsvSource({
        "export --format der, --out: is missing",
        "export --format p12 --out x --password short, --password: is too short",
        "export --format what, --format",
        "show --ca a --ca-dir b, set together",
    })
    void explainsWrongUsage(String arguments, String expected) {
        Run run = ca(arguments.split(" "));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains(expected).contains("xpected");
    }

    @Test
    void saysWhereItCannotWrite() {
        ca("init", "--ca-dir", directory().toString());
        Run run = ca(
                "export",
                "--ca-dir",
                directory().toString(),
                "--out",
                temporary.resolve("no/such").toString());
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("no/such: cannot be written");
    }

    @Test
    void envPrintsABlockThatAShellUnderstands() throws Exception {
        Run run = run(
                new EnvCommand(Map.of()), "--ca-dir", directory().toString(), "--proxy", "http://gate.example:8080");
        assertThat(run.status()).as(run.err()).isZero();
        Map<String, String> seen = evaluate(run.out());
        String ca = directory().resolve("ca.pem").toString();
        String bundle = directory().resolve("bundle.pem").toString();
        for (String name : List.of(
                "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "YARN_HTTP_PROXY", "YARN_HTTPS_PROXY")) {
            assertThat(seen).containsEntry(name, "http://gate.example:8080");
        }
        assertThat(seen).containsKeys("NO_PROXY", "no_proxy");
        assertThat(seen).containsEntry("NODE_EXTRA_CA_CERTS", ca).containsEntry("DENO_CERT", ca);
        for (String name : List.of(
                "SSL_CERT_FILE",
                "REQUESTS_CA_BUNDLE",
                "CURL_CA_BUNDLE",
                "GIT_SSL_CAINFO",
                "CARGO_HTTP_CAINFO",
                "PIP_CERT",
                "AWS_CA_BUNDLE",
                "CODEX_CA_CERTIFICATE",
                "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
                "npm_config_cafile",
                "YARN_HTTPS_CA_FILE_PATH")) {
            assertThat(seen).containsEntry(name, bundle);
        }
        assertThat(Files.readString(Path.of(bundle)))
                .startsWith(Files.readString(Path.of(ca)))
                .hasSizeGreaterThan(10_000)
                .doesNotContain("PRIVATE");
    }

    @Test
    void envKeepsWgetsOwnSettingsAndAddsTheBundle() throws Exception {
        Files.writeString(temporary.resolve(".wgetrc"), "tries = 3\nca_certificate = /elsewhere.pem");
        Path wgetrc = directory().resolve("wgetrc");
        String expected = "tries = 3\nca_certificate = /elsewhere.pem\nca_certificate = "
                + directory().resolve("bundle.pem") + "\n";
        for (Map<String, String> environment : List.of(
                Map.of("HOME", temporary.toString()),
                Map.of("HOME", temporary.toString(), "WGETRC", wgetrc.toString()),
                Map.of("WGETRC", temporary.resolve(".wgetrc").toString()))) {
            Run run = run(new EnvCommand(environment), "--ca-dir", directory().toString());
            assertThat(evaluate(run.out())).containsEntry("WGETRC", wgetrc.toString());
            assertThat(wgetrc).hasContent(expected);
        }
        assertThat(Files.getPosixFilePermissions(wgetrc)).hasToString("[OWNER_READ, OWNER_WRITE]");
    }

    /** What a shell that evaluates the block then exports. */
    private Map<String, String> evaluate(String block) throws IOException, InterruptedException {
        Path file = Files.writeString(temporary.resolve("block"), block);
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", ". \"$0\" && env -0", file.toString());
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv("PATH"));
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        Map<String, String> seen = new LinkedHashMap<>();
        for (String line : output.split("\0", 0)) {
            seen.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
        }
        return seen;
    }

    @Test
    void envGivesJavaOptionsThatAJvmUnderstands() throws Exception {
        Run run = run(new EnvCommand(Map.of()), "--ca-dir", directory().toString());
        String options = evaluate(run.out()).get("JAVA_TOOL_OPTIONS");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XshowSettings:properties",
                "-version");
        builder.environment().put("JAVA_TOOL_OPTIONS", String.valueOf(options));
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output)
                .contains("javax.net.ssl.trustStore = " + directory().resolve("truststore.jks") + "\n")
                .contains("https.proxyHost = 127.0.0.1\n")
                .contains("https.proxyPort = 9099\n")
                .contains("http.nonProxyHosts = localhost|127.*|[::1]\n");
        KeyStore store =
                KeyStore.getInstance(directory().resolve("truststore.jks").toFile(), (char[]) null);
        assertThat(store.size()).isGreaterThan(10);
        assertThat(store.getCertificate("egress-proxy")).isEqualTo(kept().certificate());
    }

    @Test
    void envRunTwiceInOneShellDoesNotPileUp() throws Exception {
        run(new EnvCommand(Map.of()), "--ca-dir", directory().toString());
        Path bundle = directory().resolve("bundle.pem");
        byte[] first = Files.readAllBytes(bundle);
        run(
                new EnvCommand(Map.of("SSL_CERT_FILE", bundle.toString())),
                "--ca-dir",
                directory().toString());
        assertThat(Files.readAllBytes(bundle)).isEqualTo(first);
    }

    @Test
    @Row("38.xc")
    void envNeverNamesTheFileThatHoldsTheKey() throws Exception {
        ca("init", "--ca-dir", directory().toString());
        Path both = Files.writeString(
                temporary.resolve("mine.pem"),
                Files.readString(directory().resolve("ca-key.pem"))
                        + Files.readString(directory().resolve("ca.pem")));
        String before = Files.readString(both);
        Run run = run(new EnvCommand(Map.of()), "--ca", both.toString());
        assertThat(run.status()).as(run.err()).isZero();
        for (String value : evaluate(run.out()).values()) {
            assertThat(value).isNotEqualTo(both.toString());
        }
        assertThat(Files.readString(both)).isEqualTo(before);
        for (String name : List.of("mine.trust.pem", "mine.bundle.pem", "mine.truststore.jks")) {
            assertThat(new String(Files.readAllBytes(temporary.resolve(name)), StandardCharsets.ISO_8859_1))
                    .doesNotContain("PRIVATE");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1:9099", "https://a:1", "http://a", "http://a:1/x", "http://a:99999", "http://a b:1", ""
            })
    void envRefusesWhatIsNoProxy(String proxy) {
        Run run = run(new EnvCommand(Map.of()), "--ca-dir", directory().toString(), "--proxy", proxy);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("--proxy: " + proxy + " (expected: http://HOST:PORT)");
        assertThat(directory()).doesNotExist();
    }

    @Test
    void anEphemeralAuthorityLeavesNothingOnDiskButTheCertificateAskedFor() throws Exception {
        Path out = temporary.resolve("out.pem");
        Issuer issuer = options(Map.of(), "--ca-ephemeral", "--ca-cert-out", out.toString());
        assertThat(Files.readString(out))
                .startsWith("-----BEGIN CERTIFICATE-----")
                .doesNotContain("PRIVATE");
        try (var files = Files.list(temporary)) {
            assertThat(files).containsExactly(out);
        }
        assertThat(options(Map.of(), "--ca-ephemeral").fingerprint()).isNotEqualTo(issuer.fingerprint());
    }

    @Test
    @Row("38.xb")
    void aGivenFileThatIsMissingIsFatal() {
        Path missing = temporary.resolve("missing.pem");
        assertThatThrownBy(() -> options(Map.of(), "--ca", missing.toString()))
                .isInstanceOf(CaException.class)
                .hasMessageContaining("there is no such file");
        assertThat(missing).doesNotExist();
    }

    @Test
    void theCommandLineWinsOverTheEnvironment() throws Exception {
        String dir = directory().toString();
        Issuer kept = options(Map.of(), "--ca-dir", dir);
        Map<String, String> environment =
                Map.of("--ca", temporary.resolve("missing.pem").toString());
        assertThat(options(environment, "--ca-dir", dir).fingerprint()).isEqualTo(kept.fingerprint());
        assertThat(options(Map.of("--ca-dir", dir)).fingerprint()).isEqualTo(kept.fingerprint());
        assertThat(options(Map.of("--ca-ephemeral", "true"), "--ca-dir", dir).fingerprint())
                .isEqualTo(kept.fingerprint());
    }

    @Test
    void refusesTwoSourcesOfTheSameRank() {
        String dir = directory().toString();
        assertThatThrownBy(() -> options(Map.of(), "--ca-dir", dir, "--ca-ephemeral"))
                .isInstanceOf(ParameterException.class)
                .hasMessage("--ca-dir, --ca-ephemeral: are set together (expected: one of them)");
        assertThatThrownBy(() -> options(Map.of("--ca-dir", dir, "--ca", "x"))).isInstanceOf(ParameterException.class);
    }

    @Test
    void expandsTheHomeDirectory() {
        String home = System.getProperty("user.home");
        assertThat(CaLocation.expandHome(Path.of("~/x/y"))).isEqualTo(Path.of(home, "x", "y"));
        assertThat(CaLocation.expandHome(Path.of("/x/~"))).isEqualTo(Path.of("/x/~"));
    }
}

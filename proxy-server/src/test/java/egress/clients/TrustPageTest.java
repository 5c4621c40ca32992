package egress.clients;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import egress.testkit.Tool;
import egress.testkit.origin.Origin;
import egress.testkit.origin.OriginExchange;
import egress.testkit.origin.RecordedRequest;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that know no more than what a shell exports that has run the lines of the trust page, as they stand there. What a
 * user has set before, and which names other authorities, does not get in the way.
 */
class TrustPageTest {
    private static final String REGISTRY = "registry.example";
    private static final String GRPC = "grpc.example";
    private static final byte[] PACKAGE = archive("{\"name\": \"tiny\", \"version\": \"1.0.0\"}");

    @TempDir
    static Path directory;

    private static final EchoService SERVICE = new EchoService();
    private static Server grpc;
    private static Origin registry;
    private static ProxyUnderTest proxy;
    private static Path home;
    private static Path elsewhere;
    private static Map<String, String> exported = Map.of();

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        TestCa origins = TestCa.create("origins");
        TestLeaf leaf = origins.leaf(GRPC);
        grpc = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
                .useTransportSecurity(
                        leaf.writeChain(directory.resolve("chain.pem")).toFile(),
                        leaf.writeKey(directory.resolve("key.pem")).toFile())
                .addService(SERVICE.definition())
                .intercept(SERVICE)
                .build()
                .start();
        registry = Origin.tls(origins.leaf(REGISTRY), Alpn.H2_AND_H1);
        registry.on("/tiny", TrustPageTest::describe);
        registry.on("/tiny/-/tiny-1.0.0.tgz", TrustPageTest::download);
        proxy = ProxyUnderTest.with()
                .routes("routes: [{host: " + REGISTRY + "}, {host: " + GRPC + "}]")
                .trust(origins)
                .origin(REGISTRY + ":443", registry)
                .pin(GRPC + ":443", grpc.getPort())
                .start();
        home = Files.createDirectories(directory.resolve("home"));
        elsewhere = TestCa.create("elsewhere").writePem(directory.resolve("elsewhere.pem"));
        exported = onboard();
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        registry.close();
        grpc.shutdownNow();
    }

    /** Runs what the page shows for "a shell, and everything started from it". */
    private static Map<String, String> onboard() throws IOException, InterruptedException {
        String url = "http://127.0.0.1:" + proxy.port();
        String page = Tool.require("curl", "install curl")
                .run("-fsS", "--proxy", url, "http://_egress.local/")
                .ok()
                .out();
        Matcher blocks = Pattern.compile("<pre>(.*?)</pre>", Pattern.DOTALL).matcher(page);
        StringBuilder script = new StringBuilder("set -e\n");
        for (int i = 0; i < 2; i++) {
            assertThat(blocks.find()).isTrue();
            script.append(unescaped(blocks.group(1))).append('\n');
        }
        String out = Tool.require("sh", "install a shell")
                .with("HOME", home.toString())
                .run("-c", script + "env -0")
                .ok()
                .out();
        Map<String, String> seen = new LinkedHashMap<>();
        for (String line : out.substring(out.indexOf('\n') + 1).split("\0", 0)) {
            seen.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
        }
        return seen;
    }

    private static String unescaped(String html) {
        return html.replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&");
    }

    /** The tool in that shell. */
    private static Tool onboarded(Tool tool) {
        Tool told = tool;
        for (Map.Entry<String, String> variable : exported.entrySet()) {
            told = told.with(variable.getKey(), variable.getValue());
        }
        return told;
    }

    private static void describe(OriginExchange exchange) throws IOException {
        String host = "https://" + REGISTRY;
        exchange.respond(
                200,
                "{\"name\": \"tiny\", \"dist-tags\": {\"latest\": \"1.0.0\"}, \"versions\": {\"1.0.0\":"
                        + " {\"name\": \"tiny\", \"version\": \"1.0.0\", \"dist\": {\"tarball\": \"" + host
                        + "/tiny/-/tiny-1.0.0.tgz\", \"shasum\": \"" + sha1(PACKAGE) + "\"}}}}\n");
    }

    private static void download(OriginExchange exchange) throws IOException {
        exchange.head(200, "content-length", Integer.toString(PACKAGE.length));
        exchange.write(PACKAGE);
        exchange.end();
    }

    private static String sha1(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** A tar of one file (POSIX ustar), compressed, as a registry keeps packages. */
    private static byte[] archive(String json) {
        byte[] content = json.getBytes(US_ASCII);
        byte[] tar = new byte[512 + 512 + 1024];
        put(tar, 0, "package/package.json");
        put(tar, 100, "0000644\0" + "0000000\0" + "0000000\0");
        put(tar, 124, String.format("%011o ", content.length) + "00000000000 " + "        0");
        put(tar, 257, "ustar\0" + "00");
        int sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += tar[i];
        }
        put(tar, 148, String.format("%06o\0 ", sum));
        System.arraycopy(content, 0, tar, 512, content.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(tar);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static void put(byte[] tar, int at, String text) {
        byte[] octets = text.getBytes(US_ASCII);
        System.arraycopy(octets, 0, tar, at, octets.length);
    }

    private static Path project(String name, String file, String settings) throws IOException {
        Path project = Files.createDirectories(directory.resolve(name));
        Files.writeString(project.resolve("package.json"), "{\"name\": \"" + name + "\", \"version\": \"1.0.0\"}");
        Files.writeString(project.resolve(file), settings);
        return project;
    }

    private static Tool node() throws IOException, InterruptedException {
        return onboarded(Tool.require("node", "install nodejs"))
                .with("MODULES", Packages.node() + "/")
                .with("HOME", home.toString());
    }

    private static void assertDownloaded(String by) {
        assertThat(registry.requests())
                .filteredOn(request -> request.target().endsWith(".tgz"))
                .extracting(TrustPageTest::agent)
                .anySatisfy(agent -> assertThat(agent).contains(by));
    }

    private static String agent(RecordedRequest request) {
        return request.value("user-agent").orElse("");
    }

    @Test
    void wgetDownloads() throws Exception {
        Files.writeString(home.resolve(".wgetrc"), "ca_certificate = " + elsewhere + "\n");

        Tool.Result got = onboarded(Tool.require("wget", "install wget"))
                .with("HOME", home.toString())
                .run("-q", "-O", "-", "https://" + REGISTRY + "/tiny");

        assertThat(got.ok().out()).contains("\"tiny\"");
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void npmInstallsAlsoWhereItsConfigurationNamesAnotherAuthority() throws Exception {
        Path project = project(
                "by-npm",
                ".npmrc",
                "registry=https://" + REGISTRY + "/\ncafile=" + elsewhere + "\nupdate-notifier=false\n");

        onboarded(Tool.require("npm", "install nodejs and npm"))
                .with("HOME", home.toString())
                .in(project)
                .run("install", "--no-audit", "--no-fund", "--userconfig", "/dev/null", "tiny")
                .ok();

        assertThat(project.resolve("node_modules/tiny/package.json")).exists();
        assertDownloaded("npm/");
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void yarnClassicInstallsAlsoWhereItsConfigurationNamesAnotherAuthority() throws Exception {
        Path project = project("by-yarn-1", ".npmrc", "registry=https://" + REGISTRY + "/\ncafile=" + elsewhere + "\n");

        node().in(project)
                .run(
                        Packages.node().resolve("node_modules/yarn/bin/yarn.js").toString(),
                        "add",
                        "tiny",
                        "--registry",
                        "https://" + REGISTRY + "/",
                        "--cache-folder",
                        project.resolve("cache").toString())
                .ok();

        assertThat(project.resolve("node_modules/tiny/package.json")).exists();
        assertDownloaded("yarn/1");
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void yarnInstallsAlsoWhereItsConfigurationNamesAnotherAuthority() throws Exception {
        Path project = project(
                "by-yarn-4",
                ".yarnrc.yml",
                "npmRegistryServer: \"https://" + REGISTRY + "\"\nhttpsCaFilePath: \"" + elsewhere
                        + "\"\nenableTelemetry: false\nnpmMinimalAgeGate: 0\nenableGlobalCache: false\nnodeLinker: node-modules\n");
        Files.writeString(project.resolve("yarn.lock"), "");

        node().in(project)
                .run(
                        Packages.node()
                                .resolve("node_modules/@yarnpkg/cli-dist/bin/yarn.js")
                                .toString(),
                        "add",
                        "tiny")
                .ok();

        assertThat(project.resolve("node_modules/tiny/package.json")).exists();
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void grpcOfNodeCalls() throws Exception {
        assertThat(node().run(Surroundings.program("grpc-echo.mjs").toString(), GRPC + ":443")
                        .ok()
                        .out())
                .isEqualTo("answered: hello\n");
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void grpcOfPythonCalls() throws Exception {
        assertThat(onboarded(Tool.of(Packages.python()))
                        .run(Surroundings.program("grpc_echo.py").toString(), GRPC + ":443")
                        .ok()
                        .out())
                .isEqualTo("answered: hello\n");
    }

    @Test
    void everyFileOfThePageIsThere() throws IOException {
        for (String name : Arrays.asList("ca.pem", "bundle.pem", "bundle.jks", "wgetrc")) {
            assertThat(home.resolve(".egress-trust").resolve(name)).isNotEmptyFile();
        }
        assertThat(Files.readString(home.resolve(".egress-trust/wgetrc"), UTF_8))
                .isEqualTo("ca_certificate = ~/.egress-trust/bundle.pem\n");
    }
}

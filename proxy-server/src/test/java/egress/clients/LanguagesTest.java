package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients as the languages bring them: Python, Node, Go, Java; and OpenSSL's own. */
class LanguagesTest {
    private static final String PACKAGES = "requests==2.32.5";
    private static final String MORE_PACKAGES = "httpx[http2]==0.28.1";

    @TempDir
    static Path directory;

    private static Surroundings around;

    @BeforeAll
    static void start() throws IOException {
        around = Surroundings.start(directory);
    }

    @AfterAll
    static void stop() throws IOException {
        around.close();
    }

    private static String run(Tool tool, String... before) throws IOException, InterruptedException {
        String[] arguments = new String[before.length + 3];
        System.arraycopy(before, 0, arguments, 0, before.length);
        arguments[before.length] = around.proxy();
        arguments[before.length + 1] = around.authority().toString();
        arguments[before.length + 2] = "h2.example";
        return tool.within(Duration.ofSeconds(100)).run(arguments).ok().out();
    }

    @Test
    void pythonAsksWithItsStandardLibraryAndStrictVerification() throws Exception {
        String said = run(
                Tool.require("python3", "install python3"),
                Surroundings.program("client.py").toString());

        assertThat(said)
                .contains("\"urllib\": \"from urllib\"")
                .contains("\"http.client 2\": 20000")
                .contains("\"sse\": 3")
                .contains("\"denied\": [403, \"host_not_allowed\"]");
        assertThat(around.seen("h2.example", "/echo?by=urllib").values("authorization"))
                .containsExactly(Surroundings.INJECTED);
    }

    @Test
    void pythonAsksWithRequestsAndHttpxByBothVersions() throws Exception {
        Path environment = Path.of("target", "python").toAbsolutePath();
        Path python = environment.resolve("bin/python");
        if (!Files.exists(environment.resolve("ready"))) {
            Tool.require("python3", "install python3 and python3-venv")
                    .within(Duration.ofSeconds(100))
                    .run("-m", "venv", environment.toString())
                    .ok();
            Tool.of(python)
                    .within(Duration.ofSeconds(110))
                    .run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGES, MORE_PACKAGES)
                    .ok();
            Files.createFile(environment.resolve("ready"));
        }

        String said = run(Tool.of(python), Surroundings.program("packages.py").toString());

        assertThat(said)
                .contains("\"requests\": \"from requests\"")
                .contains("\"HTTP/1.1\": \"from httpx\"")
                .contains("\"HTTP/2\": \"from httpx\"")
                .contains("\"HTTP/1.1 events\": 3")
                .contains("\"HTTP/2 events\": 3");
    }

    @Test
    void nodeAsksWithItsOwnModulesByBothVersions() throws Exception {
        String said = run(
                Tool.require("node", "install Node.js"),
                Surroundings.program("client.mjs").toString());

        assertThat(said)
                .contains("\"https\":{\"status\":200,\"body\":\"from node\"}")
                .contains("\"denied\":{\"status\":403,\"deny\":\"host_not_allowed\"")
                .contains("\"http2\":true");
    }

    @Test
    void goAsksWithItsStandardLibraryByBothVersions() throws Exception {
        Path cache = Path.of("target", "go").toAbsolutePath();
        String said = run(
                Tool.require("go", "install Go")
                        .with("GOCACHE", cache.toString())
                        .with("GO111MODULE", "off")
                        .with("HOME", directory.toString()),
                "run",
                Surroundings.program("client.go").toString());

        assertThat(said.lines())
                .containsExactly(
                        "HTTP/1.1 200 true", "403 host_not_allowed", "HTTP/2.0 200 true", "403 host_not_allowed");
    }

    private static HttpClient javaClient(HttpClient.Version version) {
        return HttpClient.newBuilder()
                .version(version)
                .proxy(ProxySelector.of(new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), around.gate().port())))
                .sslContext(egress.testkit.TlsClient.trusting(around.certificate()))
                .connectTimeout(Duration.ofSeconds(20))
                .build();
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void javaStreamsBothWays(HttpClient.Version version) throws Exception {
        try (HttpClient client = javaClient(version)) {
            byte[] body = Surroundings.pattern(2_000_000);
            HttpResponse<InputStream> echoed = client.send(
                    HttpRequest.newBuilder(URI.create("https://h2.example/echo?by=java"))
                            .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(echoed.statusCode()).isEqualTo(200);
            assertThat(echoed.version()).isEqualTo(version);
            try (InputStream in = echoed.body()) {
                assertThat(in.readAllBytes()).isEqualTo(body);
            }
            HttpResponse<String> denied = client.send(
                    HttpRequest.newBuilder(URI.create("https://nowhere.example/"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(denied.statusCode()).isEqualTo(403);
            assertThat(denied.headers().firstValue("X-Egress-Deny")).isEqualTo(Optional.of("host_not_allowed"));
        }
    }

    @Test
    void javaSpeaksWebSocketThroughTheGate() throws Exception {
        try (HttpClient client = javaClient(HttpClient.Version.HTTP_1_1)) {
            CompletableFuture<String> heard = new CompletableFuture<>();
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create("wss://h1.example/ws"), new WebSocket.Listener() {
                        @Override
                        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
                            heard.complete(data.toString());
                            return CompletableFuture.completedStage(null);
                        }
                    })
                    .get(20, TimeUnit.SECONDS);
            socket.request(10);
            socket.sendText("hello", true).get(20, TimeUnit.SECONDS);
            assertThat(heard.get(20, TimeUnit.SECONDS)).isEqualTo("hello");
            socket.abort();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void opensslVerifiesTheLeafStrictly(String version) throws Exception {
        Tool.Result result = Tool.require("openssl", "install openssl")
                .runWithInput(
                        "GET /count HTTP/1.1\r\nHost: h1.example\r\nConnection: close\r\n\r\n",
                        "s_client",
                        version,
                        "-quiet",
                        "-ign_eof",
                        "-x509_strict",
                        "-verify_return_error",
                        "-verify_hostname",
                        "h1.example",
                        "-servername",
                        "h1.example",
                        "-CAfile",
                        around.authority().toString(),
                        "-proxy",
                        "127.0.0.1:" + around.gate().port(),
                        "-connect",
                        "h1.example:443");

        assertThat(result.ok().out()).contains("HTTP/1.1 200 OK");
    }
}

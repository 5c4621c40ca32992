package egress.server.aot;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** What agents ask for all day, and what is denied them: by h1 and h2, again and again. An unexpected answer ends it. */
final class TrainingLoad {
    private static final int AT_ONCE = 16;
    private static final int ROUNDS_OF_A_CONNECTION = 6;

    private TrainingLoad() {}

    /** What is asked, and the status that must come. */
    private record Question(String name, String uri, String body, int expected) {
        HttpRequest request() {
            HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(uri))
                    .timeout(Training.PATIENCE)
                    .header("Authorization", "Bearer the-agents-own");
            return body.isEmpty()
                    ? builder.GET().build()
                    : builder.header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString(body))
                            .build();
        }
    }

    private static List<Question> questions() {
        String json = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "a word and another ".repeat(48) + "\"}]}";
        // The shape of a token, and none: what the scanner must find.
        String secret = "{\"key\":\"ghp_" + "a1B2c3D4e5F6".repeat(3) + "\"}";
        return List.of(
                new Question("get", "https://h2.example/v1/things?x=1", "", 200),
                new Question("get", "https://h1.example/v1/things", "", 200),
                new Question("get", "https://h2.example/v1/things", "", 200),
                new Question("post", "https://h2.example/v1/messages", json, 200),
                new Question("post", "https://h1.example/v2/messages", json, 200),
                new Question("path", "https://h1.example/admin", "", 403),
                new Question("host", "https://other.example/", "", 403),
                new Question("plain", "http://other.example/", "", 403),
                new Question("push", "https://h1.example/v1/x.git/git-receive-pack", "x", 403),
                new Question("secret", "https://h2.example/v1/messages", secret, 403));
    }

    /** Asks the gate on this port for so long; returns how often what was asked. */
    static Map<String, Integer> run(int port, Path ca, Duration length) throws IOException, GeneralSecurityException {
        SSLContext tls = trusting(ca);
        ConcurrentMap<String, Integer> seen = new ConcurrentHashMap<>();
        long end = System.nanoTime() + length.toNanos();
        int connection = 0;
        do {
            HttpClient.Version version =
                    connection++ % 2 == 0 ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1;
            try (HttpClient client = HttpClient.newBuilder()
                    .version(version)
                    .proxy(ProxySelector.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)))
                    .sslContext(tls)
                    .build()) {
                for (int round = 0; round < ROUNDS_OF_A_CONNECTION; round++) {
                    round(client, seen);
                }
            }
            local(port, seen);
        } while (connection < 2 || System.nanoTime() < end);
        return Map.copyOf(seen);
    }

    /** What an agent asks of the gate itself: the page, and the MCP server's tools. */
    private static void local(int port, ConcurrentMap<String, Integer> seen) throws IOException {
        ask(port, "GET /allowlist", "", "h2.example");
        seen.merge("allowlist", 1, Integer::sum);
        mcp(port, "initialize", """
                {"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"training","version":"1"}}""", "serverInfo");
        mcp(port, "tools/list", "{}", "egress_explain");
        mcp(port, "tools/call", """
                {"name":"egress_status","arguments":{}}""", "h1.example");
        mcp(port, "tools/call", """
                {"name":"egress_explain","arguments":{"url":"https://h1.example/admin","method":"GET"}}""", "path");
        mcp(port, "tools/call", """
                {"name":"egress_ask","arguments":{"host":"h1.example","path_prefix":"/other/","method":"GET",\
                "justification":"to learn"}}""", "pending");
        seen.merge("mcp", 1, Integer::sum);
    }

    private static void mcp(int port, String method, String params, String expected) throws IOException {
        ask(
                port,
                "POST /mcp",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}",
                expected);
    }

    /** By hand: the JDK's client takes no underscore in a name. */
    private static void ask(int port, String methodAndPath, String json, String expected) throws IOException {
        String head = methodAndPath.replace(" /", " http://_egress.local/")
                + " HTTP/1.1\r\nHost: _egress.local\r\nConnection: close\r\n"
                + (json.isEmpty()
                        ? ""
                        : "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
                                + "Content-Length: " + json.length() + "\r\n");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write((head + "\r\n" + json).getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!answer.startsWith("HTTP/1.1 200 ") || !answer.contains(expected)) {
                throw new IllegalStateException(methodAndPath + ": " + answer);
            }
        }
    }

    private static void round(HttpClient client, ConcurrentMap<String, Integer> seen) {
        List<CompletableFuture<?>> running = new ArrayList<>();
        List<Question> questions = questions();
        // The first five are what an agent does all day.
        for (int i = 0; i < AT_ONCE * 2; i++) {
            running.add(ask(client, questions.get(i % 5), seen));
        }
        for (Question question : questions.subList(5, questions.size())) {
            running.add(ask(client, question, seen));
        }
        CompletableFuture.allOf(running.toArray(CompletableFuture<?>[]::new)).join();
    }

    private static CompletableFuture<?> ask(HttpClient client, Question question, ConcurrentMap<String, Integer> seen) {
        return client.sendAsync(question.request(), BodyHandlers.ofByteArray()).thenAccept(response -> {
            if (response.statusCode() != question.expected()) {
                throw new IllegalStateException(question + ": " + response.statusCode() + " "
                        + new String(response.body(), StandardCharsets.UTF_8));
            }
            seen.merge(question.name() + " " + response.version(), 1, Integer::sum);
        });
    }

    private static SSLContext trusting(Path ca) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var in = Files.newInputStream(ca)) {
            Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(in);
            store.setCertificateEntry("ca", certificate);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        return tls;
    }
}

package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.testkit.Pattern251;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.OriginExchange;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** java.net.http with nothing set but its proxy and whom it trusts. */
class JavaHttpClientTest extends ClientFixture {
    private static HttpClient client(HttpClient.Version version) {
        return client(version, TlsClient.trusting(around.certificate()));
    }

    private static HttpClient client(HttpClient.Version version, SSLContext trust) {
        return HttpClient.newBuilder()
                .version(version)
                .proxy(ProxySelector.of(new InetSocketAddress(
                        InetAddress.ofLiteral("127.0.0.1"), around.gate().port())))
                .sslContext(trust)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    private static HttpRequest.Builder request(String uri) {
        return HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(30));
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1,h1.example", "HTTP_1_1,h2.example", "HTTP_2,h1.example", "HTTP_2,h2.example"})
    void sendsAndReceivesInEachPairOfVersions(HttpClient.Version version, String host) throws Exception {
        try (HttpClient client = client(version)) {
            byte[] body = Pattern251.of(3 << 20);

            HttpResponse<byte[]> response = client.send(
                    request("https://" + host + "/keep?by=" + version)
                            .header("Authorization", "Bearer agents-own")
                            .POST(BodyPublishers.ofByteArray(body))
                            .build(),
                    BodyHandlers.ofByteArray());

            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.version()).isEqualTo(version);
            assertThat(response.body()).isEqualTo(body);
            assertThat(around.seen(host, "/keep?by=" + version).values("authorization"))
                    .containsExactly(Surroundings.INJECTED);
        }
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1,h1.example", "HTTP_1_1,h2.example", "HTTP_2,h1.example", "HTTP_2,h2.example"})
    void streamsABodyOfUnknownLengthBothWays(HttpClient.Version version, String host) throws Exception {
        byte[] body = Pattern251.of(1 << 20);
        try (HttpClient client = client(version)) {
            HttpResponse<InputStream> response = client.send(
                    request("https://" + host + "/echo")
                            .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                            .build(),
                    BodyHandlers.ofInputStream());

            try (InputStream in = response.body()) {
                assertThat(in.readAllBytes()).isEqualTo(body);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void expectsContinueAndGetsIt(HttpClient.Version version) throws Exception {
        try (HttpClient client = client(version)) {
            HttpResponse<String> response = client.send(
                    request("https://h1.example/keep")
                            .expectContinue(true)
                            .POST(BodyPublishers.ofString("after the 100"))
                            .build(),
                    BodyHandlers.ofString());

            assertThat(response.body()).isEqualTo("after the 100");
        }
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1,h1.example", "HTTP_2,h2.example"})
    void readsEachEventAsItIsSent(HttpClient.Version version, String host) throws Exception {
        try (HttpClient client = client(version)) {
            CompletableFuture<HttpResponse<InputStream>> coming =
                    client.sendAsync(request("https://" + host + "/held").build(), BodyHandlers.ofInputStream());
            OriginExchange held = around.origin(host).takeHeld();
            held.head(200, "content-type", "text/event-stream");
            try (BufferedReader events = new BufferedReader(
                    new InputStreamReader(coming.get(10, TimeUnit.SECONDS).body(), StandardCharsets.UTF_8))) {
                for (int i = 0; i < 5; i++) {
                    held.write("data: " + i + "\n\n");
                    assertThat(events.readLine()).isEqualTo("data: " + i); // before the origin says any more
                    assertThat(events.readLine()).isEmpty();
                }
                held.end();
                assertThat(events.readLine()).isNull();
            }
        }
    }

    @Test
    void runsFiftyExchangesAtATimeOnOneConnection() {
        try (HttpClient client = client(HttpClient.Version.HTTP_2)) {
            client.sendAsync(request("https://h2.example/").build(), BodyHandlers.discarding())
                    .join();
            List<CompletableFuture<HttpResponse<byte[]>>> all = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                all.add(client.sendAsync(
                        request("https://h2.example/bytes/70000").build(), BodyHandlers.ofByteArray()));
            }

            assertThat(all).allSatisfy(each -> assertThat(each.join().body()).isEqualTo(Pattern251.of(70_000)));
        }
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1,h1.example", "HTTP_1_1,h2.example", "HTTP_2,h1.example", "HTTP_2,h2.example"})
    void takesItsRequestToTheOriginAwayWhenItGivesUp(HttpClient.Version version, String host) throws Exception {
        try (HttpClient client = client(version)) {
            CompletableFuture<HttpResponse<String>> coming = client.sendAsync(
                    request("https://" + host + "/held")
                            .timeout(Duration.ofMillis(500))
                            .build(),
                    BodyHandlers.ofString());
            OriginExchange held = around.origin(host).takeHeld();

            assertThat(held.awaitGone()).isNotNull();
            assertThatThrownBy(coming::join).hasCauseInstanceOf(HttpTimeoutException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"h1.example", "h2.example"})
    void talksOverAWebSocket(String host) throws Exception {
        try (HttpClient client = client(HttpClient.Version.HTTP_1_1)) {
            Heard heard = new Heard();
            WebSocket socket = client.newWebSocketBuilder()
                    .subprotocols("chat")
                    .buildAsync(URI.create("wss://" + host + "/ws?early=hello"), heard)
                    .get(10, TimeUnit.SECONDS);

            assertThat(socket.getSubprotocol()).isEqualTo("chat");
            assertThat(heard.next()).isEqualTo("hello");
            for (int i = 0; i < 100; i++) {
                socket.sendText("message " + i, true).join();
                assertThat(heard.next()).isEqualTo("message " + i);
            }
            String large = "é".repeat(500_000);
            socket.sendText(large.substring(0, 1000), false).join();
            socket.sendText(large.substring(1000), true).join();
            assertThat(heard.next()).isEqualTo(large);
            socket.sendPing(ByteBuffer.wrap(new byte[] {1, 2, 3})).join();
            assertThat(heard.next()).isEqualTo("pong 3");
            socket.sendClose(4321, "enough").join();
            assertThat(heard.next()).isEqualTo("close 4321 enough");
        }
    }

    @Test
    void isToldWhyInWordsWhenDenied() throws Exception {
        try (HttpClient client = client(HttpClient.Version.HTTP_2)) {
            HttpResponse<String> response =
                    client.send(request("https://other.example/").build(), BodyHandlers.ofString());

            assertThat(response.statusCode()).isEqualTo(403);
            assertThat(response.body()).contains("host other.example is not allowed");
        }
    }

    @Test
    void doesNotGoOnWithoutTheAuthority() throws Exception {
        try (HttpClient client = client(HttpClient.Version.HTTP_2, SSLContext.getDefault())) {
            assertThatThrownBy(() ->
                            client.send(request("https://h2.example/secret").build(), BodyHandlers.ofString()))
                    .isInstanceOf(SSLHandshakeException.class);
        }
    }

    /** What came over a WebSocket, message by message. */
    private static final class Heard implements WebSocket.Listener {
        private final BlockingQueue<String> all = new LinkedBlockingQueue<>();
        private final StringBuilder message = new StringBuilder();

        String next() throws InterruptedException {
            String next = all.poll(10, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("nothing came for ten seconds");
            }
            return next;
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            message.append(data);
            if (last) {
                all.add(message.toString());
                message.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
            all.add("pong " + data.remaining());
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
            all.add("close " + status + " " + reason);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            all.add("error " + error);
        }
    }
}

package egress.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.server.flows.Flow;
import egress.server.flows.FlowReader;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.HttpHead;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one caller's exchanges leave of the record to others. */
final class FlowSharesTest {
    private static final int BODY = 1 << 20;

    private final TestCa authority = TestCa.create("origin authority");
    private final CountDownLatch over = new CountDownLatch(1);
    private final List<RawClient> open = new ArrayList<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private Origin origin;
    private int arrived;

    @TempDir
    Path directory;

    @BeforeEach
    void startOrigin() throws IOException {
        origin = Origin.tls(authority.leaf("api.example"), Alpn.H1);
        origin.on("/wait", exchange -> {
            exchange.drain();
            waiting.incrementAndGet();
            try {
                assertThat(over.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            exchange.respond(200, "late");
        });
    }

    @AfterEach
    void stopOrigin() throws IOException {
        over.countDown();
        for (RawClient client : open) {
            client.close();
        }
        origin.close();
    }

    private ProxyUnderTest gate() throws Exception {
        return ProxyUnderTest.with()
                .routes("routes: [{host: api.example, dlp: {outbound_detectors: false}}]")
                .environment("USERS", "greedy:pass-word-1 honest:pass-word-2 third:pass-word-3")
                .flags("--proxy-auth-env", "USERS", "-q")
                .flags("--flows", log().toString(), "--flows-required")
                .flags("--flow-memory", "4m", "--flow-body-limit", "1m")
                .origin("api.example:443", origin)
                .trust(authority)
                .start();
    }

    private Path log() {
        return directory.resolve("flows.jsonl");
    }

    private RawClient connect(ProxyUnderTest proxy, String user) throws Exception {
        String pair = Base64.getEncoder().encodeToString(user.getBytes(UTF_8));
        RawClient client = proxy.connect();
        open.add(client);
        HttpHead answer = client.connectMethod("api.example:443", "Proxy-Authorization: Basic " + pair);
        assertThat(answer.status()).isEqualTo(200);
        return client.tls(proxy.client("api.example").alpn("http/1.1"));
    }

    private static byte[] post(String path, int length) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(("POST " + path + " HTTP/1.1\r\nHost: api.example\r\nContent-Length: " + length + "\r\n\r\n")
                .getBytes(UTF_8));
        all.writeBytes("x".repeat(length).getBytes(UTF_8));
        return all.toByteArray();
    }

    /** Fills the memory with bodies whose exchanges do not end. */
    private void hoard(ProxyUnderTest proxy, String user, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            connect(proxy, user).send(post("/wait", BODY));
        }
        arrived += count;
        int all = arrived;
        ProxyUnderTest.await("bodies at the origin", () -> waiting.get() == all);
    }

    private List<Flow> flows(String user) throws IOException {
        List<Flow> flows = new ArrayList<>();
        try (FlowReader reader = FlowReader.read(log())) {
            reader.forEach(flows::add);
        }
        return flows.stream()
                .filter(flow -> flow.isExchange() && user.equals(flow.client().user()))
                .toList();
    }

    @Test
    void bodiesOfOneCallerAndOfAnotherLeaveRoomForAThirdOnesRequests() throws Exception {
        try (ProxyUnderTest proxy = gate()) {
            hoard(proxy, "greedy:pass-word-1", 6);
            hoard(proxy, "honest:pass-word-2", 2);
            RawClient third = connect(proxy, "third:pass-word-3");
            for (int i = 0; i < 20; i++) {
                assertThat(third.get("/echo?" + i, "api.example").status()).isEqualTo(200);
            }
        }
        assertThat(flows("third")).hasSize(20);
    }

    @Test
    void bodiesThatAreCostlyToMaskDelayTheFlowsOfTheirOwnCaller() throws Exception {
        ByteArrayOutputStream small = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(small)) {
            gzip.write(new byte[7 << 20]); // as long as what is decoded, nearly
        }
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(("POST /echo HTTP/1.1\r\nHost: api.example\r\nContent-Encoding: gzip\r\nContent-Length: "
                        + small.size() + "\r\n\r\n")
                .getBytes(UTF_8));
        request.writeBytes(small.toByteArray());
        try (ProxyUnderTest proxy = gate()) {
            RawClient greedy = connect(proxy, "greedy:pass-word-1");
            int status = 200;
            for (int i = 0; i < 1_000 && status == 200; i++) {
                status = greedy.send(request.toByteArray()).readResponse("POST").status();
            }
            assertThat(status).isEqualTo(503); // it has its part of the memory, and all of that waits to be recorded
            RawClient honest = connect(proxy, "honest:pass-word-2");
            for (int i = 1; i <= 5; i++) {
                assertThat(honest.get("/echo?" + i, "api.example").status()).isEqualTo(200);
                int count = i;
                ProxyUnderTest.await("the record of " + i, () -> {
                    try {
                        return flows("honest").size() == count;
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
            }
        }
    }

    /** A name of one byte takes fifty of the heap. */
    @Test
    void aClientHelloThatOffersHundredsOfProtocolsEndsItsConnection() throws Exception {
        List<String> protocols = new ArrayList<>(List.of("http/1.1"));
        for (int i = 1; i < 100; i++) {
            protocols.add("p" + i);
        }
        try (ProxyUnderTest proxy = gate()) {
            String pair = Base64.getEncoder().encodeToString("third:pass-word-3".getBytes(UTF_8));
            for (int count : new int[] {100, 101}) {
                RawClient client = proxy.connect();
                open.add(client);
                client.connectMethod("api.example:443", "Proxy-Authorization: Basic " + pair);
                TlsClient tls = proxy.client("api.example").alpn(protocols.toArray(String[]::new));
                protocols.add("p100");
                if (count == 100) {
                    assertThat(client.tls(tls).get("/echo", "api.example").status())
                            .isEqualTo(200);
                } else {
                    assertThatThrownBy(() -> client.tls(tls)).isInstanceOf(IOException.class);
                }
            }
        }
    }

    @Test
    void bodiesThatOneCallerHoldsGiveWayToThoseOfAnother() throws Exception {
        try (ProxyUnderTest proxy = gate()) {
            hoard(proxy, "greedy:pass-word-1", 6);
            RawClient honest = connect(proxy, "honest:pass-word-2");
            ProxyUnderTest.await("a whole body in the record", () -> {
                try {
                    assertThat(honest.send(post("/echo", BODY))
                                    .readResponse("POST")
                                    .status())
                            .isEqualTo(200);
                    return flows("honest").stream()
                            .anyMatch(flow -> Objects.requireNonNull(flow.request())
                                            .body()
                                            .kept()
                                            .length
                                    == BODY);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            over.countDown();
            ProxyUnderTest.await("the end of the others", () -> {
                try {
                    return flows("greedy").size() == 6;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
        }
        assertThat(Files.size(log())).isPositive();
        assertThat(flows("greedy"))
                .allSatisfy(flow -> assertThat(
                                Objects.requireNonNull(flow.request()).body().length())
                        .isEqualTo(BODY));
        assertThat(flows("greedy"))
                .anyMatch(flow -> Objects.requireNonNull(flow.request()).body().truncated());
    }
}

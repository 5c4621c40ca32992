package egress.testkit.origin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.testkit.Alpn;
import egress.testkit.Pattern251;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Settings;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.HttpSyntaxException;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.StreamResetException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The origin and the clients, against each other. */
class OriginTest {
    private static final String NAME = "origin.example";

    private final TestCa ca = TestCa.create("test root");
    private Origin origin;

    @BeforeEach
    void start() throws IOException {
        origin = Origin.tls(ca.leaf(NAME), Alpn.H2_AND_H1);
    }

    @AfterEach
    void stop() throws IOException {
        origin.close();
    }

    /** The two protocols behind one face. */
    enum Protocol {
        H1,
        H2
    }

    private RawClient h1() throws IOException {
        return RawClient.connect(origin.port())
                .tls(TlsClient.of(NAME, ca.certificate()).alpn("http/1.1"));
    }

    private H2Client h2() throws IOException {
        return h2(H2Settings.defaults());
    }

    private H2Client h2(H2Settings settings) throws IOException {
        RawClient transport = RawClient.connect(origin.port());
        return H2Client.over(transport.tls(TlsClient.of(NAME, ca.certificate()).alpn("h2")), settings);
    }

    private ReceivedResponse get(Protocol protocol, String target) throws IOException {
        return switch (protocol) {
            case H1 -> {
                try (RawClient client = h1()) {
                    yield client.get(target, NAME);
                }
            }
            case H2 -> {
                try (H2Client client = h2()) {
                    yield client.get(NAME, target).response();
                }
            }
        };
    }

    @Test
    void echoesStatusFieldsBodyAndTrailersOverH1() throws IOException {
        try (RawClient client = h1()) {
            client.send("POST /echo?status=201 HTTP/1.1\r\nHost: " + NAME
                    + "\r\nX-Two: b\r\nX-One: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n");
            ReceivedResponse response = client.readResponse("POST");
            assertThat(response.status()).isEqualTo(201);
            assertThat(response.fields()).containsSubsequence(new Field("X-Two", "b"), new Field("X-One", "a"));
            assertThat(response.text()).isEqualTo("hello");
            assertThat(response.trailers()).containsExactly(new Field("X-Sum", "42"));
        }
        RecordedRequest request = origin.takeRequest().awaitComplete();
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.target()).isEqualTo("/echo?status=201");
        assertThat(request.fields().get(1)).isEqualTo(new Field("X-Two", "b"));
        assertThat(request.text()).isEqualTo("hello");
        assertThat(request.trailers()).containsExactly(new Field("X-Sum", "42"));
        assertThat(request.sni()).contains(NAME);
    }

    @Test
    void echoesStatusFieldsBodyAndTrailersOverH2() throws IOException {
        try (H2Client client = h2()) {
            H2Stream stream = client.request("POST", NAME, "/echo?status=201", false, "x-two", "b", "x-one", "a");
            stream.write("hel".getBytes(UTF_8), false);
            byte[] first = new byte[10];
            assertThat(stream.read(first)).isEqualTo(3);
            stream.write("lo".getBytes(UTF_8), false);
            stream.headers(Field.list("x-sum", "42"), true);
            ReceivedResponse response = stream.response();
            assertThat(response.status()).isEqualTo(201);
            assertThat(response.fields()).containsExactly(new Field("x-two", "b"), new Field("x-one", "a"));
            assertThat(response.text()).isEqualTo("lo");
            assertThat(response.trailers()).containsExactly(new Field("x-sum", "42"));
        }
        RecordedRequest request = origin.takeRequest().awaitComplete();
        assertThat(request.protocol()).isEqualTo("HTTP/2");
        assertThat(request.fields().getFirst()).isEqualTo(new Field(":method", "POST"));
        assertThat(request.text()).isEqualTo("hello");
        assertThat(request.trailers()).containsExactly(new Field("x-sum", "42"));
    }

    @ParameterizedTest
    @EnumSource
    void answersAlikeOverBothProtocols(Protocol protocol) throws IOException {
        ReceivedResponse bytes = get(protocol, "/bytes/300000");
        assertThat(bytes.body()).hasSize(300_000);
        Pattern251.check(bytes.body(), bytes.body().length, 0);
        assertThat(bytes.value("content-length")).contains("300000");
        assertThat(get(protocol, "/bytes/10?chunked=1").value("content-length")).isEmpty();

        ReceivedResponse trailers = get(protocol, "/trailers");
        assertThat(trailers.text()).isEqualTo("body\n");
        assertThat(trailers.trailers()).isEqualTo(Field.list("x-checksum", "abc123", "x-second", "two"));

        assertThat(get(protocol, "/early-hints").interims())
                .containsExactly(new ReceivedResponse.Interim(103, Field.list("link", "</style.css>; rel=preload")));
        assertThat(get(protocol, "/interims?n=4").interims())
                .extracting(ReceivedResponse.Interim::status)
                .containsExactly(102, 103, 103, 103);
        assertThat(get(protocol, "/sse?n=3").text())
                .containsPattern("id: 0\ndata: \\d+\n\nid: 1\n")
                .contains("id: 2");
        assertThat(get(protocol, "/status/204").body()).isEmpty();
        assertThat(get(protocol, "/status/304").value("content-length")).contains("5");
        assertThat(get(protocol, "/drip?n=3&interval=1").text()).isEqualTo("xxx");
        assertThat(get(protocol, "/redirect?to=/x").value("location")).contains("/x");
        byte[] gzip = get(protocol, "/gzip?n=10").body();
        assertThat(new GZIPInputStream(new ByteArrayInputStream(gzip)).readAllBytes())
                .hasSize(10);
        assertThat(get(protocol, "/until-close").text()).isEqualTo("until the end");
    }

    @Test
    void sendsH1FramingThatOnlyH1Has() throws IOException {
        try (RawClient client = h1()) {
            client.send("GET /chunk-extensions HTTP/1.1\r\nHost: " + NAME + "\r\n\r\n");
            HttpHead head = client.readHead();
            assertThat(head.value("transfer-encoding")).contains("chunked");
            assertThatThrownBy(() -> client.body(head, "GET").readAllBytes())
                    .isInstanceOf(HttpSyntaxException.class)
                    .hasMessageContaining("5;name=value");
        }
        try (RawClient client = h1()) {
            client.send("GET /http10 HTTP/1.1\r\nHost: " + NAME + "\r\n\r\n");
            HttpHead head = client.readHead();
            assertThat(head.version()).isEqualTo("HTTP/1.0");
            assertThat(client.body(head, "GET").readAllBytes()).asString().isEqualTo("as in 1996");
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
    }

    @Test
    void asksForABodyWithA100OnlyWhenItReadsIt() throws IOException {
        String expecting = " HTTP/1.1\r\nHost: " + NAME + "\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
        try (RawClient client = h1()) {
            client.send("PUT /count" + expecting);
            assertThat(client.readHead().status()).isEqualTo(100);
            client.send("ab");
            assertThat(client.readResponse("PUT").text()).isEqualTo("2");
            client.send("PUT /reject" + expecting);
            ReceivedResponse rejected = client.readResponse("PUT");
            assertThat(rejected.status()).isEqualTo(417);
            assertThat(rejected.interims()).isEmpty();
            assertThat(client.awaitEnd()).isEqualTo(RawClient.End.CLOSED);
        }
        try (H2Client client = h2()) {
            H2Stream stream = client.request("PUT", NAME, "/count", false, "expect", "100-continue");
            assertThat(stream.awaitInterims(1).getFirst().status()).isEqualTo(100);
            stream.write(new byte[2], true);
            assertThat(stream.response().text()).isEqualTo("2");
            H2Stream refused = client.request("PUT", NAME, "/reject", false, "expect", "100-continue");
            assertThat(refused.awaitHead()).contains(new Field(":status", "417"));
            assertThat(refused.awaitReset()).isEqualTo(H2Frame.ErrorCode.NO_ERROR.code());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"drain", "stop"})
    void answersBeforeItReadsTheBody(String then) throws IOException {
        try (H2Client client = h2()) {
            H2Stream stream = client.request("POST", NAME, "/early?then=" + then, false);
            assertThat(stream.awaitHead()).contains(new Field(":status", "200"));
            if (then.equals("stop")) {
                assertThat(stream.awaitReset()).isEqualTo(H2Frame.ErrorCode.NO_ERROR.code());
                stream.write(new byte[100_000], true); // to nobody, and the answer is not lost
                assertThat(stream.response().text()).isEqualTo("early\n");
            } else {
                stream.write(new byte[100_000], true);
                assertThat(stream.response().text()).isEqualTo("early\n");
                assertThat(origin.takeRequest().awaitComplete().bodyLength()).isEqualTo(100_000);
            }
        }
    }

    @Test
    void letsTheTestDriveAHeldExchange() throws IOException {
        try (H2Client client = h2()) {
            H2Stream stream = client.get(NAME, Origin.HELD);
            OriginExchange held = origin.takeHeld();
            held.head(200, "content-type", "text/event-stream");
            held.write("data: 1\n\n");
            byte[] event = new byte[100];
            assertThat(stream.read(event)).isEqualTo(9);
            stream.reset(H2Frame.ErrorCode.CANCEL);
            assertThat(held.awaitGone())
                    .isInstanceOfSatisfying(
                            StreamResetException.class,
                            reset -> assertThat(reset.code()).isEqualTo(H2Frame.ErrorCode.CANCEL.code()));
            assertThat(held.request().awaitAborted()).isNotNull();
        }
        try (RawClient client = h1()) {
            client.send("GET " + Origin.HELD + " HTTP/1.1\r\nHost: " + NAME + "\r\n\r\n");
            OriginExchange held = origin.takeHeld();
            client.reset();
            assertThat(held.awaitGone()).isInstanceOf(IOException.class);
        }
        origin.awaitOpenConnections(0);
    }

    @Test
    void carriesManyStreamsAtOnceUnderSmallWindows() throws IOException {
        try (H2Client client = h2(H2Settings.defaults().streamWindow(1000))) {
            List<H2Stream> streams = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                streams.add(client.get(NAME, "/bytes/" + (i * 1000)));
            }
            for (int i = 0; i < 64; i++) {
                byte[] body = streams.get(i).response().body();
                assertThat(body).hasSize(i * 1000);
                Pattern251.check(body, body.length, 0);
            }
        }
        assertThat(origin.connections()).isEqualTo(1);
    }

    @Test
    void aReaderThatStopsGetsNoMoreThanItsWindow() throws IOException {
        try (H2Client client = h2(H2Settings.defaults().streamWindow(10_000))) {
            H2Stream stalled = client.get(NAME, "/bytes/1000000");
            stalled.awaitArrived(10_000);
            assertThat(client.get(NAME, "/").response().status()).isEqualTo(200);
            client.ping();
            assertThat(stalled.arrived()).isEqualTo(10_000);
            assertThat(stalled.readAll()).hasSize(1_000_000);
        }
    }

    @Test
    void streamsGrpcMessagesBothWaysAndEndsWithItsStatus() throws IOException {
        try (H2Client client = h2()) {
            H2Stream call = client.request("POST", NAME, "/grpc", false, "te", "trailers");
            byte[] message = ByteBuffer.allocate(8)
                    .put((byte) 0)
                    .putInt(3)
                    .put(new byte[] {1, 2, 3})
                    .array();
            for (int i = 0; i < 3; i++) {
                call.write(message, false);
                ByteArrayOutputStream echoed = new ByteArrayOutputStream();
                byte[] some = new byte[8];
                while (echoed.size() < 8) {
                    echoed.write(some, 0, call.read(some));
                }
                assertThat(echoed.toByteArray()).isEqualTo(message);
            }
            call.write(new byte[0], true);
            assertThat(call.response().trailers()).contains(new Field("grpc-status", "0"));
        }
    }

    @Test
    void windsDownGracefully() throws IOException {
        try (H2Client client = h2()) {
            H2Stream stream = client.get(NAME, Origin.HELD);
            OriginExchange held = origin.takeHeld();
            origin.goAway();
            assertThat(client.awaitGoAway().int32(4)).isZero();
            held.respond(200, "still answered");
            assertThat(stream.response().text()).isEqualTo("still answered");
        }
    }

    @Test
    void recordsAnUploadThatIsAborted() throws IOException {
        try (RawClient client = h1()) {
            client.send("POST /count HTTP/1.1\r\nHost: " + NAME + "\r\nContent-Length: 10\r\n\r\nabc");
            RecordedRequest request = origin.takeRequest().awaitBody(3);
            client.reset();
            assertThat(request.awaitAborted()).isNotNull();
            assertThatThrownBy(request::awaitComplete).hasMessageContaining("was aborted");
        }
    }

    @Test
    void failsItsTestWhenARequestBreaksTheProtocol() throws IOException {
        Origin judge = Origin.plain();
        try (RawClient client = RawClient.connect(judge.port())) {
            client.send("GET / HTTP/1.1\nHost: x\r\n\r\n");
            client.awaitEnd();
        }
        assertThatThrownBy(judge::close).isInstanceOf(AssertionError.class).hasMessageContaining("bare LF");
    }

    @Test
    void seesARefusedCertificate() throws IOException {
        try (Origin expired = Origin.tls(ca.expired(NAME), Alpn.H1);
                RawClient client = RawClient.connect(expired.port())) {
            assertThatThrownBy(() -> client.tls(TlsClient.of(NAME, ca.certificate())))
                    .hasMessageContaining("expired");
            expired.awaitHandshakeFailures(1);
            assertThat(expired.requests()).isEmpty();
        }
    }

    @Test
    void aTruncatedBodyIsNotTakenForAWholeOne() throws IOException {
        origin.on("/cut", exchange -> {
            exchange.head(200, "content-length", "10");
            exchange.write("abc");
            exchange.reset();
        });
        try (RawClient client = h1()) {
            assertThatThrownBy(() -> client.get("/cut", NAME)).isInstanceOfAny(EOFException.class, IOException.class);
        }
    }
}

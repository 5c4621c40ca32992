package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Pattern251;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.OriginExchange;
import egress.testkit.origin.RecordedRequest;
import egress.testkit.wire.Field;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Nothing is held: what one side says, the other hears at once. */
class StreamingTest extends TwoOriginsFixture {
    /** Until one of them is as fast as it should be. */
    private static final int ROUNDS = 100;

    private static final int WARM = 5;
    /** Between two events: what is held back until the next one is this late. */
    private static final long INTERVAL_MILLIS = 50;

    private static final long AT_ONCE_NANOS = 5_000_000;

    /** The least of some rounds beside that of a caller without a gate: what else the machine does is not the gate's doing. */
    @Pairs
    void passesTheFirstEventOnWhenTheOriginSendsIt(String version, String host) throws IOException {
        String target = "/sse?n=2&interval=" + INTERVAL_MILLIS;
        long least = Long.MAX_VALUE;
        long direct = Long.MAX_VALUE;
        try (Caller caller = origins.caller(version, host);
                RawClient control = RawClient.connect(origins.origin(host).port())
                        .tls(TlsClient.of(host, origins.ca().certificate()).alpn("http/1.1"))) {
            caller.get("/echo").response(); // connections and code are warm
            String head = "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
            for (int i = 0; i < ROUNDS && (i < WARM || least >= allowed(direct)); i++) {
                least = Math.min(least, delayOfTheFirstEvent(caller.get(target)));
                direct = Math.min(direct, delayOfTheFirstEvent(new Call("GET", control.send(head), null)));
            }
        }
        System.out.printf(
                "first event: %s to %s, at least %d us, without a gate %d us%n",
                version, host, least / 1_000, direct / 1_000);
        assertThat(least).as("delay in nanoseconds").isLessThan(allowed(direct));
    }

    private static long allowed(long direct) {
        return Math.max(AT_ONCE_NANOS, 10 * direct);
    }

    /** From the origin's writing to here, in nanoseconds; reads the response to its end. */
    private static long delayOfTheFirstEvent(Call call) throws IOException {
        assertThat(call.read("id: 0\ndata: ".length())).isEqualTo("id: 0\ndata: ");
        StringBuilder sent = new StringBuilder(call.read(1));
        long now = System.nanoTime();
        for (String c = call.read(1); !c.equals("\n"); c = call.read(1)) {
            sent.append(c);
        }
        byte[] some = new byte[256];
        int n;
        do {
            n = call.read(some);
        } while (n >= 0);
        return now - Long.parseLong(sent.toString());
    }

    @Pairs
    void relaysTheHeadBeforeThereIsABody(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.get("/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            exchange.head(200, "x-early", "yes");

            assertThat(call.status()).isEqualTo(200);
            assertThat(call.field("x-early")).contains("yes");
            exchange.write("1");
            assertThat(call.read(1)).isEqualTo("1");
            exchange.end();
            assertThat(call.read(new byte[1])).isEqualTo(-1);
        }
    }

    @Pairs
    void relaysTheRequestsHeadBeforeThereIsABody(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/held");
            OriginExchange exchange = origins.origin(host).takeHeld();
            byte[] one = new byte[1];
            call.write("1");
            assertThat(exchange.read(one)).isEqualTo(1);
            call.write("2");
            assertThat(exchange.read(one)).isEqualTo(1);
            assertThat(one[0]).isEqualTo((byte) '2');
            call.end();
            assertThat(exchange.read(one)).isEqualTo(-1);
            exchange.respond(200, "done");

            assertThat(call.response().text()).isEqualTo("done");
        }
    }

    @Pairs
    void carriesMessagesBothWaysInTurnAndTheStatusInTheTrailers(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/grpc", "content-type", "application/grpc", "te", "trailers");
            for (int i = 0; i < 10; i++) {
                byte[] message = message("message " + i);
                call.write(Arrays.copyOf(message, 3));
                call.write(Arrays.copyOfRange(message, 3, message.length));
                assertThat(call.read(message.length)).isEqualTo(new String(message, ISO_8859_1));
            }
            call.end();
            assertThat(call.read(new byte[1])).isEqualTo(-1);
            if (caller.isHttp2()) {
                assertThat(call.h2().trailers()).contains(new Field("grpc-status", "0"));
            }
        }
        RecordedRequest seen = origins.lastRequest(host, "/grpc");
        assertThat(seen.values("te")).containsExactly("trailers");
    }

    private static byte[] message(String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        return ByteBuffer.allocate(5 + bytes.length)
                .put((byte) 0)
                .putInt(bytes.length)
                .put(bytes)
                .array();
    }

    @Pairs
    void relaysTrailersBothWays(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/echo?trailers=1", "trailer", "x-sum, x-other");
            call.write("body").end("x-sum", "abc", "x-other", "two");
            ReceivedResponse response = call.response();

            assertThat(response.text()).isEqualTo("body");
            assertThat(response.trailers()).containsExactly(new Field("x-sum", "abc"), new Field("x-other", "two"));
        }
        assertThat(origins.lastRequest(host, "/echo?trailers=1").value("trailer"))
                .contains("x-sum, x-other");
    }

    @Pairs
    void removesCredentialsFromTrailers(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/echo?authorization=1");
            call.write("body")
                    .end("authorization", "Bearer agents-own", "proxy-authorization", "Basic YTpi", "x-kept", "yes");
            assertThat(call.response().status()).isEqualTo(200);
        }
        RecordedRequest seen = origins.lastRequest(host, "/echo?authorization=1");
        assertThat(seen.trailers()).containsExactly(new Field("x-kept", "yes"));
        assertThat(seen.values("authorization")).containsExactly(TwoOrigins.INJECTED);
    }

    @Pairs
    void relaysAnAnswerThatComesBeforeTheBodyAndStillTheWholeBody(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/early?then=drain");
            call.write("first");
            assertThat(call.status()).isEqualTo(200);
            assertThat(call.read(6)).isEqualTo("early\n");
            call.write("second").end();
            assertThat(call.read(new byte[1])).isEqualTo(-1);
            assertThat(origins.lastRequest(host, "/early?then=drain")
                            .awaitComplete()
                            .text())
                    .isEqualTo("firstsecond");

            assertThat(caller.get("/echo?after=early").response().status()).isEqualTo(200);
        }
    }

    @Pairs
    void relaysALargeBodyEachWayIntact(String version, String host) throws IOException {
        byte[] body = Pattern251.of(3 << 20);
        try (Caller caller = origins.caller(version, host)) {
            Call upload = caller.begin("POST", "/count");
            upload.write(body).end();
            assertThat(upload.response().text()).isEqualTo(Integer.toString(body.length));
            assertThat(caller.get("/bytes/" + body.length + "?chunked=1")
                            .response()
                            .body())
                    .isEqualTo(body);
            assertThat(caller.get("/bytes/" + body.length).response().body()).isEqualTo(body);
        }
        assertThat(origins.lastRequest(host, "/count").body()).isEqualTo(body);
    }
}

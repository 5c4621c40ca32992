package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Field;
import egress.testkit.OriginExchange;
import egress.testkit.Pattern251;
import egress.testkit.ReceivedResponse;
import egress.testkit.RecordedRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Nothing is held: what one side says, the other hears at once. */
class StreamingTest extends TwoOriginsFixture {
    private static final int ROUNDS = 20;

    @Pairs
    void passesTheFirstEventOnWhenTheOriginSendsIt(String version, String host) throws IOException {
        long[] delays = new long[ROUNDS];
        try (Caller caller = origins.caller(version, host)) {
            caller.get("/echo").response(); // connections and code are warm
            for (int i = 0; i < ROUNDS; i++) {
                Call call = caller.get("/sse?n=2&interval=10");
                String first = call.read("id: 0\ndata: ".length());
                String nanos = call.read(1);
                long now = System.nanoTime();
                for (String c = call.read(1); !c.equals("\n"); c = call.read(1)) {
                    nanos += c;
                }
                delays[i] = now - Long.parseLong(nanos);
                assertThat(first).isEqualTo("id: 0\ndata: ");
                byte[] some = new byte[256];
                int n;
                do {
                    n = call.read(some);
                } while (n >= 0);
            }
        }
        Arrays.sort(delays);
        System.out.printf(
                "first event: %s to %s, median of %d %d us%n", version, host, ROUNDS, delays[ROUNDS / 2] / 1_000);
        assertThat(delays[ROUNDS / 2]).as("median delay in nanoseconds").isLessThan(5_000_000);
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

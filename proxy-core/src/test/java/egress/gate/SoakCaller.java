package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import egress.testkit.wire.WebSocketFrame;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One caller of a long run: one piece of work after the other, each answer looked at, a new connection now and then. */
final class SoakCaller implements AutoCloseable {
    /** Of hosts that no route names, so that certificates are minted and kept. */
    private static final int FOREIGN_HOSTS = 40;

    private final Gate gate;
    private final String version;
    private final String host;
    private final TestCa origins;
    private final Random random;
    private final SoakTally tally;
    private @Nullable Caller caller;

    SoakCaller(Gate gate, String version, String host, TestCa origins, long seed, SoakTally tally) {
        this.gate = gate;
        this.version = version;
        this.host = host;
        this.origins = origins;
        this.random = new Random(seed);
        this.tally = tally;
    }

    /** Does one piece of work; what fails is told to the tally, and the next begins on a new connection. */
    void work() {
        SoakWork work = SoakWork.at(random.nextInt(100));
        try {
            if (random.nextInt(25) == 0) {
                close(); // now, a pause after the last answer, which the gate knows to be over by then
            }
            perform(work);
        } catch (IOException | AssertionError e) {
            tally.fault(version + " to " + host + ", " + work + ": " + e);
            drop();
        }
    }

    private Caller caller() throws IOException {
        Caller open = caller;
        if (open == null) {
            open = Caller.through(gate, version, host);
            caller = open;
        }
        return open;
    }

    private void perform(SoakWork work) throws IOException {
        switch (work) {
            case GET -> get();
            case POST_ECHO -> echo();
            case UPLOAD -> upload();
            case EVENTS -> events();
            case TRAILERS -> trailers();
            case MESSAGES -> messages();
            case PARALLEL -> parallel();
            case DENIED_METHOD -> deniedMethod();
            case DENIED_HOST -> deniedHost();
            case LEAVES_THE_RESPONSE -> leavesTheResponse();
            case LEAVES_THE_UPLOAD -> leavesTheUpload();
            case ORIGIN_RESETS -> originResets();
            case WEB_SOCKET -> webSocket();
            case PASSTHROUGH -> passthrough();
        }
    }

    private void done(SoakWork work) {
        tally.done(work, "ok", 1);
    }

    private void get() throws IOException {
        int size = random.nextInt(4) == 0 ? random.nextInt(400_000) : random.nextInt(4_000);
        String chunked = random.nextBoolean() ? "?chunked=1" : "";
        ReceivedResponse response = caller().get("/bytes/" + size + chunked).response();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).hasSize(size);
        if (size > 0) {
            assertThat(response.body()[size - 1]).isEqualTo((byte) ((size - 1) % 251));
        }
        done(SoakWork.GET);
    }

    private byte[] body(int bound) {
        byte[] body = new byte[random.nextInt(bound)];
        random.nextBytes(body);
        return body;
    }

    private void echo() throws IOException {
        byte[] body = body(30_000);
        Call call = caller().begin("POST", "/echo", "x-kept", "yes");
        int half = body.length / 2;
        call.write(Arrays.copyOf(body, half))
                .write(Arrays.copyOfRange(body, half, body.length))
                .end("x-end", "1");
        ReceivedResponse response = call.response();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.value("x-kept")).contains("yes");
        assertThat(response.body()).isEqualTo(body);
        assertThat(response.trailers()).containsExactly(new Field("x-end", "1"));
        done(SoakWork.POST_ECHO);
    }

    private void upload() throws IOException {
        byte[] body = body(300_000);
        Call call = caller().begin("POST", "/count", "content-length", Integer.toString(body.length));
        if (caller().isHttp2()) {
            call.h2()
                    .write(
                            body,
                            true); // in one: the answer may come, and this side leave, before an end of its own is read
        } else {
            call.write(body).end();
        }
        assertThat(call.response().text()).isEqualTo(Integer.toString(body.length));
        done(SoakWork.UPLOAD);
    }

    private void events() throws IOException {
        ReceivedResponse response = caller().get("/sse?n=4&interval=5").response();
        assertThat(response.text())
                .startsWith("id: 0\n")
                .contains("\n\nid: 3\n")
                .endsWith("\n\n");
        done(SoakWork.EVENTS);
    }

    private void trailers() throws IOException {
        ReceivedResponse response = caller().get("/trailers").response();
        assertThat(response.trailers())
                .containsExactly(new Field("x-checksum", "abc123"), new Field("x-second", "two"));
        done(SoakWork.TRAILERS);
    }

    private void messages() throws IOException {
        Call call = caller().begin("POST", "/grpc", "content-type", "application/grpc", "te", "trailers");
        byte[] message = {0, 0, 0, 0, 3, 'a', 'b', 'c'};
        for (int i = 0; i < 3; i++) {
            call.write(message);
            assertThat(call.read(message.length)).isEqualTo(new String(message, ISO_8859_1));
        }
        call.end();
        assertThat(call.read(new byte[1])).isEqualTo(-1);
        done(SoakWork.MESSAGES);
    }

    private void parallel() throws IOException {
        if (!caller().isHttp2()) {
            RawClient raw = caller().raw(); // pipelined
            String request = "GET /bytes/5000 HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
            raw.send(request.repeat(4));
            for (int i = 0; i < 4; i++) {
                assertThat(raw.readResponse("GET").body()).hasSize(5_000);
            }
            tally.done(SoakWork.PARALLEL, "ok", 4);
            return;
        }
        List<H2Stream> streams = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            streams.add(caller().get("/bytes/20000").h2());
        }
        for (H2Stream stream : streams) {
            assertThat(stream.response().body()).hasSize(20_000);
        }
        tally.done(SoakWork.PARALLEL, "ok", 8);
    }

    private void deniedMethod() throws IOException {
        ReceivedResponse response = caller().request("DELETE", "/echo").response();
        assertThat(response.status()).isEqualTo(403);
        assertThat(response.value("x-egress-deny")).contains("method_not_allowed");
        tally.done(SoakWork.DENIED_METHOD, "method_not_allowed", 1);
    }

    private void deniedHost() throws IOException {
        String foreign = "n" + random.nextInt(FOREIGN_HOSTS) + ".foreign.example";
        try (Caller other = Caller.through(gate, version, foreign)) {
            ReceivedResponse response = other.get("/").response();
            assertThat(response.status()).isEqualTo(403);
            assertThat(response.value("x-egress-deny")).contains("host_not_allowed");
        }
        tally.done(SoakWork.DENIED_HOST, "host_not_allowed", 1);
    }

    private Caller.Way anyWay() {
        Caller.Way[] ways = Caller.Way.values();
        return ways[random.nextInt(ways.length)];
    }

    /** On a connection of its own, so that no other exchange goes with it. */
    private void leavesTheResponse() throws IOException {
        try (Caller leaving = Caller.through(gate, version, host)) {
            Call call = leaving.get("/endless");
            assertThat(call.status()).isEqualTo(200);
            assertThat(call.read(50_000)).hasSize(50_000);
            leaving.abandon(call, anyWay());
        }
        tally.done(SoakWork.LEAVES_THE_RESPONSE, "downstream_gone", 1);
    }

    private void leavesTheUpload() throws IOException {
        try (Caller leaving = Caller.through(gate, version, host)) {
            Call call = leaving.begin("POST", "/swallow");
            call.write(new byte[10_000]);
            assertThat(call.read(1)).isEqualTo("x");
            leaving.abandon(call, anyWay());
        }
        tally.done(SoakWork.LEAVES_THE_UPLOAD, "downstream_gone", 1);
    }

    private void originResets() throws IOException {
        Call call = caller().begin("POST", "/reset");
        call.end();
        ReceivedResponse response = call.response();
        assertThat(response.status()).isEqualTo(502);
        tally.done(SoakWork.ORIGIN_RESETS, response.value("x-egress-deny").orElse("none"), 1);
        close(); // the gate may end an h1 connection whose origin broke off
    }

    private void webSocket() throws IOException {
        try (Caller upgrading = Caller.through(gate, "h1", host)) {
            RawClient raw = upgrading.raw();
            raw.send("GET /ws HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(raw.readHead().status()).isEqualTo(101);
            for (int i = 0; i < 3; i++) {
                String text = "m".repeat(random.nextInt(20_000));
                raw.send(WebSocketFrame.text(text).bytes());
                assertThat(WebSocketFrame.read(raw.input()).text()).isEqualTo(text);
            }
            raw.send(WebSocketFrame.close(1000).bytes());
            assertThat(WebSocketFrame.read(raw.input()).closeCode()).isEqualTo(1000);
        }
        done(SoakWork.WEB_SOCKET);
    }

    private void passthrough() throws IOException {
        try (RawClient raw = RawClient.connect(gate.port())) {
            raw.tunnel(SoakTest.PASSED + ":443")
                    .tls(TlsClient.of(SoakTest.PASSED, origins.certificate()).alpn("http/1.1"));
            assertThat(raw.get("/bytes/20000", SoakTest.PASSED).body()).hasSize(20_000);
        }
        tally.done(SoakWork.PASSTHROUGH, "ok", 0);
    }

    private void drop() {
        try {
            close();
        } catch (IOException e) {
            // It was broken already.
        }
    }

    @Override
    public void close() throws IOException {
        Caller open = caller;
        caller = null;
        if (open != null) {
            open.close();
        }
    }
}

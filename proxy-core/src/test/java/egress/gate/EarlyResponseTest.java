package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Failure;
import egress.testkit.Alpn;
import egress.testkit.client.RawClient;
import egress.testkit.origin.H2Peer;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.origin.HostileWire;
import egress.testkit.origin.OriginExchange;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Settings;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** An answer that comes before the request is read reaches the caller whole, whatever becomes of the rest. */
class EarlyResponseTest extends TwoOriginsFixture {
    private static final String LARGE = "0123456789abcdef".repeat(1 << 14);

    /** On h1 the origin closes, on h2 it resets the stream with NO_ERROR (RFC 9113 §8.1). */
    private static void answerAndStop(OriginExchange exchange, String host, String text) throws IOException {
        if (host.equals(TwoOrigins.H1)) {
            exchange.respond(200, text, "connection", "close");
        } else {
            exchange.head(200, "content-length", Integer.toString(text.length()));
            exchange.write(text);
            exchange.end();
            exchange.reset(H2Frame.ErrorCode.NO_ERROR);
        }
    }

    @Pairs
    void isWholeWhereTheOriginWantsNoMore(String version, String host) throws Exception {
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/held?early=" + version);
            call.write("some");
            answerAndStop(origins.origin(host).takeHeld(), host, LARGE);

            assertThat(call.status()).isEqualTo(200);
            assertThat(call.read(LARGE.length())).isEqualTo(LARGE);
            if (caller.isHttp2()) {
                assertThat(call.h2().awaitReset()).isEqualTo(H2Frame.ErrorCode.NO_ERROR.code());
                assertThat(caller.get("/echo").response().status()).isEqualTo(200);
            } else {
                assertThat(call.read(new byte[1])).isEqualTo(-1);
                assertThat(caller.raw().awaitEnd()).isEqualTo(RawClient.End.CLOSED);
            }
        }
        assertThat(origins.gate().awaitEnded(e -> e.target.equals("/held?early=" + version)).status)
                .isEqualTo(200);
    }

    @Test
    void isWholeForAnH2CallerWhoseWindowIsSmall() throws IOException {
        try (Caller caller = Caller.through(
                origins.gate(), "h2", TwoOrigins.H2, H2Settings.defaults().streamWindow(1_000), 0)) {
            Call call = caller.begin("POST", "/held");
            call.write("some");
            answerAndStop(origins.origin(TwoOrigins.H2).takeHeld(), TwoOrigins.H2, LARGE);

            assertThat(call.read(LARGE.length())).isEqualTo(LARGE);
            assertThat(call.h2().awaitReset()).isEqualTo(H2Frame.ErrorCode.NO_ERROR.code());
        }
    }

    @Pairs
    void isNotLostWhereTheCallerGoesOnSending(String version, String host) throws Exception {
        byte[] piece = new byte[64 << 10];
        try (Caller caller = origins.caller(version, host)) {
            Call call = caller.begin("POST", "/held?sending=" + version);
            call.write(piece);
            OriginExchange exchange = origins.origin(host).takeHeld();
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 64; i++) {
                        call.write(piece);
                    }
                } catch (IOException e) {
                    // The answer is there, and nobody reads on.
                }
            });
            answerAndStop(exchange, host, LARGE);

            assertThat(call.read(LARGE.length())).isEqualTo(LARGE);
            caller.abandon(call, Caller.Way.FIN);
            sender.join();
        }
    }

    @Pairs
    void ofTheGateIsReadWholeByACallerWhoSendsOn(String version, String host) throws IOException {
        try (Caller caller = origins.caller(version, host)) {
            // No git push leaves: denied at its head.
            Call call = caller.begin("POST", "/repo.git/git-receive-pack");
            try {
                for (int i = 0; i < 64; i++) {
                    call.write(new byte[64 << 10]);
                }
            } catch (IOException e) {
                // An answer may come at any point.
            }
            assertThat(call.status()).isEqualTo(403);
            assertThat(call.field("x-egress-deny")).contains("git_push");
            assertThat(call.read(8)).isEqualTo("egress: ");
        }
    }

    /** What is under way when a stream is reset is no fault of the caller (RFC 9113 §5.1). */
    @Test
    void ofTheGateToManyUploadsLeavesTheirConnectionAlone() throws IOException {
        byte[] piece = new byte[1_024];
        try (Caller caller = origins.caller("h2", TwoOrigins.H2)) {
            Call other = caller.begin("POST", "/held?beside=uploads");
            for (int i = 0; i < 40; i++) {
                Call call = caller.begin("POST", "/repo.git/git-receive-pack");
                for (int n = 0; n < 30; n++) {
                    caller.http2().wire().write(H2Frame.data(call.h2().id(), piece, n == 29));
                }
                assertThat(call.status()).isEqualTo(403);
                assertThat(call.h2().awaitReset()).isEqualTo(H2Frame.ErrorCode.NO_ERROR.code());
            }
            other.write("still here");
            origins.origin(TwoOrigins.H2).takeHeld().respond(200, LARGE);
            assertThat(other.read(LARGE.length())).isEqualTo(LARGE);
        }
    }

    /** The whole request was here before its answer was out, and an early answer does not stop it. */
    @Test
    void ofAnOriginThatReadsOnLeavesItTheWholeRequest() throws Exception {
        try (Early early = new Early()) {
            Call call = early.answered();
            early.readOn.release();
            assertThat(early.received.get(10, TimeUnit.SECONDS)).isEqualTo(Early.BODY);
            assertThat(early.gate.awaitEnded(e -> e.target.equals("/early")).failure)
                    .isNull();
            assertThat(call.read(new byte[1])).isEqualTo(-1);
        }
    }

    @Test
    void ofAnOriginThatReadsNothingMoreEndsWithTheCaller() throws Exception {
        try (Early early = new Early()) {
            early.answered();
            early.caller.close();
            assertThat(early.gate.awaitEnded(e -> e.target.equals("/early")).failure)
                    .isInstanceOf(Failure.DownstreamGone.class);
            early.readOn.release();
            assertThat(early.received.get(10, TimeUnit.SECONDS)).isEqualTo(Early.RESET);
        }
    }

    /** An upload that is larger than the origin's window, to an origin that answers before it opens that. */
    private static final class Early implements AutoCloseable {
        static final int BODY = 240_000;
        static final int RESET = -1;

        final Semaphore uploaded = new Semaphore(0);
        final Semaphore readOn = new Semaphore(0);
        final CompletableFuture<Integer> received = new CompletableFuture<>();
        final HostileOrigin origin;
        final Gate gate;
        final Caller caller;

        Early() throws IOException {
            origin = HostileOrigin.tls(origins.ca().leaf("early.example"), Alpn.H2, this::serve);
            gate = Gate.builder()
                    .trust(origins.ca().writePem(directory.resolve("early.pem")))
                    .origin("early.example", origin.port())
                    .start();
            caller = Caller.through(gate, "h2", "early.example");
        }

        private void serve(HostileWire wire) throws IOException, InterruptedException {
            H2Peer h2 = wire.h2();
            int stream = h2.awaitRequest().streamId();
            uploaded.acquire();
            h2.respond(stream, "early");
            readOn.acquire();
            h2.wire().write(H2Frame.windowUpdate(0, BODY), H2Frame.windowUpdate(stream, BODY));
            int bytes = 0;
            for (H2Frame frame = h2.wire().read();
                    frame != null;
                    frame = h2.wire().read()) {
                if (frame.type() == H2Frame.RST_STREAM) {
                    received.complete(RESET);
                } else if (frame.type() == H2Frame.DATA) {
                    bytes += frame.payload().length;
                    if (frame.has(H2Frame.END_STREAM)) {
                        received.complete(bytes);
                    }
                }
            }
        }

        /** A call whose answer is whole, with something of its request still in the gate. */
        Call answered() throws IOException {
            Call call = caller.begin("POST", "/early");
            call.write(new byte[BODY]).end();
            caller.http2().ping();
            uploaded.release();
            assertThat(call.read(5)).isEqualTo("early");
            assertThat(call.read(new byte[1])).isEqualTo(-1);
            return call;
        }

        @Override
        public void close() throws IOException {
            caller.close();
            gate.awaitQuiet();
            gate.close();
            origin.close();
        }
    }
}

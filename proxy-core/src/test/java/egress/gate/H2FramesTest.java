package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.RawClient;
import egress.testkit.origin.H2Peer;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.H2Wire;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which frames of a stream the gate sends, and in which order, as they are on the wire. */
class H2FramesTest {
    private static final String HOST = "frames.example";
    private static final int STREAM = 1;

    @TempDir
    Path directory;

    private final TestCa ca = TestCa.create("origins");

    private Gate gate(HostileOrigin origin) throws IOException {
        return Gate.builder()
                .trust(ca.writePem(directory.resolve("origins.pem")))
                .origin(HOST, origin.port())
                .start();
    }

    /** A caller that reads frame by frame, and says nothing by itself. */
    private static final class Frames implements AutoCloseable {
        private final RawClient client;
        private final H2Wire wire;
        private int window;

        Frames(Gate gate, H2Frame... settings) throws IOException {
            client = RawClient.connect(gate.port()).tunnel(HOST + ":443");
            client.tls(gate.client(HOST).alpn("h2"));
            wire = new H2Wire(client.input(), client.output());
            wire.write(H2Wire.PREFACE.getBytes(StandardCharsets.ISO_8859_1));
            wire.write(settings.length == 0 ? new H2Frame[] {H2Frame.settings()} : settings);
            readUntil(frame -> frame.type() == H2Frame.SETTINGS && !frame.has(H2Frame.ACK));
            wire.write(H2Frame.settingsAck()); // from here on the gate's windows hold
        }

        void request(String method, boolean end) throws IOException {
            List<Field> head = Field.list(":method", method, ":scheme", "https", ":authority", HOST, ":path", "/");
            wire.write(H2Wire.headers(STREAM, H2Wire.literals(head), end));
        }

        /** The types of the stream's frames up to one that is awaited. */
        List<Integer> readUntil(Predicate<H2Frame> last) throws IOException {
            List<Integer> types = new ArrayList<>();
            for (H2Frame frame = wire.read(); frame != null; frame = wire.read()) {
                if (frame.streamId() != 0) {
                    types.add(frame.type());
                    window += frame.type() == H2Frame.WINDOW_UPDATE ? frame.int32(0) : 0;
                }
                if (last.test(frame)) {
                    return types;
                }
            }
            throw new EOFException("the connection ended after " + types);
        }

        /** The types of the stream's frames that come before the answer to a PING sent now. */
        List<Integer> readToPong() throws IOException {
            wire.write(H2Frame.ping(7));
            return readUntil(frame -> frame.type() == H2Frame.PING && frame.has(H2Frame.ACK));
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    /** RFC 9113 §5.4.2: some peers end the connection where DATA follows. */
    @Test
    void nothingOfAnUploadFollowsItsReset() throws Exception {
        Semaphore asked = new Semaphore(0);
        CompletableFuture<List<Integer>> seen = new CompletableFuture<>();
        HostileOrigin.Script script = wire -> {
            H2Peer h2 = wire.h2();
            h2.awaitRequest();
            asked.release();
            List<Integer> types = new ArrayList<>();
            boolean pinged = false;
            for (H2Frame frame = h2.wire().read();
                    frame != null;
                    frame = h2.wire().read()) {
                if (frame.streamId() != 0) {
                    types.add(frame.type());
                }
                if (frame.type() == H2Frame.RST_STREAM && !pinged) {
                    pinged = true;
                    h2.wire().write(H2Frame.ping(7));
                } else if (frame.type() == H2Frame.PING) {
                    seen.complete(types);
                }
            }
        };
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(HOST), Alpn.H2, script);
                Gate gate = gate(origin)) {
            try (Frames caller = new Frames(gate)) {
                caller.request("POST", false);
                assertThat(asked.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
                caller.wire.write(
                        H2Frame.data(STREAM, new byte[1_000], false),
                        H2Frame.rstStream(STREAM, H2Frame.ErrorCode.CANCEL));
                assertThat(seen.get(10, TimeUnit.SECONDS)).endsWith(H2Frame.RST_STREAM);
            }
            gate.awaitQuiet();
        }
    }

    @Test
    void whatCameOfAnAnswerIsSaidBeforeItsBreak() throws Exception {
        HostileOrigin.Script script = wire -> {
            H2Peer h2 = wire.h2();
            int stream = h2.awaitRequest().streamId();
            h2.wire().hold();
            h2.head(stream, 200, false);
            h2.data(stream, "so far", false);
            h2.wire().write(H2Frame.rstStream(stream, H2Frame.ErrorCode.INTERNAL_ERROR));
            h2.wire().release();
            h2.hang();
        };
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(HOST), Alpn.H2, script);
                Gate gate = gate(origin)) {
            try (Frames caller = new Frames(gate)) {
                caller.request("GET", true);
                List<Integer> types = caller.readUntil(frame -> frame.type() == H2Frame.RST_STREAM);
                assertThat(types).containsExactly(H2Frame.HEADERS, H2Frame.DATA, H2Frame.RST_STREAM);
                assertThat(caller.readToPong()).isEmpty();
            }
            gate.awaitQuiet();
        }
    }

    /** RFC 9113 §5.4.2, where the rest of the answer waits for a window. */
    @Test
    void noResetAnswersAReset() throws Exception {
        HostileOrigin.Script script = wire -> {
            H2Peer h2 = wire.h2();
            int stream = h2.awaitRequest().streamId();
            h2.respond(stream, "0123456789".repeat(1_000));
            h2.hang();
        };
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(HOST), Alpn.H2, script);
                Gate gate = gate(origin)) {
            try (Frames caller = new Frames(gate, H2Frame.settings(H2Frame.Setting.INITIAL_WINDOW_SIZE, 1_000))) {
                caller.request("GET", true);
                caller.readUntil(frame -> frame.type() == H2Frame.DATA);
                caller.wire.write(H2Frame.rstStream(STREAM, H2Frame.ErrorCode.CANCEL));
                assertThat(caller.readToPong()).isEmpty();
                assertThat(caller.readToPong()).isEmpty();
            }
            gate.awaitQuiet();
        }
    }

    /** Frames of one byte with a hundred of padding, behind an origin that takes nothing at first. */
    @Test
    void smallFramesThatWaitedKeepTheirOrderAndGiveTheirWindowBack() throws Exception {
        int frames = 1_200;
        int eachCosts = 202;
        Semaphore asked = new Semaphore(0);
        Semaphore uploaded = new Semaphore(0);
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        HostileOrigin.Script script = wire -> {
            H2Peer h2 = wire.h2();
            h2.start(H2Frame.settings(H2Frame.Setting.INITIAL_WINDOW_SIZE, 0));
            int stream = h2.awaitRequest().streamId();
            h2.wire().write(H2Frame.ping(7));
            h2.awaitFrame(H2Frame.PING); // from here on the window holds
            asked.release();
            uploaded.acquire();
            h2.wire().write(H2Frame.windowUpdate(stream, 1 << 20));
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            H2Frame frame;
            do {
                frame = h2.awaitFrame(H2Frame.DATA);
                body.writeBytes(frame.payload());
            } while (!frame.has(H2Frame.END_STREAM));
            received.complete(body.toByteArray());
            h2.respond(stream, "all");
            h2.hang();
        };
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(HOST), Alpn.H2, script);
                Gate gate = gate(origin)) {
            try (Frames caller = new Frames(gate)) {
                caller.request("POST", false);
                assertThat(asked.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
                ByteArrayOutputStream sent = new ByteArrayOutputStream();
                upload(caller, sent, frames);
                caller.readToPong();
                assertThat(caller.window).isLessThan(frames * eachCosts / 2);
                uploaded.release();
                caller.readUntil(frame -> caller.window >= frames * eachCosts / 2);
                upload(caller, sent, 600);
                caller.wire.write(H2Frame.data(STREAM, new byte[0], true));
                assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo(sent.toByteArray());
                caller.readUntil(frame -> frame.type() == H2Frame.DATA && frame.has(H2Frame.END_STREAM));
            }
            gate.awaitQuiet();
        }
    }

    private static void upload(Frames caller, ByteArrayOutputStream sent, int frames) throws IOException {
        for (int i = 0; i < frames; i++) {
            byte[] payload = new byte[202];
            payload[0] = (byte) 200;
            payload[1] = (byte) i;
            sent.write(payload[1]);
            caller.wire.write(new H2Frame(H2Frame.DATA, H2Frame.PADDED, STREAM, payload));
        }
    }
}

package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.H2Peer;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.wire.H2Frame;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Frames that were on their way when their stream was reset are ignored (RFC 9113 §5.1): an answer to each is what the other side's
 * bound on resets would take for an attack. {@link EarlyResponseTest} has those of callers.
 */
class LateFramesTest {
    private static final String HOST = "late.example";
    private static final int DOWNLOADS = 5;

    @TempDir
    Path directory;

    private final TestCa ca = TestCa.create("origins");
    private final List<H2Frame> answers = new CopyOnWriteArrayList<>();
    private final Semaphore looked = new Semaphore(0);

    @Test
    void ofAnOriginGetNoAnswer() throws Exception {
        HostileOrigin.Script script = wire -> {
            H2Peer h2 = wire.h2();
            for (int i = 0; i < DOWNLOADS; i++) {
                int stream = h2.awaitRequest().streamId();
                h2.head(stream, 200, false);
                h2.data(stream, "begun", false);
                h2.awaitFrame(H2Frame.RST_STREAM);
                for (int n = 0; n < 20; n++) {
                    h2.data(stream, "late", n == 19);
                }
                h2.wire().write(H2Frame.ping(i));
                readToPong(h2);
                looked.release();
            }
            h2.serve("well");
        };
        try (HostileOrigin origin = HostileOrigin.tls(ca.leaf(HOST), Alpn.H2, script);
                Gate gate = Gate.builder()
                        .trust(ca.writePem(directory.resolve("origins.pem")))
                        .origin(HOST, origin.port())
                        .start()) {
            try (Caller caller = Caller.through(gate, "h2", HOST)) {
                for (int i = 0; i < DOWNLOADS; i++) {
                    Call call = caller.get("/" + i);
                    assertThat(call.read(5)).isEqualTo("begun");
                    caller.abandon(call, Caller.Way.CANCEL);
                    assertThat(looked.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
                }
                assertThat(caller.get("/end").response().text()).isEqualTo("well");
            }
            assertThat(origin.connections()).isEqualTo(1);
            assertThat(answers).isEmpty();
            gate.awaitQuiet();
        }
    }

    /** Keeps the resets that come before the answer to a PING. */
    private void readToPong(H2Peer h2) throws IOException {
        while (true) {
            H2Frame frame = h2.wire().read();
            if (frame == null) {
                throw new EOFException("the connection ended before a PING was answered");
            }
            if (frame.type() == H2Frame.PING) {
                return;
            }
            if (frame.type() == H2Frame.RST_STREAM) {
                answers.add(frame);
            }
        }
    }
}

package egress.server.dlp;

import static egress.server.dlp.DlpGate.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import egress.policy.DlpRules;
import egress.server.config.BodyRate;
import egress.server.config.DlpConfig;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.wire.H2Stream;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A held body that comes too slowly gives up its place; what is not its caller's doing is not held against it. */
class BodyRateTest {
    private static final Duration OVER = Duration.ofMillis(900);
    private static final int RATE = 1000;

    @TempDir
    Path directory;

    private DlpGate start() throws IOException {
        DlpConfig settings = DlpGate.settings(directory).withBodyRate(new BodyRate(RATE, OVER));
        return DlpGate.start(directory, settings, DlpRules.DEFAULT);
    }

    @Test
    void aBodyThatStopsIsA408ByH1() throws Exception {
        try (DlpGate dlp = start();
                RawClient client = dlp.h1Client(DlpGate.H1)) {
            client.send("POST /echo HTTP/1.1\r\nHost: h1.example\r\nContent-Length: 90000\r\n\r\n")
                    .send(new byte[80_000]);
            ReceivedResponse response = client.readResponse("POST");

            assertThat(response.status()).isEqualTo(408);
            assertThat(response.value("x-egress-deny")).contains("body_too_slow");
            assertThat(response.text()).contains("--body-rate");
            assertThat(dlp.h1.requests()).isEmpty();
            dlp.awaitNothingHeld(64 << 20, 1 << 30);
        }
    }

    @Test
    void aBodyThatDripsIsA408ByH2() throws Exception {
        try (DlpGate dlp = start();
                H2Client client = H2Client.through(dlp.gate.port(), "h2.example:443", dlp.gate.client("h2.example"))) {
            H2Stream stream = client.request("POST", "h2.example", "/echo", false);
            Thread drips = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 200; i++) {
                        stream.write(new byte[] {1}, false);
                        TimeUnit.MILLISECONDS.sleep(50);
                    }
                } catch (IOException | InterruptedException e) {
                    return; // it was told
                }
            });
            ReceivedResponse response = stream.response();
            drips.interrupt();
            drips.join();

            assertThat(response.status()).isEqualTo(408);
            assertThat(response.value("x-egress-deny")).contains("body_too_slow");
            assertThat(dlp.h2.requests()).isEmpty();
        }
    }

    @Test
    void aBodyThatComesFastEnoughIsSent() throws Exception {
        try (DlpGate dlp = start();
                RawClient client = dlp.h1Client(DlpGate.H1)) {
            int pieces = 40;
            client.send("POST /count HTTP/1.1\r\nHost: h1.example\r\nContent-Length: " + pieces * 400 + "\r\n\r\n");
            for (int i = 0; i < pieces; i++) {
                client.send(new byte[400]);
                TimeUnit.MILLISECONDS.sleep(60);
            }
            assertThat(client.readResponse("POST").text()).isEqualTo("" + pieces * 400);
        }
    }

    @Test
    void aCallerThatWaitsForA100IsNotSlow() throws Exception {
        try (DlpGate dlp = start();
                RawClient client = dlp.h1Client(DlpGate.H1)) {
            client.send(
                    "POST /count HTTP/1.1\r\nHost: h1.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertThat(client.readHead().status()).isEqualTo(100);
            TimeUnit.MILLISECONDS.sleep(3 * OVER.toMillis());
            client.send("clean");
            assertThat(client.readResponse("POST").text()).isEqualTo("5");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/grpc", "application/connect+json"})
    void aStreamMayWaitBetweenItsMessages(String type) throws Exception {
        try (DlpGate dlp = start();
                H2Client client = H2Client.through(dlp.gate.port(), "h2.example:443", dlp.gate.client("h2.example"))) {
            H2Stream stream = client.request("POST", "h2.example", "/count", false, "content-type", type);
            byte[] message = bytes("\0\0\0\0\5hello");
            stream.write(message, false);
            TimeUnit.MILLISECONDS.sleep(3 * OVER.toMillis());
            stream.write(message, true);
            assertThat(stream.response().text()).isEqualTo("20");
        }
    }
}

package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ask.OperatorQueue;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A gate that is killed, or told to stop, while two hundred exchanges wait for an operator. */
final class AskKilledTest {
    private static final int HELD = 200;
    private static final int QUESTIONS = 20;

    @TempDir
    private Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(strings = {"SIGKILL", "SIGTERM"})
    void noneOfTwoHundredThatWaitLeaves(String signal) throws Exception {
        TestCa ca = TestCa.create("origins");
        try (Origin origin = Origin.tls(ca.leaf("api.example"), Alpn.H2_AND_H1)) {
            Process gate = new ProcessBuilder(
                            AskGate.command(directory, directory.resolve("queue"), "api.example", origin, ca))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (BufferedReader said = gate.errorReader(StandardCharsets.UTF_8)) {
                int port = port(said);
                hold(port);
                OperatorQueue queue = new OperatorQueue(directory.resolve("queue"));
                ProxyUnderTest.await("all of them are asked about", () -> count(queue) == HELD);
                if (signal.equals("SIGKILL")) {
                    gate.destroyForcibly();
                } else {
                    gate.destroy();
                }
                assertThat(gate.waitFor(20, TimeUnit.SECONDS)).isTrue();
                assertThat(queue.questions()).hasSize(signal.equals("SIGKILL") ? QUESTIONS : 0);
                assertThat(origin.connections()).isZero();
                assertThat(origin.requests()).isEmpty();
            } finally {
                gate.destroyForcibly();
                for (AutoCloseable each : open) {
                    each.close();
                }
            }
        }
    }

    private static int port(BufferedReader said) throws IOException {
        for (String line; (line = said.readLine()) != null; ) {
            if (line.contains("listening on ")) {
                return Integer.parseInt(
                        line.substring(line.lastIndexOf(':') + 1).strip());
            }
        }
        throw new AssertionError("the gate did not start");
    }

    private void hold(int port) throws IOException {
        TlsClient tls = TlsClient.of("api.example", directory.resolve("ca.pem"));
        for (int i = 0; i < HELD / 2; i++) {
            RawClient client = RawClient.connect(port).tunnel("api.example:443").tls(tls.alpn("http/1.1"));
            open.add(client);
            client.send("POST /h" + i % QUESTIONS + " HTTP/1.1\r\nHost: api.example\r\nContent-Length: 5\r\n\r\nhello");
        }
        H2Client h2 = H2Client.through(port, "api.example:443", tls.alpn("h2"));
        open.add(h2);
        for (int i = 0; i < HELD / 2; i++) {
            if (i == HELD / 4) {
                h2 = H2Client.through(port, "api.example:443", tls.alpn("h2"));
                open.add(h2);
            }
            h2.request("POST", "api.example", "/h" + i % QUESTIONS, true);
        }
    }

    private static int count(OperatorQueue queue) {
        try {
            return queue.questions().stream()
                    .mapToInt(each -> each.question().count())
                    .sum();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.client.H2Client;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.H2Settings;
import egress.testkit.wire.H2Stream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams of one h2 connection share TLS records: what one turn of the event loop has to say leaves in one write. */
class TurnFlushTest {
    private static final int STREAMS = 48;
    private static final int ROUNDS = 10;
    /** Of an answer on the wire, at least. */
    private static final int ANSWER = 100;

    @TempDir
    private Path directory;

    @Test
    void requestsAndAnswersOfOneTurnShareRecords() throws Exception {
        TestCa ca = TestCa.create("origins");
        try (Origin origin = Origin.tls(ca.leaf("h2.example"), Alpn.H2_AND_H1);
                RecordRelay behind = new RecordRelay(origin.port());
                Gate gate = Gate.builder()
                        .trust(ca.writePem(directory.resolve("origins.pem")))
                        .origin("h2.example", behind.port())
                        .start();
                RecordRelay before = new RecordRelay(gate.port());
                H2Client client = H2Client.over(
                        RawClient.connect(before.port())
                                .tunnel("h2.example:443")
                                .tls(gate.client("h2.example").alpn("h2")),
                        H2Settings.defaults())) {
            assertThat(client.get("h2.example", "/echo").response().status()).isEqualTo(200);
            int requests = behind.there();
            int answers = before.back();
            behind.gather(STREAMS * ANSWER);
            // One write of the caller: its requests are read in one turn, and so are the origin's answers.
            List<H2Stream> streams = new ArrayList<>();
            client.wire().hold();
            for (int i = 0; i < STREAMS; i++) {
                streams.add(client.get("h2.example", "/echo"));
            }
            client.wire().release();
            for (H2Stream stream : streams) {
                assertThat(stream.response().status()).isEqualTo(200);
            }
            assertThat(behind.there() - requests)
                    .as("records towards the origin")
                    .isLessThan(STREAMS / 4);
            assertThat(before.back() - answers).as("records towards the caller").isLessThan(STREAMS / 2);
        }
    }

    /** An h2 origin hears in the head's frame that nothing follows, and a short body goes in the write of its head. */
    @ParameterizedTest
    @CsvSource({"h2,h2,", "h1,h2,", "h1,h1,", "h2,h1,", "h1,h1,a short body", "h1,h2,a short body"})
    void aRequestThatIsReadAtOnceLeavesInOneWrite(String version, String upstream, @Nullable String body)
            throws Exception {
        TestCa ca = TestCa.create("origins");
        try (Origin origin = Origin.tls(ca.leaf("o.example"), upstream.equals("h2") ? Alpn.H2_AND_H1 : Alpn.H1);
                RecordRelay behind = new RecordRelay(origin.port());
                Gate gate = Gate.builder()
                        .trust(ca.writePem(directory.resolve("origins.pem")))
                        .origin("o.example", behind.port())
                        .start();
                Caller caller = Caller.through(gate, version, "o.example")) {
            assertThat(caller.get("/echo").response().status()).isEqualTo(200);
            int least = Integer.MAX_VALUE;
            for (int i = 0; i < ROUNDS && least > 1; i++) { // the connection itself has things to say now and then
                int before = behind.there();
                Call call = body == null ? caller.get("/count") : whole(caller, body);
                assertThat(call.response().text()).isEqualTo(body == null ? "0" : String.valueOf(body.length()));
                least = Math.min(least, behind.there() - before);
            }
            assertThat(least).as("records").isEqualTo(1);
        }
    }

    private static Call whole(Caller caller, String body) throws IOException {
        String request =
                "POST /count HTTP/1.1\r\nHost: o.example\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        return new Call("POST", caller.raw().send(request), null);
    }
}

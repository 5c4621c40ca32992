package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.client.H2Client;
import egress.testkit.client.ProxyUser;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Wire;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One caller takes as much as it can get of what belongs to all; ten others lose nothing by it. */
@Tag("alone")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class SharesTest {
    private static final int DESCRIPTORS = 300;
    private static final int HALF_SENT = 400;

    @TempDir
    Path directory;

    @Test
    @Row("46.xf")
    void withMoreHalfSentRequestsThanDescriptorsAnotherIsServedAtOnce() throws Exception {
        try (Shares shares = new Shares.Setup().descriptors(DESCRIPTORS).start(directory);
                ProxyUser hostile = shares.user("hostile0");
                ProxyUser honest = shares.user("honest0")) {
            for (int i = 0; i < HALF_SENT; i++) {
                hostile.connect().send("CONNECT h1.example:443 HTTP/1.1\r\n");
            }
            assertThat(honest.h1(Shares.H1).get("/bytes/100", Shares.H1).status())
                    .isEqualTo(200);
            assertThat(shares.child().err()).as("words about accepting").noneMatch(line -> line.contains("accept"));
        }
    }

    @Test
    void halfSentRequestsTakeNobodysConnection() throws Exception {
        try (Shares shares = new Shares.Setup().descriptors(DESCRIPTORS).start(directory)) {
            shares.attack("connections, half-sent CONNECTs", hostile -> {
                hostile.connect().send("CONNECT h1.example:443 HTTP/1.1\r\n" + hostile.authorization() + "\r\n");
                hostile.keepLatest(HALF_SENT);
            });
            assertThat(shares.child().err())
                    .as("words about accepting")
                    .filteredOn(line -> line.contains("accept"))
                    .hasSizeLessThan(Shares.SECONDS + 3);
        }
    }

    @Test
    @Row("46.xg")
    void handshakesThatStopTakeNobodysHandshake() throws Exception {
        try (Shares shares =
                new Shares.Setup().flags("--max-connections", "256").start(directory)) {
            byte[] hello = TlsClient.of(Shares.H1, shares.ca()).clientHello();
            shares.attack("handshakes, stopped after the hello", hostile -> {
                hostile.tunnel(Shares.H1 + ":443").send(hello);
                hostile.keepLatest(HALF_SENT);
            });
        }
    }

    @Test
    @Row("46.xh")
    void linesWithoutEndLeaveTheLogToOthers() throws Exception {
        String fields = ("X-Long: " + "v".repeat(6_000) + "\r\n").repeat(8);
        try (Shares shares = new Shares.Setup().flowDetail(4).start(directory)) {
            shares.attack("log memory, large heads at --flow-detail 4", hostile -> {
                RawClient client = hostile.h1(Shares.H1).readTimeout(Duration.ofSeconds(5));
                for (int i = 0; i < 50; i++) {
                    client.send("GET /bytes/10 HTTP/1.1\r\nHost: h1.example\r\n" + fields + "\r\n");
                    if (client.readResponse("GET").status() != 200) {
                        throw new IOException("refused");
                    }
                }
                hostile.drop(client);
            });
        }
    }

    @Test
    void headsWhoseBodiesNeverComeLeaveTheHeapToOthers() throws Exception {
        List<Field> fields = new ArrayList<>(
                Field.list(":method", "POST", ":scheme", "https", ":authority", Shares.H1, ":path", "/count"));
        for (int i = 0; i < 200; i++) {
            fields.add(new Field("x-" + i, "v".repeat(100)));
        }
        byte[] section = H2Wire.literals(fields);
        // Held until their verdict: it is the gate that is tried, not how many handshakes the test's own origin can
        // take.
        String routes = "routes:\n  - {host: h1.example}\n  - {host: h2.example}\n";
        try (Shares shares = new Shares.Setup().routes(routes).start(directory)) {
            shares.attack("heads, bodies never come (h2)", hostile -> {
                hostile.keepLatest(100);
                H2Client client = hostile.h2(Shares.H1);
                for (int id = 1; id < 2 * 256; id += 2) {
                    client.wire().write(H2Wire.headers(id, section, false));
                }
            });
        }
    }

    @Test
    void answersThatNobodyReadsLeaveMemoryToOthers() throws Exception {
        try (Shares shares =
                new Shares.Setup().jvm("-XX:MaxDirectMemorySize=24m").start(directory)) {
            shares.attack("direct memory, answers not read (h1)", hostile -> {
                RawClient client = hostile.h1(Shares.H1);
                client.send("GET /bytes/100000000 HTTP/1.1\r\nHost: h1.example\r\n\r\n");
                if (client.readHead().status() != 200) {
                    throw new IOException("refused");
                }
                hostile.keepLatest(600);
            });
        }
    }
}

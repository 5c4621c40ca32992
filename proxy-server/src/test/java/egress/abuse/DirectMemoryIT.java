package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.Child;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.origin.Origin;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.HttpHead;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program with little memory for buffers, and readers that stop. */
final class DirectMemoryIT {
    private static final int MOST_READERS = 600;
    private static final int BURST = 400;
    private static final int HALF = 100_000;
    private static final String SITE = "http://plain.example";

    @TempDir
    static Path directory;

    private static Child start(Origin origin) throws IOException {
        Path routes = Files.writeString(
                directory.resolve("routes.yaml"),
                "routes: [{host: 'plain.example:80', dlp: {outbound_detectors: false}}]\n");
        List<String> command =
                new ArrayList<>(Child.command().subList(1, Child.command().size()));
        command.addFirst("-XX:MaxDirectMemorySize=16m");
        command.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "off", "--ca-ephemeral", "--flow-detail", "0"));
        command.addAll(List.of("--routes", routes.toString()));
        command.addAll(List.of("--connect-to", "plain.example:80:127.0.0.1:" + origin.port()));
        return Child.of(Tool.of(Child.java()), command.toArray(String[]::new));
    }

    @Test
    @Row("42.xm")
    void newWorkIsRefusedBeforeOldWorkBreaks() throws Exception {
        try (Origin origin = Origin.plain().withoutRecords();
                Child child = start(origin);
                RawClient upload = RawClient.connect(child.port());
                RawClient tunnel = RawClient.connect(child.port())) {
            upload.send("POST " + SITE + "/count HTTP/1.1\r\nHost: plain.example\r\nContent-Length: " + 2 * HALF
                    + "\r\n\r\n");
            upload.send(new byte[HALF]);
            List<RawClient> stalled = new ArrayList<>();
            try {
                HttpHead refused = flood(child.port(), stalled);

                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.value("x-egress-deny")).contains("overloaded");
                assertThat(tunnel.connectMethod("other.example:443").status()).isEqualTo(503);
                assertThat(upload.send(new byte[HALF]).readResponse("POST").text())
                        .as("what was under way")
                        .isEqualTo(Integer.toString(2 * HALF));
                System.out.println("direct memory: " + stalled.size() + " readers that stopped, then a 503");
            } finally {
                for (RawClient each : stalled) {
                    each.close();
                }
            }
            assertThat(recovered(child)).as("once they are gone").isTrue();
            assertThat(child.err()).noneMatch(line -> line.contains("unexpected") || line.contains("OutOf"));
        }
    }

    @Test
    @Row("42.xn")
    void whoeverIsTooManyHearsItAtOnce() throws Exception {
        try (Origin origin = Origin.plain().withoutRecords();
                Child child = start(origin)) {
            InetSocketAddress gate = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), child.port());
            List<RawClient> all = new ArrayList<>();
            int[] statuses = new int[600];
            try {
                for (int i = 0; i < BURST; i++) {
                    all.add(RawClient.connect(gate, 4_096));
                }
                for (RawClient each : all) {
                    each.send("GET " + SITE + "/bytes/100000000 HTTP/1.1\r\nHost: plain.example\r\n\r\n");
                }
                for (RawClient each : all) {
                    statuses[statusOrEnd(each)]++;
                }
            } finally {
                for (RawClient each : all) {
                    each.close();
                }
            }
            System.out.println("direct memory: of " + BURST + " at one moment " + statuses[200] + " begun, "
                    + statuses[503] + " refused, " + statuses[0] + " broken off");
            assertThat(statuses[503]).isPositive();
            assertThat(recovered(child)).as("once they are gone").isTrue();
        }
    }

    /** 0 where the connection broke; silence fails the test. */
    private static int statusOrEnd(RawClient client) throws IOException {
        try {
            return client.readHead().status();
        } catch (SocketTimeoutException silence) {
            throw silence;
        } catch (IOException broken) {
            return 0;
        }
    }

    /** Readers that stop after the head, until one is refused. */
    private static HttpHead flood(int port, List<RawClient> stalled) throws IOException {
        InetSocketAddress gate = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
        for (int i = 0; i < MOST_READERS; i++) {
            RawClient client = RawClient.connect(gate, 4_096);
            stalled.add(client);
            client.send("GET " + SITE + "/bytes/100000000 HTTP/1.1\r\nHost: plain.example\r\n\r\n");
            HttpHead head = client.readHead();
            if (head.status() != 200) {
                return head;
            }
        }
        throw new AssertionError(MOST_READERS + " readers stopped, and no request was refused");
    }

    /** Memory comes back as the gate notices that they are gone; there is no event to wait for. */
    private static boolean recovered(Child child) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (System.nanoTime() < end) {
            try (RawClient client = RawClient.connect(child.port())) {
                ReceivedResponse response = client.get(SITE + "/echo", "plain.example");
                if (response.status() == 200) {
                    return true;
                }
            }
            Thread.sleep(20);
        }
        return false;
    }
}

package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.client.H2Client;
import egress.testkit.client.ProxyUser;
import egress.testkit.client.RawClient;
import egress.testkit.origin.NameServer;
import egress.testkit.scorecard.Row;
import egress.testkit.wire.Field;
import egress.testkit.wire.H2Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One caller takes as much as it can get on the way to origins: connections, windows, look-ups. The others lose nothing by it. */
@Tag("alone")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class UpstreamSharesTest {
    private static final Duration SOON = Duration.ofSeconds(4);
    /** More than may be looked up at a time. */
    private static final int DEAD = 400;

    @TempDir
    Path directory;

    @Test
    void longPollsTakeNobodysOriginConnection() throws Exception {
        try (Shares shares = new Shares.Setup()
                .flags("--max-origin-connections", "64", "--max-origin-waiting", "128")
                .start(directory)) {
            shares.attack("origin connections, long polls (h1)", hostile -> {
                RawClient client = hostile.h1(Shares.H1);
                client.send("GET /drip?n=100000&interval=1000 HTTP/1.1\r\nHost: h1.example\r\n\r\n");
                TimeUnit.MILLISECONDS.sleep(10); // it is connections that are taken, and not the time for handshakes
                hostile.keepLatest(300);
            });
        }
    }

    @Test
    void answersThatNobodyReadsStopNoOriginForOthers() throws Exception {
        try (Shares shares = new Shares.Setup().start(directory);
                ProxyUser hostile = shares.user("hostile0");
                ProxyUser honest = shares.user("honest0")) {
            List<H2Client> unread = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                H2Client client = hostile.h2(Shares.H2, H2Settings.defaults());
                for (int j = 0; j < 30; j++) {
                    client.open(
                            Field.list(
                                    ":method",
                                    "GET",
                                    ":scheme",
                                    "https",
                                    ":authority",
                                    Shares.H2,
                                    ":path",
                                    "/bytes/8000000"),
                            true);
                }
                unread.add(client);
            }
            Thread.sleep(1_000);
            for (int i = 0; i < 20; i++) {
                RawClient client = honest.h1(Shares.H2).readTimeout(SOON);
                assertThat(client.get("/bytes/100", Shares.H2).status()).isEqualTo(200);
                honest.drop(client);
            }
            assertThat(unread).hasSize(2);
        }
    }

    @Test
    @Row("46.bh")
    void answersThatNobodyReadsLeaveWindowsToOthers() throws Exception {
        try (Shares shares = new Shares.Setup().asks(Shares.H2).start(directory)) {
            shares.attack("h2 windows of an origin, answers not read", hostile -> {
                H2Client client = hostile.h2(Shares.H2, H2Settings.defaults());
                for (int i = 0; i < 30; i++) {
                    client.open(
                            Field.list(
                                    ":method",
                                    "GET",
                                    ":scheme",
                                    "https",
                                    ":authority",
                                    Shares.H2,
                                    ":path",
                                    "/bytes/8000000"),
                            true);
                }
                TimeUnit.SECONDS.sleep(1); // it is windows that are taken, and not the time of the loops
                hostile.keepLatest(10);
            });
        }
    }

    @Test
    @Row("46.bi")
    void namesThatNeverResolveLeaveLookUpsToOthers() throws Exception {
        try (NameServer names = new NameServer().silent("dead.example").name("origin.example", 0, "127.0.0.1")) {
            StringBuilder routes = new StringBuilder("routes:\n  - {host: h1.example}\n");
            for (int i = 0; i < DEAD; i++) {
                routes.append("  - {host: 'n" + i + ".dead.example:80'}\n");
            }
            AtomicInteger next = new AtomicInteger();
            try (Shares shares = new Shares.Setup()
                    .routes(routes.toString())
                    .h1At("origin.example")
                    .flags("--pool-idle-timeout", "1ms", "--allow-private", "127.0.0.0/8")
                    .flags("--resolver", "dns=127.0.0.1:" + names.address().getPort())
                    .start(directory)) {
                names.queries.clear();
                shares.attack("look-ups, names that never resolve", hostile -> {
                    String dead = "n" + next.incrementAndGet() % DEAD + ".dead.example";
                    hostile.connect()
                            .send("GET http://" + dead + "/ HTTP/1.1\r\nHost: " + dead + "\r\n"
                                    + hostile.authorization() + "\r\n\r\n");
                    TimeUnit.MILLISECONDS.sleep(10); // it is look-ups that are taken, and not accepts
                    hostile.keepLatest(DEAD);
                });
                assertThat(names.queries)
                        .as("looked up for the honest callers")
                        .filteredOn(query -> query.name().equalsIgnoreCase("origin.example"))
                        .hasSizeGreaterThan(1);
            }
        }
    }

    @Test
    void namesThatNeverResolveHoldUpNoOther() throws Exception {
        try (NameServer names = new NameServer().silent("dead.example")) {
            StringBuilder routes = new StringBuilder("routes:\n");
            for (int i = 0; i < 200; i++) {
                routes.append("  - {host: 'n" + i + ".dead.example:80'}\n");
            }
            for (int i = 0; i < 20; i++) {
                names.name("good" + i + ".example", 60, "127.0.0.1");
                routes.append("  - {host: 'good" + i + ".example:80'}\n");
            }
            try (Shares shares = new Shares.Setup()
                            .routes(routes + "  - {host: h1.example}\n")
                            .flags(
                                    "--resolver",
                                    "dns=127.0.0.1:" + names.address().getPort(),
                                    "--allow-private",
                                    "127.0.0.0/8")
                            .start(directory);
                    ProxyUser hostile = shares.user("hostile0");
                    ProxyUser honest = shares.user("honest0")) {
                for (int i = 0; i < 200; i++) {
                    String dead = "n" + i + ".dead.example";
                    hostile.connect()
                            .send("GET http://" + dead + "/ HTTP/1.1\r\nHost: " + dead + "\r\n"
                                    + hostile.authorization() + "\r\n\r\n");
                }
                for (int i = 0; i < 20; i++) {
                    String host = "good" + i + ".example";
                    RawClient client = honest.connect().readTimeout(SOON);
                    client.send("GET http://" + host + "/bytes/10 HTTP/1.1\r\nHost: " + host + "\r\n"
                            + honest.authorization() + "\r\n\r\n");
                    // Nothing listens there: the name was found at once, and the connection refused.
                    assertThat(client.readResponse("GET").status()).isEqualTo(502);
                    assertThat(names.queries).anyMatch(query -> query.name().equalsIgnoreCase(host));
                    honest.drop(client);
                }
                assertThat(shares.meter("egress_budget_used")).isPositive();
            }
        }
    }
}

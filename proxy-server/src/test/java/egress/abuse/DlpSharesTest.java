package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.FreePort;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.pipelock.PipelockServer.Listener;
import egress.testkit.pipelock.RecordedPipelock;
import egress.testkit.scorecard.Row;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One caller takes as much as it can get of what inspection and signing hold; ten others lose nothing by it. */
@Tag("alone")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class DlpSharesTest {
    private static final String SCANNED = """
            routes:
              - host: h1.example
              - host: h2.example
            """;
    private static final int MIB = 1 << 20;
    /** More than are kept. */
    private static final int NAMES = 500;

    @TempDir
    Path directory;

    private static Shares.Setup scanned() {
        return new Shares.Setup().routes(SCANNED).posts(20_000);
    }

    /** A head that tells of one byte more than comes. */
    private static void halfSend(RawClient client, byte[] body) throws IOException {
        client.send("POST /count HTTP/1.1\r\nHost: h1.example\r\nContent-Length: " + (body.length + 1) + "\r\n\r\n")
                .send(body);
    }

    @Test
    @Row("46.ba")
    void unfinishedBodiesLeaveMemoryToOthers() throws Exception {
        byte[] body = new byte[60_000];
        try (Shares shares = scanned().flags("--dlp-memory", "4m").start(directory)) {
            shares.attack("held bodies, half-sent", hostile -> {
                halfSend(hostile.h1(Shares.H1), body);
                hostile.keepLatest(200);
            });
        }
    }

    @Test
    @Row("46.bb")
    void unfinishedBodiesLeaveTheSpoolToOthers() throws Exception {
        byte[] body = new byte[MIB];
        try (Shares shares =
                scanned().posts(100_000).flags("--spool-max", "32m").start(directory)) {
            shares.attack("spool, half-sent", hostile -> {
                halfSend(hostile.h1(Shares.H1), body);
                hostile.keepLatest(100);
            });
        }
    }

    @Test
    @Row("46.bc")
    void bodiesThatAreDearToScanLeaveTimeToOthers() throws Exception {
        byte[] body = dear(4 * MIB);
        try (Shares shares = scanned().start(directory)) {
            shares.attack("scan time, gzip within gzip", hostile -> {
                RawClient client = hostile.h1(Shares.H1);
                client.send("POST /count HTTP/1.1\r\nHost: h1.example\r\nContent-Length: " + body.length + "\r\n\r\n")
                        .send(body);
                TimeUnit.MILLISECONDS.sleep(200);
                hostile.keepLatest(20);
            });
        }
    }

    @Test
    @Row("46.bd")
    void namesWithoutEndLeaveSigningToOthers() throws Exception {
        AtomicInteger names = new AtomicInteger();
        StringBuilder routes = new StringBuilder(SCANNED);
        for (int i = 0; i < NAMES; i++) {
            routes.append("  - host: n").append(i).append(".many.example\n");
        }
        try (Shares shares =
                scanned().routes(routes.toString()).flags("--max-leaves", "64").start(directory)) {
            shares.attack("mints, a name each", hostile -> {
                String host = "n" + names.incrementAndGet() % NAMES + ".many.example";
                RawClient client = hostile.tunnel(host + ":443");
                try {
                    client.tls(TlsClient.of(host, shares.ca()).alpn("http/1.1"));
                } finally {
                    hostile.drop(client);
                }
            });
        }
    }

    @Test
    @Row("46.bg")
    void questionsThatTakeLongLeavePipelockToOthers() throws Exception {
        InetSocketAddress sink = new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePort.find());
        try (RecordedPipelock pipelock = RecordedPipelock.start(sink);
                Shares shares = new Shares.Setup()
                        .routes(SCANNED)
                        .posts(1_000)
                        .flags("--dlp", "pipelock", "--pipelock-sink", "127.0.0.1:" + sink.getPort())
                        .flags("--pipelock", pipelock.uri(Listener.REVERSE).toString())
                        .start(directory)) {
            pipelock.sleepsAt("/slow", Duration.ofSeconds(2));
            shares.attack("questions to pipelock, slow ones", hostile -> {
                halfRead(hostile.h1(Shares.H1));
                hostile.keepLatest(200);
            });
            assertThat(pipelock.asked(Listener.REVERSE)).isGreaterThan(64);
        }
    }

    private static void halfRead(RawClient client) throws IOException {
        client.send("POST /slow HTTP/1.1\r\nHost: h1.example\r\nContent-Length: 5\r\n\r\nclean");
    }

    /** Small streams of gzip within gzip, of noise, one after the other. */
    static byte[] dear(int length) throws IOException {
        Random random = new Random(length);
        ByteArrayOutputStream out = new ByteArrayOutputStream(length + 2048);
        byte[] noise = new byte[600];
        while (out.size() < length) {
            random.nextBytes(noise);
            byte[] nested = noise;
            for (int i = 0; i < 5; i++) {
                nested = gzip(nested);
            }
            out.writeBytes(nested);
        }
        return out.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}

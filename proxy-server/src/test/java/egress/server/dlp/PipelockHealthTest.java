package egress.server.dlp;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.pipelock.PipelockMode;
import egress.dlp.pipelock.PipelockScanner;
import egress.dlp.pipelock.PipelockSettings;
import egress.server.admin.Readiness;
import egress.server.log.Notices;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PipelockHealthTest {
    /** One round asks two questions, each once more on a fresh connection. */
    private static final int A_ROUND = 4;

    @Test
    void reloadsWhilePipelockIsDownDoNotMultiplyTheQuestions() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        Readiness readiness = new Readiness();
        try (ServerSocket down = new ServerSocket(0, 128, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> hangUp(down, connections));
            URI base = URI.create("http://127.0.0.1:" + down.getLocalPort());
            PipelockSettings settings = PipelockSettings.of(PipelockMode.SINK, base, null)
                    .withSink(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (PipelockScanner scanner = PipelockScanner.start(settings, new SecureRandom());
                    PipelockHealth watch =
                            new PipelockHealth(scanner, readiness, new Notices(OutputStream.nullOutputStream()))) {
                for (int i = 0; i < 20; i++) {
                    watch.check();
                    awaitMore(connections, connections.get());
                }
                int before = connections.get();
                Thread.sleep(2_500); // two or three rounds, of one check and not of twenty
                assertThat(connections.get() - before).isBetween(1, 4 * A_ROUND);
                assertThat(readiness.whyNot()).isPresent();
            }
        }
    }

    private static void awaitMore(AtomicInteger connections, int than) throws InterruptedException {
        long end = System.nanoTime() + 10_000_000_000L;
        while (connections.get() <= than) {
            assertThat(System.nanoTime()).as("a check asks at once").isLessThan(end);
            Thread.sleep(1);
        }
    }

    private static void hangUp(ServerSocket down, AtomicInteger connections) {
        try {
            while (true) {
                down.accept().close();
                connections.incrementAndGet();
            }
        } catch (IOException e) {
            return; // closed
        }
    }
}

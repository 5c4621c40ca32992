package egress.server.flows;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.builtin.Masker;
import egress.exchange.Event;
import egress.exchange.ExchangeRecord;
import egress.exchange.Records;
import egress.server.ProxyUnderTest;
import egress.server.ProxyUnderTest.Captured;
import egress.server.config.FlowSettings;
import egress.server.log.Notices;
import egress.server.log.SecretMasker;
import egress.testkit.Tool;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * 10,000 exchanges a second for some seconds ({@code -Degress.flows.seconds=60}): what tells of them is never held up, and each is
 * recorded or counted as lost.
 */
@Tag("alone")
class FlowRateTest {
    private static final int RATE = 10_000;
    private static final int SECONDS = Integer.getInteger("egress.flows.seconds", 3);
    private static final int KIB = 1_024;

    @TempDir
    Path directory;

    private final Captured err = new Captured();
    private final SecretMasker masker = SecretMasker.of(List.of(), List.of("gate-token-0123456789"), Masker::of);
    private final LastHttpContent request = body("{\"model\": \"some-model\", \"input\": \"a prompt of words. \"}");
    private final LastHttpContent response = body("{\"output\": \"an answer, in words as well, and quite long.\"}");

    private Path log() {
        return directory.resolve("flows.jsonl");
    }

    private static LastHttpContent body(String text) {
        byte[] bytes = new byte[KIB];
        byte[] piece = text.getBytes(UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = piece[i % piece.length];
        }
        return new DefaultLastHttpContent(Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(bytes)));
    }

    private FlowObserver observer(int memory) throws IOException {
        FlowSettings settings =
                new FlowSettings(Optional.of(log()), 4 << 20, memory, false, Optional.empty(), 1, List.of("scan"));
        return FlowObserver.start(settings, List.of(), () -> masker, new Notices(err), InstantSource.system())
                .orElseThrow();
    }

    private void exchange(FlowObserver observer, long id) {
        ExchangeRecord entry = Records.of(id, "api.example", "POST", "/v1/messages?page=" + id);
        entry.requestFields = fields("user-agent", "a-client/1.0 (linux)", "x-request-id", "request-" + id);
        observer.on(new Event.Started(entry));
        observer.on(new Event.RequestPart(entry, request));
        observer.on(new Event.Allowed(entry));
        entry.status = 200;
        entry.answered = HttpResponseStatus.OK;
        entry.responseFields = fields("server", "an-origin", "x-answer-id", "answer-" + id);
        observer.on(new Event.ResponseHead(entry));
        observer.on(new Event.ResponsePart(entry, response));
        entry.endedNanos = System.nanoTime();
        observer.on(new Event.Ended(entry));
    }

    private static HttpHeaders fields(String... more) {
        HttpHeaders fields = new DefaultHttpHeaders();
        fields.add("host", "api.example");
        fields.add("accept", "*/*");
        fields.add("accept-encoding", "gzip, deflate, br");
        fields.add("content-type", "application/json");
        fields.add("content-length", "1024");
        fields.add("cache-control", "no-store");
        for (int i = 0; i < more.length; i += 2) {
            fields.add(more[i], more[i + 1]);
        }
        return fields;
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void tenThousandASecondAreRecordedOrCountedAndNobodyWaits() throws Exception {
        FlowObserver observer = observer(32 << 20);
        for (int i = 0; i < 30_000; i++) { // compiled code from here on
            exchange(observer, -1);
            LockSupport.parkNanos(i % 100 == 0 ? 1_000_000 : 0);
        }
        ProxyUnderTest.await("the warm-up", () -> observer.recorded() + observer.lost() == 30_000);
        long before = observer.recorded();
        long lostBefore = observer.lost();
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long recorderCpu = cpu(threads);
        long ownCpu = threads.getCurrentThreadCpuTime();
        int count = RATE * SECONDS;
        long[] took = new long[count];
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            long due = begin + i * (1_000_000_000L / RATE);
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            long start = System.nanoTime();
            exchange(observer, i);
            took[i] = System.nanoTime() - start;
        }
        ownCpu = threads.getCurrentThreadCpuTime() - ownCpu;
        ProxyUnderTest.await("all of them", () -> observer.recorded() - before + observer.lost() - lostBefore == count);
        recorderCpu = cpu(threads) - recorderCpu;
        observer.close();
        Arrays.sort(took);
        System.out.printf(
                "flows: %d in %d s: %d lost; telling of one took %.1f us at the median, %.1f us at 99.9%%, %.1f ms at most;"
                        + " CPU %.1f us to tell (with its making), %.1f us to record%n",
                count,
                SECONDS,
                observer.lost() - lostBefore,
                took[count / 2] / 1e3,
                took[count - count / 1000] / 1e3,
                took[count - 1] / 1e6,
                ownCpu / 1e3 / count,
                recorderCpu / 1e3 / count);
        assertThat(took[count / 2]).isLessThan(100_000);
        try (FlowReader reader = FlowReader.read(log())) {
            assertThat(reader.stream().count()).isEqualTo(observer.recorded());
            assertThat(reader.problems()).isZero();
        }
    }

    private static long cpu(ThreadMXBean threads) {
        for (long id : threads.getAllThreadIds()) {
            var info = threads.getThreadInfo(id);
            if (info != null && info.getThreadName().equals("egress-flows")) {
                return threads.getThreadCpuTime(id);
            }
        }
        throw new AssertionError("no recorder");
    }

    /** A disk that stands still: another process holds the file's lock. */
    @Test
    @Timeout(60)
    void whileTheDiskStandsStillNobodyWaitsAndWhatIsLostIsCounted() throws Exception {
        FlowObserver observer = observer(1 << 20);
        Path ready = directory.resolve("ready");
        Process holder =
                Tool.require("python3", "install python3").start("-c", """
                        import fcntl, sys, time
                        f = open(sys.argv[1], "r+")
                        fcntl.lockf(f, fcntl.LOCK_EX)
                        open(sys.argv[2], "w").close()
                        time.sleep(60)
                        """, log().toString(), ready.toString());
        ProxyUnderTest.await("the lock", () -> Files.exists(ready));
        long begin = System.nanoTime();
        for (int i = 0; i < 5_000; i++) {
            exchange(observer, i);
        }
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(5));
        assertThat(observer.statistics().used()).isLessThanOrEqualTo(1 << 20);
        assertThat(observer.lost()).isGreaterThan(4_000);
        holder.destroyForcibly().waitFor();
        ProxyUnderTest.await("the rest", () -> observer.recorded() + observer.lost() == 5_000);
        assertThat(observer.statistics().used()).isZero();
        observer.close();
        assertThat(err.lines()).hasSize(1);
        assertThat(err.lines().getFirst()).startsWith("egress: flows are lost, ");
        try (FlowReader reader = FlowReader.read(log())) {
            assertThat(reader.stream().count()).isEqualTo(observer.recorded());
        }
    }
}

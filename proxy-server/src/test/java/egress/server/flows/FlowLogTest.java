package egress.server.flows;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import egress.server.FileSizeLimit;
import egress.server.ProxyUnderTest;
import egress.server.ProxyUnderTest.Captured;
import egress.server.config.FlowSettings;
import egress.server.log.Notices;
import egress.testkit.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The flow log's file under a crash, a full disk, another writer and rotation. */
class FlowLogTest {
    @TempDir
    Path directory;

    private final Captured err = new Captured();
    private final Notices notices = new Notices(err);
    private final FlowLosses losses = new FlowLosses(notices);

    private Path path() {
        return directory.resolve("flows.jsonl");
    }

    private FlowSettings settings(boolean required, Optional<Long> rotateAt, int keep) {
        return new FlowSettings(Optional.of(path()), 4 << 20, 8 << 20, required, rotateAt, keep, List.of());
    }

    private FlowLog open(FlowSettings settings) throws IOException {
        return FlowLog.open(settings, losses, notices).orElseThrow();
    }

    private FlowLog open() throws IOException {
        return open(settings(false, Optional.empty(), 5));
    }

    private static Flow flow(long id, int bytes) {
        byte[] body = new byte[bytes];
        Arrays.fill(body, (byte) 'x');
        return Flows.exchange(id, body, new byte[0]);
    }

    private List<Long> ids(Path file) throws IOException {
        List<Long> ids = new ArrayList<>();
        try (FlowReader reader = FlowReader.read(file)) {
            reader.forEach(flow -> ids.add(flow.id()));
            assertThat(reader.firstProblem()).isNull();
        }
        return ids;
    }

    /** As the recorder does where nothing else waits. */
    private static void record(FlowLog log, Flow flow) {
        log.ended(flow);
        log.paused();
    }

    @Test
    void whatComesAtOnceIsWrittenAtOnce() throws Exception {
        FlowLog log = open();
        log.ended(flow(1, 10));
        log.ended(flow(2, 10));
        assertThat(path()).isEmptyFile();
        log.paused();
        assertThat(ids(path())).containsExactly(1L, 2L);
        for (int i = 3; i < 10; i++) {
            log.ended(flow(i, 30_000));
        }
        assertThat(Files.size(path())).isGreaterThan(180_000); // without a pause
        log.close();
        assertThat(ids(path())).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
    }

    @Test
    void ofWhatComesAtOnceAsMuchAsFitsIsWritten() throws Exception {
        FlowLog log = open();
        record(log, flow(1, 1_000));
        long line = Files.size(path());
        try (FileSizeLimit _ = FileSizeLimit.of(2 * line + line / 2)) {
            log.ended(flow(2, 1_000));
            log.ended(flow(3, 1_000));
            log.ended(flow(4, 1_000));
            log.paused();
            assertThat(ids(path())).containsExactly(1L, 2L);
        }
        record(log, flow(5, 1_000));
        log.close();
        assertThat(ids(path())).containsExactly(1L, 2L, 5L);
        assertThat(losses.count()).isEqualTo(2);
    }

    @Test
    void aTailThatACrashHasLeftIsCutOffAtTheNextOpen() throws Exception {
        FlowLog log = open();
        record(log, flow(1, 10));
        log.close();
        Files.writeString(path(), "{\"scan_id\":\"torn", StandardOpenOption.APPEND);
        FlowLog again = open();
        record(again, flow(2, 10));
        again.close();
        assertThat(ids(path())).containsExactly(1L, 2L);
    }

    @Test
    void aTornLineThatIsAllThereIsIsCutOffToo() throws Exception {
        Files.writeString(path(), "{\"scan_id\":" + "x".repeat(200_000));
        FlowLog log = open();
        record(log, flow(1, 10));
        log.close();
        assertThat(ids(path())).containsExactly(1L);
    }

    @Test
    void aFileThatWasThereKeepsItsMode() throws Exception {
        Files.createFile(path());
        Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("rw-r-----"));
        FlowLog log = open(settings(false, Optional.of(1L), 1));
        record(log, flow(1, 10));
        record(log, flow(2, 10));
        log.close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
                .isEqualTo("rw-r-----");
        assertThat(ids(path())).containsExactly(2L);
    }

    @Test
    void itIsRenamedBeforeItGrowsTooLargeAndTheOldestGoes() throws Exception {
        FlowLog log = open(settings(false, Optional.of(5_000L), 2));
        for (int i = 1; i <= 12; i++) {
            log.ended(flow(i, 1_500)); // two a file
        }
        log.close();
        assertThat(ids(path())).containsExactly(11L, 12L);
        assertThat(ids(directory.resolve("flows.jsonl.1"))).containsExactly(9L, 10L);
        assertThat(ids(directory.resolve("flows.jsonl.2"))).containsExactly(7L, 8L);
        assertThat(directory.resolve("flows.jsonl.3")).doesNotExist();
        assertThat(Files.size(directory.resolve("flows.jsonl.1"))).isLessThanOrEqualTo(5_000);
    }

    @Test
    void aLineIsAtMost32MiBLongWhateverTheBodiesAre() throws Exception {
        FlowLog log = open();
        byte[] quotes = new byte[20 << 20];
        Arrays.fill(quotes, (byte) 0x80);
        record(log, Flows.exchange(1, quotes, quotes));
        log.close();
        assertThat(Files.size(path())).isLessThan(FlowFile.LONGEST);
        try (FlowReader reader = FlowReader.read(path())) {
            Flow flow = reader.iterator().next();
            assertThat(flow.request()).satisfies(request -> {
                assertThat(request.body().length()).isEqualTo(20 << 20);
                assertThat(request.body().truncated()).isTrue();
                assertThat(request.body().kept()).hasSize(1 << 20);
            });
        }
    }

    /** The limit of a file's size stands for a full disk: a write ends short, and the next one fails. */
    @Test
    void onAFullDiskWholeLinesStayAndTheLossIsCountedAndSaidOnce() throws Exception {
        FlowLog log = open();
        record(log, flow(1, 1_000));
        try (FileSizeLimit _ = FileSizeLimit.of(Files.size(path()) + 700)) {
            record(log, flow(2, 1_000));
            record(log, flow(3, 1_000));
            assertThat(log.isWriting()).isFalse();
            assertThat(ids(path())).containsExactly(1L);
            assertThat(Files.readString(path())).endsWith("}\n");
        }
        record(log, flow(4, 1_000));
        log.close();
        assertThat(ids(path())).containsExactly(1L, 4L);
        assertThat(losses.count()).isEqualTo(2);
        assertThat(err.lines()).hasSize(2);
        assertThat(err.lines().get(0)).startsWith("egress: --flows: cannot write " + path() + ": File too large");
        assertThat(err.lines().get(1))
                .isEqualTo("egress: --flows: " + path() + " can be written again; 2 flow(s) were lost");
    }

    @Test
    @Timeout(30)
    void whereTheRecordIsRequiredALineWaitsForTheDisk() throws Exception {
        FlowLog log = open(settings(true, Optional.empty(), 1));
        record(log, flow(1, 1_000));
        Thread writer;
        try (FileSizeLimit _ = FileSizeLimit.of(Files.size(path()) + 700)) {
            writer = Thread.ofPlatform().start(() -> record(log, flow(2, 1_000)));
            ProxyUnderTest.await("a failed write", () -> !log.isWriting());
            assertThat(writer.join(Duration.ofMillis(300))).isFalse();
        }
        writer.join();
        assertThat(log.isWriting()).isTrue();
        log.close();
        assertThat(ids(path())).containsExactly(1L, 2L);
        assertThat(losses.count()).isZero();
    }

    @Test
    @Timeout(60)
    void twoProcessesThatWriteTheSameFileTearNoLine() throws Exception {
        Process one = writer(400, 20_000);
        Process two = writer(400, 20_000);
        assertThat(one.waitFor(50, TimeUnit.SECONDS)).isTrue();
        assertThat(two.waitFor(50, TimeUnit.SECONDS)).isTrue();
        assertThat(ids(path())).hasSize(800);
    }

    @Test
    @Timeout(60)
    void aKillInTheMidstOfAWriteLeavesWholeLines() throws Exception {
        for (int i = 0; i < 3; i++) {
            long before = Files.exists(path()) ? Files.size(path()) : 0;
            Process child = writer(1_000_000, 3 << 20);
            ProxyUnderTest.await("lines", () -> path().toFile().length() > before + (20 << 20));
            child.destroyForcibly().waitFor();
            long torn = Files.size(path());
            FlowLog log = open();
            record(log, flow(-1, 10));
            log.close();
            assertThat(ids(path())).endsWith(-1L);
            assertThat(torn).isPositive();
            Files.delete(path());
        }
    }

    private Process writer(int lines, int bytes) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FlowWriterProgram.class.getName(),
                        path().toString(),
                        Integer.toString(lines),
                        Integer.toString(bytes))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("child.out").toFile())
                .start();
    }

    /** Writes a flow log until it is killed. */
    static final class FlowWriterProgram {
        private FlowWriterProgram() {}

        public static void main(String[] arguments) throws IOException {
            Notices notices = new Notices(System.err);
            FlowSettings settings = new FlowSettings(
                    Optional.of(Path.of(arguments[0])), 4 << 20, 8 << 20, false, Optional.empty(), 1, List.of());
            FlowLog log =
                    FlowLog.open(settings, new FlowLosses(notices), notices).orElseThrow();
            for (int i = 1; i <= Integer.parseInt(arguments[1]); i++) {
                record(log, flow(i, Integer.parseInt(arguments[2])));
            }
            log.close();
        }
    }

    @Test
    @Timeout(30)
    void aLockThatAnotherHoldsIsWaitedFor() throws Exception {
        FlowLog log = open();
        Path ready = directory.resolve("ready");
        Process holder =
                Tool.require("python3", "install python3").start("-c", """
                        import fcntl, sys, time
                        f = open(sys.argv[1], "r+")
                        fcntl.lockf(f, fcntl.LOCK_EX)
                        open(sys.argv[2], "w").close()
                        time.sleep(20)
                        """, path().toString(), ready.toString());
        ProxyUnderTest.await("the lock", () -> Files.exists(ready));
        Thread writer = Thread.ofPlatform().start(() -> record(log, flow(1, 10)));
        assertThat(writer.join(Duration.ofMillis(300))).isFalse();
        holder.destroyForcibly().waitFor();
        writer.join();
        log.close();
        assertThat(new String(Files.readAllBytes(path()), UTF_8)).contains("\"exchange\":1,");
    }
}

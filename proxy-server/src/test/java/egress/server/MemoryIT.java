package egress.server;

import static org.assertj.core.api.Assertions.assertThat;

import egress.gate.Call;
import egress.gate.Caller;
import egress.gate.Pairs;
import egress.gate.TwoOrigins;
import egress.testkit.origin.OriginExchange;
import egress.testkit.wire.H2Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** How much the process grows while a side of a large transfer stops, as the kernel counts it: in each test, and over all of them. */
final class MemoryIT {
    private static final long MIB = 1 << 20;
    private static final long TOTAL = 256 * MIB;
    private static final long STOP_AT = 64 * MIB;
    private static final long STOP_MILLIS = 2_000;
    private static final long ALLOWED = 32 * MIB;

    @TempDir
    static Path directory;

    private static Running running;
    private static long warm;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        running = new Running(directory, """
                routes:
                  - {host: h1.example, dlp: {outbound_detectors: false}}
                  - {host: h2.example, dlp: {outbound_detectors: false}}
                """);
        for (String version : new String[] {"h1", "h2"}) {
            for (String host : new String[] {TwoOrigins.H1, TwoOrigins.H2}) {
                running.origin(host).on("/stops", MemoryIT::swallow);
                try (Caller caller = running.caller(version, host)) { // code and heap become warm
                    caller.get("/bytes/" + STOP_AT).response();
                    Call upload = caller.begin("POST", "/count", "content-length", Long.toString(STOP_AT / 2));
                    upload.write(new byte[(int) STOP_AT / 2]).end().response();
                }
            }
        }
        try (Resident resident = new Resident(running.child().pid())) {
            warm = resident.most();
        }
    }

    @AfterAll
    static void stop() throws IOException {
        running.close();
    }

    /** Resident memory of the program now and at most, sampled. */
    private static final class Resident implements AutoCloseable {
        private final Path status;
        private final long before;
        private final AtomicLong most;
        private final AtomicBoolean over = new AtomicBoolean();
        private final Thread sampler;

        Resident(long pid) throws IOException {
            status = Path.of("/proc/" + pid + "/status");
            before = read();
            most = new AtomicLong(before);
            sampler = Thread.ofPlatform().daemon().start(() -> {
                while (!over.get()) {
                    sample();
                }
            });
        }

        private void sample() {
            try {
                most.accumulateAndGet(read(), Math::max);
                TimeUnit.MILLISECONDS.sleep(10);
            } catch (IOException e) {
                over.set(true); // the process is gone, and its test fails by that
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        long most() {
            return most.get();
        }

        private long read() throws IOException {
            if (!Files.exists(status)) {
                throw new AssertionError(status + " is not there (expected: Linux, with its proc file system)");
            }
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
                }
            }
            throw new AssertionError("no VmRSS in " + status);
        }

        long growth() {
            return most.get() - before;
        }

        @Override
        public void close() {
            over.set(true);
            try {
                sampler.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void report(String what, Resident resident) {
        System.out.printf(
                "memory: %s: resident %d MiB, grew by %d MiB at most%n",
                what, resident.before / MIB, (resident.growth() + MIB - 1) / MIB);
        assertThat(resident.growth())
                .as(what + ": bytes that the process grew by")
                .isLessThan(ALLOWED);
        assertThat(resident.most() - warm)
                .as(what + ": bytes that the process grew by since it was warm")
                .isLessThan(ALLOWED);
    }

    @Pairs
    void aDownloadToAReaderThatStops(String version, String host) throws Exception {
        try (Caller caller = running.caller(version, host)) {
            try (Resident resident = new Resident(running.child().pid())) {
                Call call = caller.get("/bytes/" + TOTAL);
                assertThat(call.status()).isEqualTo(200);
                byte[] some = new byte[1 << 16];
                boolean stopped = false;
                long read = 0;
                for (int n = call.read(some); n >= 0; n = call.read(some)) {
                    read += n;
                    if (!stopped && read >= STOP_AT) {
                        stopped = true;
                        TimeUnit.MILLISECONDS.sleep(STOP_MILLIS); // the reader that stops
                    }
                }
                assertThat(read).isEqualTo(TOTAL);
                report("down, " + version + " to " + host, resident);
            }
        }
    }

    @Pairs
    void anUploadToAnOriginThatStops(String version, String host) throws Exception {
        try (Caller caller = running.caller(version, host, H2Settings.defaults())) {
            try (Resident resident = new Resident(running.child().pid())) {
                Call call = caller.begin("POST", "/stops", "content-length", Long.toString(TOTAL));
                byte[] piece = new byte[1 << 16];
                for (long sent = 0; sent < TOTAL; sent += piece.length) {
                    call.write(piece);
                }
                call.end();
                assertThat(call.response().text()).isEqualTo(Long.toString(TOTAL));
                report("up, " + version + " to " + host, resident);
            }
        }
    }

    private static void swallow(OriginExchange exchange) throws IOException, InterruptedException {
        byte[] some = new byte[1 << 16];
        boolean stopped = false;
        long read = 0;
        for (int n = exchange.read(some); n >= 0; n = exchange.read(some)) {
            read += n;
            if (!stopped && read >= STOP_AT) {
                stopped = true;
                TimeUnit.MILLISECONDS.sleep(STOP_MILLIS);
            }
        }
        exchange.respond(200, Long.toString(read));
    }
}

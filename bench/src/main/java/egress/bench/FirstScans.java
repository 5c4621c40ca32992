package egress.bench;

import com.sun.management.OperatingSystemMXBean;
import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.builtin.BuiltInScanner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What the built-in scanner's first 1,000 scans take after a start: classes, tables, the interpreter and the compilers, which no steady
 * measure shows. Each round is a process of its own; it makes a scanner and scans 1,000 different clean bodies of 2 KiB under one head.
 * {@code java -cp benchmarks.jar egress.bench.FirstScans [rounds]} prints the median and the least CPU time in milliseconds, of the whole
 * process and of the thread that scans.
 */
public final class FirstScans {
    private static final int SCANS = 1000;
    private static final int SIZE = 2048;
    private static final List<String> KINDS = List.of("conversation", "records", "image");
    private static final List<String> SHOWN = List.of("made", "1 scan", "10 scans", "100 scans", "1000 scans");

    private FirstScans() {}

    public static void main(String[] args) throws IOException {
        if (args.length > 0 && args[0].equals("round")) {
            round();
            return;
        }
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 9;
        double[][] process = new double[SHOWN.size()][rounds];
        double[][] thread = new double[SHOWN.size()][rounds];
        for (int i = 0; i < rounds; i++) {
            String[] figures = started().split(" ", -1);
            for (int k = 0; k < SHOWN.size(); k++) {
                process[k][i] = Double.parseDouble(figures[2 * k]);
                thread[k][i] = Double.parseDouble(figures[2 * k + 1]);
            }
        }
        System.out.println("| | process, median | least | scanning thread, median | least |\n|---|---|---|---|---|");
        for (int k = 0; k < SHOWN.size(); k++) {
            Arrays.sort(process[k]);
            Arrays.sort(thread[k]);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.0f | %.0f | %.0f | %.0f |%n",
                    SHOWN.get(k),
                    process[k][rounds / 2],
                    process[k][0],
                    thread[k][rounds / 2],
                    thread[k][0]);
        }
    }

    private static String started() throws IOException {
        List<String> command = GateJvm.command(FirstScans.class.getName());
        command.add("round");
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            String line = out.readLine();
            if (line == null) {
                throw new IOException("a round printed nothing (expected: its figures)");
            }
            return line;
        }
    }

    private static void round() {
        Random random = new Random(7);
        List<byte[]> bodies = new ArrayList<>();
        for (int i = 0; i < SCANS; i++) {
            String body = CleanBodies.of(KINDS.get(i % KINDS.size()), random, SIZE);
            bodies.add(body.getBytes(StandardCharsets.UTF_8));
        }
        List<byte[]> secrets = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            secrets.add(CleanBodies.drawn(random, 40).getBytes(StandardCharsets.US_ASCII));
        }
        StringBuilder out = new StringBuilder();
        Clock clock = new Clock();
        BuiltInScanner scanner = new BuiltInScanner(secrets, new byte[32], Runnable::run);
        clock.show(out);
        clock = new Clock();
        for (int i = 1; i <= SCANS; i++) {
            if (!(scanner.scanNow(request(bodies.get(i - 1))) instanceof ScanVerdict.Clean)) {
                throw new IllegalStateException("body " + i + ": not clean (expected: clean)");
            }
            if (i == 1 || i == 10 || i == 100 || i == SCANS) {
                clock.show(out);
            }
        }
        System.out.println(out.toString().strip());
    }

    private static ScanRequest request(byte[] body) {
        List<HeaderField> fields = List.of(
                new HeaderField("content-type", "application/json"),
                new HeaderField("accept", "application/json"),
                new HeaderField("user-agent", "anthropic-sdk-python/0.39.0"),
                new HeaderField("anthropic-version", "2023-06-01"),
                new HeaderField("authorization", "Bearer placeholder"));
        return new ScanRequest(
                "api.anthropic.com",
                "POST",
                "/v1/messages?beta=true",
                fields,
                BodySource.of(body),
                List.of(),
                ScanOptions.defaults());
    }

    /** CPU time since it was made. */
    private static final class Clock {
        private static final double MILLION = 1e6;

        private final OperatingSystemMXBean system =
                (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        private final long process = system.getProcessCpuTime();
        private final long thread = threads.getCurrentThreadCpuTime();

        void show(StringBuilder out) {
            double ofProcess = (system.getProcessCpuTime() - process) / MILLION;
            double ofThread = (threads.getCurrentThreadCpuTime() - thread) / MILLION;
            out.append(String.format(Locale.ROOT, "%.1f %.1f ", ofProcess, ofThread));
        }
    }
}

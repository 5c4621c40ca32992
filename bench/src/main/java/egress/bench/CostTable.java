package egress.bench;

import com.sun.net.httpserver.HttpServer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * What seeing costs, in one run: gates that record nothing, serve metrics, write the flow log, show the page, or do all of it with traces of
 * 1% and shadow routes. Each is a process of its own; they are asked in turns, GETs of 1 KiB over h2, so that a machine that changes its
 * mind is none's advantage. {@code CostTable [SECONDS [ROUNDS [WARM]]]}.
 */
public final class CostTable {
    private static final String HOST = "origin.example";
    private static final int BODY = 1_024;
    private static final int AT_ONCE = 64;
    private static final int BATCH = 256;
    /** Of /proc/PID/stat (proc(5)): Linux counts a hundredth of a second for user space. */
    private static final long TICK_NANOS = 10_000_000L;

    private static final int UTIME = 11;
    private static final long PATIENCE_SECONDS = 60;

    private final Path directory;
    private final BenchTls tls = new BenchTls();
    private final List<Gate> gates = new ArrayList<>();

    private CostTable(Path directory) {
        this.directory = directory;
    }

    /** One of the gates, and what it did in each round. */
    private static final class Gate implements AutoCloseable {
        private final String name;
        private final Process process;
        private final BenchClient client;
        private final Path flows;
        private final List<Double> rates = new ArrayList<>();
        private final List<Double> cpu = new ArrayList<>();
        private long asked;

        Gate(String name, Process process, BenchClient client, Path flows) {
            this.name = name;
            this.process = process;
            this.client = client;
            this.flows = flows;
        }

        private void load(long nanos, boolean counts) throws IOException {
            long cpuBefore = cpuNanos(process.pid());
            long begin = System.nanoTime();
            long count = 0;
            while (System.nanoTime() - begin < nanos) {
                client.run(BATCH);
                count += BATCH;
            }
            long took = System.nanoTime() - begin;
            asked += count;
            if (counts) {
                rates.add(count * 1e9 / took);
                cpu.add((cpuNanos(process.pid()) - cpuBefore) / 1e3 / count);
            }
        }

        /** What of all it was asked stands in the flow log; 1 where there is none. */
        double recorded() throws IOException {
            if (!Files.exists(flows)) {
                return 1;
            }
            long lines = 0;
            byte[] piece = new byte[1 << 16];
            try (InputStream in = new BufferedInputStream(Files.newInputStream(flows))) {
                for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                    for (int i = 0; i < n; i++) {
                        lines += piece[i] == '\n' ? 1 : 0;
                    }
                }
            }
            return Math.min(1, lines / (double) asked);
        }

        @Override
        public void close() {
            process.destroy();
            try {
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }

    private static long cpuNanos(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[UTIME + 1])) * TICK_NANOS;
    }

    /** The flags of each, by its name; the first is what the others are compared with. */
    private Map<String, List<String>> kinds() throws IOException {
        Path shadow = Files.writeString(directory.resolve("shadow.yaml"), "routes: [{host: other.example}]\n");
        List<String> all =
                new ArrayList<>(List.of("--admin", "127.0.0.1:0", "--inspect", "--shadow-routes", shadow.toString()));
        all.addAll(flows("all"));
        Map<String, List<String>> kinds = new LinkedHashMap<>();
        kinds.put("off", List.of("--admin", "off"));
        kinds.put("metrics", List.of("--admin", "127.0.0.1:0"));
        kinds.put("flow log", flows("flow log", "--admin", "off"));
        kinds.put("page", List.of("--admin", "127.0.0.1:0", "--inspect"));
        kinds.put("all", all);
        return kinds;
    }

    private List<String> flows(String name, String... others) {
        List<String> flags = new ArrayList<>(List.of("--flows", file(name).toString()));
        flags.addAll(List.of(others));
        return flags;
    }

    private Path file(String name) {
        return directory.resolve(name.replace(' ', '-') + ".jsonl");
    }

    private Gate start(String name, List<String> flags, int origin, int receiver, EventLoopGroup callers)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        Path certificate = directory.resolve(name.replace(' ', '-') + ".pem");
        Path routes = Files.writeString(directory.resolve("routes.yaml"), """
                routes:
                  - host: %s
                    auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
                    matches: [{methods: [GET], paths: [{type: prefix, value: /v1/}]}]
                """.formatted(HOST));
        List<String> command = GateJvm.command("egress.server.Main");
        command.addAll(List.of(
                "-q",
                "--listen",
                "127.0.0.1:0",
                "--ca-ephemeral",
                "--ca-cert-out",
                certificate.toString(),
                "--routes",
                routes.toString(),
                "--upstream-ca",
                Files.write(directory.resolve("origins.pem"), tls.authorityPem())
                        .toString(),
                "--connect-to",
                HOST + ":443:127.0.0.1:" + origin));
        command.addAll(flags);
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().removeIf(key -> key.startsWith("EGRESS_") || key.startsWith("OTEL_"));
        builder.environment().put("EGRESS_TOKEN_0", "a-token-of-no-value-at-all");
        builder.environment().put("HOME", directory.toString());
        if (name.equals("all")) {
            builder.environment().put("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + receiver);
            builder.environment().put("OTEL_TRACES_SAMPLER", "parentbased_traceidratio");
            builder.environment().put("OTEL_TRACES_SAMPLER_ARG", "0.01");
        }
        Process process = builder.start();
        int port = port(process).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        BenchClient client = new BenchClient(
                callers,
                new BenchClient.Target(port, HOST, true, tls.client(certificate.toFile(), "h2"), true),
                AT_ONCE,
                BODY);
        return new Gate(name, process, client, file(name));
    }

    /** Of the start line; everything else that the gate says is read and dropped. */
    private static CompletableFuture<Integer> port(Process gate) {
        CompletableFuture<Integer> port = new CompletableFuture<>();
        List<String> said = new ArrayList<>();
        Thread.ofPlatform().daemon().start(() -> {
            try (BufferedReader lines = gate.errorReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("egress: listening on ")) {
                        port.complete(Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)));
                    }
                    if (!port.isDone()) {
                        said.add(line);
                    }
                }
                port.completeExceptionally(new IOException("the gate ended: " + said));
            } catch (IOException e) {
                port.completeExceptionally(e);
            }
        });
        return port;
    }

    private static double median(List<Double> all) {
        double[] sorted = all.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private void run(int seconds, int rounds, int warm)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        EventLoopGroup origins = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        EventLoopGroup callers = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        receiver.start();
        try {
            int origin = BenchOrigin.start(origins, tls.origin(HOST, "h2"), true, BODY);
            for (Map.Entry<String, List<String>> kind : kinds().entrySet()) {
                gates.add(start(
                        kind.getKey(),
                        kind.getValue(),
                        origin,
                        receiver.getAddress().getPort(),
                        callers));
            }
            long nanos = TimeUnit.SECONDS.toNanos(seconds);
            for (Gate gate : gates) { // compiled code from here on
                gate.load(TimeUnit.SECONDS.toNanos(warm), false);
            }
            for (int round = 0; round < rounds; round++) {
                for (Gate gate : gates) {
                    gate.load(nanos, true);
                }
            }
        } finally {
            gates.forEach(Gate::close);
            receiver.stop(0);
            callers.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            origins.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    private List<String> table() throws IOException {
        double rate = median(gates.getFirst().rates);
        double cpu = median(gates.getFirst().cpu);
        List<String> lines = new ArrayList<>();
        lines.add("| on | requests/s | against off | CPU us/exchange of the gate | more than off | recorded |");
        lines.add("|---|---|---|---|---|---|");
        for (Gate gate : gates) {
            double own = median(gate.rates);
            double spent = median(gate.cpu);
            String recorded =
                    Files.exists(gate.flows) ? String.format(Locale.ROOT, "%.1f%%", 100 * gate.recorded()) : "";
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %.0f | %+.1f%% | %.1f | %+.1f | %s |",
                    gate.name,
                    own,
                    100 * (own / rate - 1),
                    spent,
                    spent - cpu,
                    recorded));
        }
        return lines;
    }

    /** {@code [SECONDS [ROUNDS [WARM]]]}: of each turn, 5; of turns, 5; seconds of load for each gate before, 40: then few methods are compiled yet. */
    public static void main(String[] arguments)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        int warm = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 40;
        Path directory = Files.createTempDirectory("egress-costs");
        try {
            CostTable table = new CostTable(directory);
            table.run(seconds, rounds, warm);
            table.table().forEach(System.out::println);
            System.out.println("load of the machine: "
                    + Files.readString(Path.of("/proc/loadavg")).strip());
            System.out.println("rounds of off: "
                    + Arrays.toString(table.gates.getFirst().rates.stream()
                            .mapToLong(Math::round)
                            .toArray()));
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }
}

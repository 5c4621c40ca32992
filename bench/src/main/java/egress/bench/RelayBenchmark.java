package egress.bench;

import egress.server.Main;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The whole gate between a caller and an origin, all in one process, over loopback with TLS on both sides: exchanges a second, and with
 * {@code -prof gc} the bytes allocated for each. {@code direct-*} is the caller and the origin without a gate, which the others include.
 * {@code java -jar benchmarks.jar RelayBenchmark -prof gc}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 4)
@Measurement(iterations = 5, time = 4)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "-Djmh.shutdownTimeout=1", // the gate's threads end with the process alone
            "-XX:+UseSerialGC",
            "-Xmx512m",
            "-XX:+UseCompactObjectHeaders",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"
        })
public class RelayBenchmark {
    /** Exchanges of an invocation. */
    private static final int BATCH = 256;

    private static final String HOST = "origin.example";

    /** The caller's version, and the origin's. */
    @Param({"direct-h1", "direct-h2", "h1-h1", "h1-h2", "h2-h1", "h2-h2"})
    public String relay = "h2-h2";

    /** Bytes of a response's body. */
    @Param({"1024", "1048576"})
    public int size = 1024;

    /** Whether the scanner and the terminal's lines are on, or neither. */
    @Param({"all", "bare"})
    public String gate = "all";

    private @Nullable EventLoopGroup origins;
    private @Nullable EventLoopGroup callers;
    private @Nullable BenchClient client;
    private @Nullable Path directory;

    @Setup(Level.Trial)
    public void start() throws IOException, InterruptedException {
        Path files = Files.createTempDirectory("egress-relay");
        directory = files;
        origins = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        callers = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        boolean direct = relay.startsWith("direct");
        boolean h2Caller = relay.startsWith("h2") || relay.equals("direct-h2");
        boolean h2Origin = relay.endsWith("h2");
        BenchTls tls = new BenchTls();
        int origin = BenchOrigin.start(origins, tls.origin(HOST, h2Origin ? "h2" : "http/1.1"), h2Origin, size);
        Path certificate = files.resolve("gate.pem");
        int port = direct ? origin : gate(files, tls, origin, certificate);
        client = new BenchClient(
                callers,
                new BenchClient.Target(
                        port, HOST, !direct, tls.client(certificate.toFile(), h2Caller ? "h2" : "http/1.1"), h2Caller),
                size > 65_536 ? 8 : 64,
                size);
    }

    /** Starts the program; it ends with this process. */
    private int gate(Path files, BenchTls tls, int origin, Path certificate) throws IOException, InterruptedException {
        Path token = Files.writeString(files.resolve("token"), "a-token-of-no-value-at-all");
        Path routes = Files.writeString(files.resolve("routes.yaml"), """
                routes:
                  - host: %s
                    auth: {scheme: Bearer, token_file: %s}
                    matches: [{methods: [GET], paths: [{type: prefix, value: /v1/}]}]
                """.formatted(HOST, token));
        Path trust = Files.write(files.resolve("origins.pem"), tls.authorityPem());
        int port = freePort();
        List<String> arguments = new ArrayList<>(List.of("--listen", "127.0.0.1:" + port, "--admin", "off"));
        arguments.addAll(List.of("--ca-ephemeral", "--ca-cert-out", certificate.toString()));
        arguments.addAll(List.of("--routes", routes.toString(), "--upstream-ca", trust.toString()));
        arguments.addAll(List.of("--connect-to", HOST + ":443:127.0.0.1:" + origin));
        if (gate.equals("bare")) {
            arguments.addAll(List.of("--dlp", "off", "-q"));
        }
        Thread.ofPlatform().daemon().name("gate").start(() -> Main.main(arguments.toArray(String[]::new)));
        for (int i = 0; i < 1_000; i++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                if (socket.isConnected() && Files.exists(certificate)) {
                    return port;
                }
            } catch (IOException notYet) {
                Thread.sleep(20);
            }
        }
        throw new IOException("the gate did not start");
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }

    @TearDown(Level.Trial)
    public void stop() throws IOException {
        for (EventLoopGroup loops : new EventLoopGroup[] {callers, origins}) {
            if (loops != null) {
                loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            }
        }
        if (directory != null) {
            try (var files = Files.list(directory)) {
                files.forEach(file -> file.toFile().delete());
            }
            Files.delete(directory);
        }
    }

    /** So many exchanges, 64 of them at once (8 with bodies of a mebibyte). */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void exchanges() {
        BenchClient asking = client;
        if (asking != null) {
            asking.run(BATCH);
        }
    }
}

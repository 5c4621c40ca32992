package egress.testkit.pipelock;

import egress.testkit.FreePort;
import egress.testkit.TestCa;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The pipelock that {@value #VARIABLE} names, with the settings of {@code pipelock-test.yaml}, a clean environment and an empty home. */
public final class RealPipelock implements PipelockServer {
    /** The environment variable that names the binary, v2.3.0. */
    public static final String VARIABLE = "PIPELOCK_BIN";

    /** What a test that is skipped without it says. */
    public static final String MISSING =
            "set PIPELOCK_BIN=/path/to/pipelock (v2.3.0) to run these tests against the real one";

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path binary;
    private final Path directory;
    private final Map<Listener, Integer> ports = new EnumMap<>(Listener.class);
    private @Nullable Process process;
    private @Nullable Path trusted;

    private RealPipelock(Path binary, Path directory) {
        this.binary = binary;
        this.directory = directory;
    }

    /**
     * Starts it; returns when it listens.
     *
     * @param directory an empty one, where its settings, home and log go
     */
    public static RealPipelock start(InetSocketAddress sink, Path directory) throws IOException, InterruptedException {
        String settings = PipelockRow.resource("pipelock-test.yaml");
        return start(sink, directory, settings);
    }

    /** The same with other settings, in which the ports are those of {@code pipelock-test.yaml}. */
    public static RealPipelock start(InetSocketAddress sink, Path directory, String settings)
            throws IOException, InterruptedException {
        RealPipelock pipelock = new RealPipelock(binary(), directory);
        pipelock.configure(settings, sink.getPort());
        Files.createDirectory(directory.resolve("home"));
        pipelock.restart();
        return pipelock;
    }

    /**
     * One that bumps what is tunnelled through its forward proxy, with an authority of its own: {@link #authority}.
     *
     * @param origins whom it believes that origins are who they say
     */
    public static RealPipelock startBumping(InetSocketAddress sink, Path directory, TestCa origins)
            throws IOException, InterruptedException {
        RealPipelock pipelock = new RealPipelock(binary(), directory);
        Files.createDirectory(directory.resolve("home"));
        pipelock.trusted = origins.writePem(directory.resolve("origins.pem"));
        Process init = pipelock.process("tls", "init");
        if (!init.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || init.exitValue() != 0) {
            init.destroyForcibly();
            throw new IOException("pipelock tls init: " + Files.readString(directory.resolve("log")));
        }
        pipelock.configure(
                PipelockRow.resource("pipelock-test.yaml")
                        + "tls_interception: {enabled: true, passthrough_domains: []}\n",
                sink.getPort());
        pipelock.restart();
        return pipelock;
    }

    /** The certificate, in PEM, that one who is asked through its tunnels has to trust. */
    public Path authority() {
        return directory.resolve("home").resolve(".pipelock").resolve("ca.pem");
    }

    private static Path binary() {
        String binary = System.getenv(VARIABLE);
        if (binary == null || binary.isBlank()) {
            throw new IllegalStateException(MISSING);
        }
        return Path.of(binary);
    }

    private void configure(String settings, int sink) throws IOException {
        List<Integer> free = List.of(FreePort.find(), FreePort.find(), FreePort.find(), FreePort.find());
        ports.put(Listener.FORWARD, free.get(0));
        ports.put(Listener.SCAN, free.get(1));
        ports.put(Listener.REVERSE, free.get(2));
        String own = settings.replace("127.0.0.1:8888", "127.0.0.1:" + free.get(0))
                .replace("127.0.0.1:9090", "127.0.0.1:" + free.get(1))
                .replace("127.0.0.1:8890", "127.0.0.1:" + free.get(2))
                .replace("127.0.0.1:9091", "127.0.0.1:" + free.get(3))
                .replace("127.0.0.1:8891", "127.0.0.1:" + sink);
        Files.writeString(directory.resolve("pipelock.yaml"), own);
    }

    @Override
    public URI uri(Listener listener) {
        return URI.create("http://127.0.0.1:" + ports.get(listener));
    }

    @Override
    public void restart() throws IOException, InterruptedException {
        process = process("run", "--config", directory.resolve("pipelock.yaml").toString());
        for (Listener listener : Listener.values()) {
            awaitListening(process, uri(listener).getPort());
        }
    }

    private Process process(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(binary.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().put("HOME", directory.resolve("home").toString());
        builder.environment().put("PATH", "/usr/bin:/bin");
        Path roots = trusted;
        if (roots != null) {
            builder.environment().put("SSL_CERT_FILE", roots.toString());
        }
        builder.directory(directory.toFile());
        return builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
    }

    @Override
    public void stop() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            running.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        }
    }

    @Override
    public void close() {
        stop();
    }

    private void awaitListening(Process started, int port) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() - end < 0) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 1000);
                return;
            } catch (IOException notYet) {
                if (!started.isAlive()) {
                    throw new IOException("pipelock ended: " + Files.readString(directory.resolve("log")));
                }
                Thread.sleep(20); // another process has no event to wait for
            }
        }
        started.destroyForcibly();
        throw new IOException(
                "pipelock does not listen at " + port + ": " + Files.readString(directory.resolve("log")));
    }
}

package egress.server.aot;

import egress.ca.CaDirectory;
import egress.ca.CaException;
import egress.ca.Issuer;
import egress.ca.TrustStores;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Puts a gate under real load for some seconds and ends it, so that the JVM that runs it (with {@code -XX:AOTCacheOutput} or {@code
 * -XX:AOTMode=record}) learns which classes it loads and which methods are hot. Everything is on loopback; an answer that is not the
 * expected one fails it.
 */
public final class Training {
    /** Long, because the image of another platform is made by an emulator, which is ten times slower and more. */
    static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final List<String> PATIENT = List.of(
            "--head-timeout=5m",
            "--handshake-timeout=5m",
            "--queue-timeout=5m",
            "--connect-timeout=5m",
            "--origin-handshake-timeout=5m",
            "--dlp-timeout=5m");

    private final Consumer<String> log;

    private Training(Consumer<String> log) {
        this.log = log;
    }

    /** {@code Training SECONDS COMMAND...}, where the command starts egress-proxy: for those who make an image. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length < 2) {
            System.err.println("usage: java -cp egress-proxy.jar egress.server.aot.Training SECONDS COMMAND...");
            System.exit(2);
        }
        of(
                List.of(arguments).subList(1, arguments.length),
                Duration.ofSeconds(Integer.parseInt(arguments[0])),
                System.out::println);
    }

    /**
     * Trains the gate that a command starts.
     *
     * @param log receives the gate's output, and the requests to it
     * @throws IOException when the gate did not do as expected
     */
    static void of(List<String> command, Duration length, Consumer<String> log)
            throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("egress-training");
        try (TrainingOrigins origins = new TrainingOrigins()) {
            new Training(log).run(command, directory, origins, length);
        } catch (GeneralSecurityException | CaException | ExecutionException | TimeoutException e) {
            throw new IOException("the training failed: " + e.getMessage(), e);
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }

    private void run(List<String> command, Path directory, TrainingOrigins origins, Duration length)
            throws IOException, InterruptedException, GeneralSecurityException, CaException, ExecutionException,
                    TimeoutException {
        Issuer authority = Issuer.mint(InstantSource.system(), new SecureRandom());
        Path trust = Files.write(directory.resolve("origins.pem"), new TrustStores(authority.certificate()).pem());
        CaDirectory ca = new CaDirectory(directory.resolve("ca"), InstantSource.system(), new SecureRandom());
        ca.loadOrMint();
        Path routes = Files.writeString(directory.resolve("routes.yaml"), """
                log: 2
                routes:
                  - host: h2.example
                    auth: {scheme: Bearer, token_env: EGRESS_TOKEN_0}
                  - host: h1.example
                    ask: later
                    git: {fetch: true}
                    matches:
                      - paths: [{type: prefix, value: /v1/}, {type: regex, value: "/v2/[a-z]+"}]
                        methods: [GET, POST]
                """);
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"));
        all.addAll(List.of("--ca-dir", directory.resolve("ca").toString()));
        all.addAll(List.of("--routes", routes.toString(), "--upstream-ca", trust.toString()));
        all.addAll(List.of("--ask-queue", directory.resolve("asks").toString()));
        all.addAll(PATIENT);
        all.addAll(List.of(
                "--connect-to", "h2.example:443:127.0.0.1:" + origins.start(authority.issue("h2.example"), true)));
        all.addAll(List.of(
                "--connect-to", "h1.example:443:127.0.0.1:" + origins.start(authority.issue("h1.example"), false)));
        underLoad(all, ca.certificateFile(), length);
    }

    private void underLoad(List<String> command, Path ca, Duration length)
            throws IOException, InterruptedException, GeneralSecurityException, ExecutionException, TimeoutException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().removeIf(name -> name.startsWith("EGRESS_"));
        builder.environment().put("EGRESS_TOKEN_0", "training-token-of-no-value");
        Process gate = builder.start();
        CompletableFuture<String> address = new CompletableFuture<>();
        Thread reader = Thread.ofPlatform().daemon().start(() -> read(gate, address));
        try {
            String listening = address.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            int port = Integer.parseInt(listening.substring(listening.lastIndexOf(':') + 1));
            log.accept("training: " + TrainingLoad.run(port, ca, length));
            gate.destroy();
            if (!gate.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || gate.exitValue() != 0) {
                throw new IOException("the gate did not end well");
            }
            reader.join();
        } finally {
            gate.destroyForcibly();
        }
    }

    private void read(Process gate, CompletableFuture<String> address) {
        int audits = 0;
        try (BufferedReader lines = gate.errorReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("{")) {
                    audits++;
                } else {
                    log.accept(line);
                }
                if (line.startsWith("egress: listening on ")) {
                    address.complete(line);
                }
            }
            log.accept("training: " + audits + " audit lines");
            address.completeExceptionally(new IOException("the gate ended before it listened"));
        } catch (IOException e) {
            address.completeExceptionally(e);
        }
    }
}

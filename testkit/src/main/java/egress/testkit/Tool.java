package egress.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A program outside the JVM, such as curl, that a test runs as it is installed. A missing one fails the test: a skipped test proves
 * nothing.
 *
 * @param environment over the test's own, from which every proxy and trust setting was removed
 * @param directory where it runs; null where the test does
 */
public record Tool(
        Path program,
        Map<String, String> environment,
        @Nullable Path directory,
        Duration timeout) {
    /** What the machine may have set for itself, and a test must not inherit. */
    private static final List<String> REMOVED = List.of(
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "no_proxy",
            "ssl_cert_file",
            "ssl_cert_dir",
            "curl_ca_bundle",
            "curl_home",
            "requests_ca_bundle",
            "node_extra_ca_certs",
            "node_options",
            "git_ssl_cainfo",
            "java_tool_options",
            "_java_options",
            "jdk_java_options");

    /** Becomes the command that follows, which hangups and interrupts end unless it handles them. */
    private static final List<String> DEFAULT_SIGNALS = List.of("env", "--default-signal=HUP,INT,QUIT");

    public Tool {
        environment = Map.copyOf(environment);
    }

    /**
     * Finds a program on the PATH.
     *
     * @param install what to type to get it, for the failing test's message
     * @throws AssertionError when it is not there
     */
    public static Tool require(String command, String install) {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            Path program = Path.of(directory.isEmpty() ? "." : directory, command);
            if (Files.isExecutable(program) && !Files.isDirectory(program)) {
                return of(program);
            }
        }
        throw new AssertionError("this test needs " + command + ", which is not on the PATH: " + install);
    }

    /** A program of a known place. */
    public static Tool of(Path program) {
        return new Tool(program, Map.of(), null, Duration.ofSeconds(60));
    }

    /** The same with a variable set. */
    public Tool with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(environment);
        more.put(name, value);
        return new Tool(program, more, directory, timeout);
    }

    /** The same in another directory. */
    public Tool in(Path where) {
        return new Tool(program, environment, where, timeout);
    }

    /** The same with another time limit; a minute at first. */
    public Tool within(Duration limit) {
        return new Tool(program, environment, directory, limit);
    }

    /**
     * How a run ended.
     *
     * @param out standard output as UTF-8
     * @param err standard error as UTF-8
     */
    public record Result(String command, int exit, String out, String err) {
        /** This result, when the exit code is 0; an {@link AssertionError} that shows everything otherwise. */
        public Result ok() {
            if (exit != 0) {
                throw new AssertionError(this + " (expected: exit 0)");
            }
            return this;
        }

        @Override
        public String toString() {
            return command + "\nexit " + exit + "\n--- stdout\n" + out + "\n--- stderr\n" + err;
        }
    }

    /** Runs it to its end. */
    public Result run(String... arguments) throws IOException, InterruptedException {
        return runWithInput("", arguments);
    }

    /** Runs it to its end with this text on standard input; past its time it is killed with its children, and the test fails. */
    public Result runWithInput(String input, String... arguments) throws IOException, InterruptedException {
        Process process = start(arguments);
        String command = program.getFileName() + " " + String.join(" ", arguments);
        CompletableFuture<String> out = reading(process.getInputStream());
        CompletableFuture<String> err = reading(process.getErrorStream());
        try {
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // It ended without reading all of it, which is its right.
            }
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                kill(process);
                throw new AssertionError(new Result(command, -1, out.join(), err.join()) + "\nkilled after " + timeout);
            }
            return new Result(command, process.exitValue(), out.join(), err.join());
        } finally {
            kill(process);
        }
    }

    /** Starts it, with the default of the signals that nohup and shells ignore; its life and its streams are the test's business. */
    public Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(ignoresSignals() ? DEFAULT_SIGNALS : List.of());
        command.add(program.toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> REMOVED.contains(name.toLowerCase(Locale.ROOT)));
        builder.environment().putAll(environment);
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        return builder.start();
    }

    /** Whether this process ignores signals, as under nohup or behind an ampersand, which children inherit. */
    private static boolean ignoresSignals() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .map(line -> Long.parseUnsignedLong(
                        line.substring("SigIgn:".length()).strip(), 16))
                .anyMatch(ignored -> (ignored & 0b111) != 0);
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private static CompletableFuture<String> reading(InputStream stream) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                text.completeExceptionally(new UncheckedIOException(e));
            }
        });
        return text;
    }
}

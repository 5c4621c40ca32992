package egress.server;

import egress.testkit.Tool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The packaged program as a process of its own, to be sent signals. */
public final class Child implements AutoCloseable {
    private static final int PATIENCE_SECONDS = Integer.getInteger("egress.child.patience", 20);

    private final Process process;
    private final List<String> out = new ArrayList<>();
    private final List<String> err = new ArrayList<>();
    private final List<Thread> readers;

    private Child(Process process, Consumer<String> onErrorLine) {
        this.process = process;
        this.readers = List.of(
                read(process.getInputStream(), out, line -> {}), read(process.getErrorStream(), err, onErrorLine));
    }

    /** The jar under test. */
    public static Path jar() {
        return Path.of(property("egress.jar"));
    }

    /** The directory of the sources. */
    static Path root() {
        return Path.of(property("egress.root"));
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new AssertionError(name + " is not set (expected: a run by the integration-test phase)");
        }
        return value;
    }

    public static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** What is in front of the program's own arguments: the jar's, or {@code -Degress.program}, such as that of an image. */
    public static List<String> command() {
        return command("-Xmx128m");
    }

    /**
     * The same.
     *
     * @param jvmOptions for the jar; a program that is not a jar has its own
     */
    public static List<String> command(String... jvmOptions) {
        String program = System.getProperty("egress.program", "");
        if (!program.isEmpty()) {
            return List.of(program.split(" "));
        }
        List<String> command = new ArrayList<>(List.of(java().toString(), "-XX:+UseSerialGC"));
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "-jar", jar().toString()));
        return command;
    }

    /** Starts the program on free ports with a throw-away CA. */
    public static Child start(String... arguments) throws IOException {
        return start(line -> {}, arguments);
    }

    /** The same; hears of each line of standard error as it comes. */
    public static Child start(Consumer<String> onErrorLine, String... arguments) throws IOException {
        List<String> all = new ArrayList<>(command());
        all.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--ca-ephemeral"));
        all.addAll(List.of(arguments));
        return of(onErrorLine, all);
    }

    /** A whole command, the program first. */
    public static Child of(List<String> command) throws IOException {
        return of(line -> {}, command);
    }

    private static Child of(Consumer<String> onErrorLine, List<String> command) throws IOException {
        Tool program = Tool.of(Path.of(command.getFirst()));
        return new Child(program.start(command.subList(1, command.size()).toArray(String[]::new)), onErrorLine);
    }

    /** Any command. */
    public static Child of(Tool tool, String... arguments) throws IOException {
        return new Child(tool.start(arguments), line -> {});
    }

    private static Thread read(InputStream stream, List<String> lines, Consumer<String> onLine) {
        return Thread.ofVirtual().start(() -> {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    synchronized (lines) {
                        lines.add(line);
                        lines.notifyAll();
                    }
                    onLine.accept(line);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    List<String> out() {
        synchronized (out) {
            return List.copyOf(out);
        }
    }

    public List<String> err() {
        synchronized (err) {
            return List.copyOf(err);
        }
    }

    /** Waits for the n-th line of standard error that contains the text. */
    public String awaitErr(String text, int nth) throws InterruptedException {
        return await(err, text, nth);
    }

    public String awaitErr(String text) throws InterruptedException {
        return await(err, text, 1);
    }

    String awaitOut(String text) throws InterruptedException {
        return await(out, text, 1);
    }

    private String await(List<String> lines, String text, int nth) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        synchronized (lines) {
            while (true) {
                List<String> found =
                        lines.stream().filter(line -> line.contains(text)).toList();
                if (found.size() >= nth) {
                    return found.get(nth - 1);
                }
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("no line " + nth + " with \"" + text + "\" in " + lines);
                }
                lines.wait(left);
            }
        }
    }

    /** The port of the start line. */
    public int port() throws InterruptedException {
        String line = awaitErr("listening on ");
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    /** Sends a signal by its name, such as HUP. */
    public void signal(String name) throws IOException, InterruptedException {
        Tool.require("kill", "install procps")
                .run("-" + name, Long.toString(pid()))
                .ok();
    }

    /** Waits for the end and returns the exit status. */
    public int awaitExit() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("did not end; stderr: " + err());
        }
        for (Thread reader : readers) {
            reader.join();
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        try {
            process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package egress.server.run;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A program with this process's terminal and streams, which gets the signals that this process gets. */
public final class ChildProcess {
    private static final Path STATUS = Path.of("/proc/self/stat");
    /** How the JDK words ENOENT. */
    private static final Pattern MISSING = Pattern.compile("error(=|: )2\\b");

    private static final int NO_PROGRAM = 127;
    private static final int NOT_RUN = 126;
    /** What descendants have after their program has ended. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Process process;
    private final Duration patience;
    private final List<ProcessHandle> descendants = new ArrayList<>();
    private boolean told;

    private ChildProcess(Process process, Duration patience) {
        this.process = process;
        this.patience = patience;
    }

    /** What became of starting it. */
    public sealed interface Start {
        record Started(ChildProcess child) implements Start {}

        /** @param status to exit with, as shells have it */
        record Failed(int status, String words) implements Start {}
    }

    /** @param patience how long it may take to end when asked to, before it is killed */
    public static Start start(List<String> command, Map<String, String> environment, Duration patience) {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            return new Start.Started(new ChildProcess(builder.start(), patience));
        } catch (IOException e) {
            boolean missing = MISSING.matcher(String.valueOf(e.getMessage())).find();
            String words = missing ? "there is no such program on the PATH" : String.valueOf(e.getMessage());
            return new Start.Failed(missing ? NO_PROGRAM : NOT_RUN, command.getFirst() + ": " + words);
        }
    }

    /** Waits for its end, and for the end of what it leaves behind where it was asked to end; its exit status, 128 + n for a signal. */
    public int await() throws InterruptedException {
        int status = process.waitFor();
        List<ProcessHandle> left;
        synchronized (this) {
            left = descendants.stream().filter(ProcessHandle::isAlive).toList();
        }
        left.forEach(ProcessHandle::destroy);
        long deadline = System.nanoTime() + GRACE.toNanos();
        while (left.stream().anyMatch(ProcessHandle::isAlive) && System.nanoTime() - deadline < 0) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        left.forEach(ProcessHandle::destroyForcibly);
        return status;
    }

    /** Passes a signal on by its name; one that asks it to end is given time once, and kills it the second time. */
    public void signal(String name) {
        switch (name) {
            case "INT" -> {
                if (!isOnTerminal()) { // whose driver has signalled the whole foreground group
                    send(name);
                }
            }
            case "TERM" -> terminate();
            default -> send(name);
        }
    }

    private void terminate() {
        boolean again;
        synchronized (this) {
            again = told;
            told = true;
            process.descendants().forEach(descendants::add);
        }
        if (again) {
            process.destroyForcibly();
            return;
        }
        process.destroy();
        Thread.ofPlatform().daemon().name("egress-run-patience").start(() -> {
            try {
                if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** By the shell: the JDK can send no other signals than TERM and KILL. */
    private void send(String name) {
        if (!process.isAlive()) {
            return;
        }
        try {
            new ProcessBuilder("/bin/sh", "-c", "kill -s \"$0\" \"$1\"", name, Long.toString(process.pid()))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return; // no shell: nothing to send it by
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether this process and its child are what a terminal's keys interrupt. */
    private static boolean isOnTerminal() {
        try {
            return Files.exists(STATUS) ? isForeground(Files.readString(STATUS)).orElse(false) : hasTerminal();
        } catch (IOException e) {
            return false;
        }
    }

    @SuppressWarnings("SystemConsoleNull") // it still is where another console is chosen
    private static boolean hasTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** From {@code /proc/PID/stat}: its process group is the one in front of its terminal. Empty where it has no terminal. */
    static Optional<Boolean> isForeground(String stat) {
        // The name in parentheses may hold anything; behind it: state, parent, group, session, terminal, group in
        // front.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", 7);
        return fields.length < 7 || fields[4].equals("0") ? Optional.empty() : Optional.of(fields[2].equals(fields[5]));
    }
}

package egress.server;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Where the standard streams go. */
final class Consoles {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private Consoles() {}

    /** Whether standard output is a terminal that shows colours. */
    static boolean showsColours(Map<String, String> environment) {
        boolean none = !environment.getOrDefault("NO_COLOR", "").isEmpty() || "dumb".equals(environment.get("TERM"));
        return !none && isTerminal();
    }

    /** Whether standard output and standard error are seen on one terminal. */
    static boolean isOneTerminal() {
        if (!isTerminal()) {
            return false;
        }
        try {
            return Files.exists(DESCRIPTORS)
                    ? Files.readSymbolicLink(DESCRIPTORS.resolve("1"))
                            .equals(Files.readSymbolicLink(DESCRIPTORS.resolve("2")))
                    : isTerminalByShell();
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    @SuppressWarnings("SystemConsoleNull") // it still is where it is no terminal, unless another console is chosen
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** The JDK knows of standard input and output alone. */
    private static boolean isTerminalByShell() throws IOException {
        Process test = new ProcessBuilder("/bin/sh", "-c", "test -t 2")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            return test.waitFor(1, TimeUnit.SECONDS) && test.exitValue() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

package egress.server.cli;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Single keys of the terminal that the program was started in; puts it back as it was. */
final class TerminalKeys implements AskWatch.Keys, AutoCloseable {
    private static final File TERMINAL = new File("/dev/tty");

    private final String before;
    private final InputStream keys;
    private final Thread atExit;

    private TerminalKeys(String before, InputStream keys) {
        this.before = before;
        this.keys = keys;
        this.atExit = new Thread(this::restore);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** @throws IOException where there is no terminal */
    static TerminalKeys open() throws IOException {
        String before = stty("-g").strip();
        stty("-icanon", "-echo", "min", "0", "time", "2"); // a read ends after 200 ms without a key
        return new TerminalKeys(before, new FileInputStream(TERMINAL));
    }

    private static String stty(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(arguments));
        try {
            Process stty = new ProcessBuilder(command)
                    .redirectInput(TERMINAL)
                    .redirectErrorStream(true)
                    .start();
            String said = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (!stty.waitFor(5, TimeUnit.SECONDS) || stty.exitValue() != 0) {
                throw new IOException("stty: " + said.strip());
            }
            return said;
        } catch (IOException e) {
            throw new IOException("no terminal to read keys from (expected: ask ls and ask allow elsewhere)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public int next() throws IOException {
        return keys.read();
    }

    private void restore() {
        try {
            stty(before);
        } catch (IOException e) {
            // The terminal is gone.
        }
    }

    @Override
    public void close() throws IOException {
        keys.close();
        restore();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}

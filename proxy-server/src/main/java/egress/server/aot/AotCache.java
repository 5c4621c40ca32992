package egress.server.aot;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The JVM's AOT cache (JEP 514, 515) of one jar and one JDK. A JVM takes a cache that was made from an older jar of the same name
 * without a word, and runs the older classes: so its file is named by the digest of both, and who uses it checks that.
 *
 * @param jar the program
 * @param javaHome the JDK that is to run it
 */
public record AotCache(Path jar, Path javaHome) {
    private static final int LAST_LINES = 20;

    /** Where the launcher looks: beside the jar, named by the SHA-256 of the jar's bytes and the JDK's {@code release} file after them. */
    public Path standardFile() throws IOException {
        return sibling(jar, stem() + "-" + digest() + ".aot");
    }

    private static Path sibling(Path file, String name) {
        return file.toAbsolutePath().resolveSibling(name);
    }

    private String stem() {
        String name = jar.toAbsolutePath().getFileName().toString();
        return name.endsWith(".jar") ? name.substring(0, name.length() - 4) : name;
    }

    private String digest() throws IOException {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // each Java has it
        }
        for (Path file : List.of(jar, javaHome.resolve("release"))) {
            try (InputStream in = Files.newInputStream(file);
                    OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), sha256)) {
                in.transferTo(out);
            }
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    /**
     * Runs the jar under load for so long, with these options of the JVM, and keeps what was learnt in a file.
     *
     * @throws IOException when there is no cache: the message has the last that the gate said
     */
    public void make(Path file, List<String> jvmOptions, Duration training) throws IOException, InterruptedException {
        Path fresh = sibling(file, file.getFileName() + ".new");
        Path learnt = sibling(file, file.getFileName() + ".config");
        Deque<String> said = new ArrayDeque<>();
        try {
            Training.of(
                    command(jvmOptions, "-XX:AOTMode=record", "-XX:AOTConfiguration=" + learnt, "-jar", jar.toString()),
                    training,
                    line -> keep(said, line));
            said.clear();
            Process maker = new ProcessBuilder(command(
                            jvmOptions,
                            "-XX:AOTMode=create",
                            "-XX:AOTConfiguration=" + learnt,
                            "-XX:AOTCache=" + fresh,
                            "-cp",
                            jar.toString()))
                    .redirectErrorStream(true)
                    .start();
            try (BufferedReader lines = maker.inputReader(StandardCharsets.UTF_8)) {
                lines.lines().forEach(line -> keep(said, line));
            }
            if (maker.waitFor() != 0 || !Files.exists(fresh)) {
                throw new IOException("the JVM made no cache");
            }
            Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + said(said), e);
        } finally {
            Files.deleteIfExists(fresh);
            Files.deleteIfExists(learnt);
        }
    }

    private List<String> command(List<String> jvmOptions, String... more) {
        List<String> command =
                new ArrayList<>(List.of(javaHome.resolve("bin/java").toString()));
        command.addAll(jvmOptions);
        command.addAll(List.of(more));
        return command;
    }

    private static void keep(Deque<String> lines, String line) {
        synchronized (lines) {
            lines.add(line);
            if (lines.size() > LAST_LINES) {
                lines.remove();
            }
        }
    }

    private static String said(Deque<String> lines) {
        synchronized (lines) {
            return lines.isEmpty() ? "" : "; it said: " + String.join(" | ", lines);
        }
    }

    /** Removes the caches of other jars and JDKs that stand beside this one's. */
    public void removeOthers(Path kept) throws IOException {
        Pattern ours = Pattern.compile(Pattern.quote(stem()) + "-[0-9a-f]{64}\\.aot");
        try (Stream<Path> files = Files.list(jar.toAbsolutePath().resolveSibling("."))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (ours.matcher(name).matches() && !name.equals(kept.getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
    }
}

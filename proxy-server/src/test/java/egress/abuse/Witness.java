package egress.abuse;

import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Another program's HTTP/1 parser, which says what bytes are to it. Of each request: method, target, Host, length and digest of the body,
 * fields and trailers; {@code incomplete} for one that breaks off, {@code refused} and why for what it takes for no request.
 */
final class Witness implements AutoCloseable {
    private final String name;
    private final Tool tool;
    private final List<String> arguments;
    private final Process server;
    private final int port;

    private Witness(String name, Tool tool, String... arguments) throws IOException {
        this.name = name;
        this.tool = tool;
        this.arguments = List.of(arguments);
        server = tool.start(with("server"));
        BufferedReader out = new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
        String line = String.valueOf(out.readLine());
        if (!line.startsWith("port ")) {
            server.destroyForcibly();
            throw new AssertionError(name + " did not start: " + line + "\n"
                    + new String(server.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        }
        port = Integer.parseInt(line.substring(5));
    }

    /** Node's llhttp. */
    static Witness node() throws IOException {
        return new Witness(
                "Node",
                Tool.require("node", "install nodejs"),
                resource("parsers.mjs").toString());
    }

    /** Go's net/http, built below {@code target/}. */
    static Witness go() throws IOException, InterruptedException {
        Path program = Files.createDirectories(Path.of("target", "parsers").toAbsolutePath())
                .resolve("parsers-" + ProcessHandle.current().pid()); // two processes of the build may run at once
        Tool.require("go", "install golang-go")
                .with("GOTOOLCHAIN", "local")
                .with("GOPROXY", "off")
                .with("CGO_ENABLED", "0")
                .within(Duration.ofMinutes(4))
                .run("build", "-o", program.toString(), resource("parsers.go").toString())
                .ok();
        return new Witness("Go", Tool.of(program));
    }

    private static Path resource(String name) {
        var url = Witness.class.getResource("/parsers/" + name);
        if (url == null) {
            throw new AssertionError("no test resource parsers/" + name);
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private String[] with(String... more) {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    /** What a connection with these bytes brings, request by request. */
    List<String> requests(byte[] connection) throws IOException {
        List<String> seen = new ArrayList<>();
        try (RawClient client = RawClient.connect(port)) {
            try {
                client.send(connection).halfClose();
                while (true) {
                    ReceivedResponse response = client.readResponse("GET");
                    seen.add(response.value("x-seen")
                            .orElseGet(() -> "refused " + response.status() + " " + response.text()));
                }
            } catch (EOFException | SocketException e) {
                return seen; // it has said everything
            }
        }
    }

    /** What it gets from a server that answers {@code /0} to {@code /count-1}: a line each, which begins with the number. */
    List<String> responses(int serverPort, int count) throws IOException, InterruptedException {
        return tool.within(Duration.ofMinutes(5))
                .run(with("client", Integer.toString(serverPort), Integer.toString(count)))
                .ok()
                .out()
                .lines()
                .toList();
    }

    @Override
    public void close() throws IOException {
        server.getOutputStream().close();
        try {
            if (!server.waitFor(10, TimeUnit.SECONDS)) {
                server.destroyForcibly();
            }
        } catch (InterruptedException e) {
            server.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}

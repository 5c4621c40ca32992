package egress.server.cli;

import egress.http.Printable;
import egress.server.cli.OptionTypes.Switchable;
import egress.server.config.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code egress-proxy health}: asks a running gate how it is, for a container's health check. It finds the gate by the
 * same flags and variables as the gate itself.
 */
@Command(
        name = "health",
        description = "Ask the gate that runs here whether it is ready: for health checks.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:it is", "1:it is not, or does not answer"})
final class HealthCommand implements Callable<Integer> {
    private static final int MOST = 8 * 1024;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(
            names = "--live",
            description = "Ask only whether it answers (/healthz), not whether it is ready (/readyz).")
    boolean live;

    @Option(
            names = "--admin",
            paramLabel = "HOST:PORT",
            description = "Where the gate has its --admin. Default: ${DEFAULT-VALUE}")
    Switchable admin = ListenOptions.defaultAdmin();

    @Option(
            names = "--metrics",
            paramLabel = "HOST:PORT",
            description = "Where the gate has its --metrics, asked where --admin is off. Default: ${DEFAULT-VALUE}")
    Switchable metrics = new Switchable(Optional.empty());

    @Option(names = "--timeout", paramLabel = "TIME", defaultValue = "3s", description = "Default: ${DEFAULT-VALUE}")
    Duration timeout = Duration.ofSeconds(3);

    @Override
    public Integer call() {
        CommandSpec command = Commands.required(spec);
        Endpoint endpoint = admin.endpoint()
                .or(metrics::endpoint)
                .orElseThrow(() -> new ParameterException(
                        command.commandLine(),
                        "--admin: is off, and so is --metrics (expected: one of them, to be asked)"));
        if (endpoint.port() == 0) {
            throw new ParameterException(
                    command.commandLine(),
                    "--admin: " + endpoint + " (expected: the port of a gate that runs, not any free one)");
        }
        Answer answer;
        try {
            answer = ask(endpoint);
        } catch (IOException e) {
            answer = new Answer(0, "no answer from " + endpoint + ": " + words(e));
        }
        boolean well = answer.status() == 200;
        var to = well ? command.commandLine().getOut() : command.commandLine().getErr();
        to.println(well ? answer.words() : "egress: " + Printable.line(answer.words()));
        to.flush();
        return well ? 0 : 1;
    }

    /** @param words the body's first line */
    private record Answer(int status, String words) {}

    private Answer ask(Endpoint endpoint) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        InetSocketAddress address = reachable(endpoint);
        String host = address.getAddress().isLoopbackAddress() ? "localhost" : endpoint.toString();
        String request = "GET " + (live ? "/healthz" : "/readyz") + " HTTP/1.1\r\nHost: " + host
                + "\r\nConnection: close\r\n\r\n";
        try (Socket socket = new Socket()) {
            socket.connect(address, millisUntil(deadline));
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return parse(read(socket, deadline));
        }
    }

    /** What listens on every interface is asked by loopback. */
    private static InetSocketAddress reachable(Endpoint endpoint) throws UnknownHostException {
        InetSocketAddress address = endpoint.address();
        return address.getAddress().isAnyLocalAddress()
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort())
                : address;
    }

    private static String read(Socket socket, long deadline) throws IOException {
        byte[] bytes = new byte[MOST];
        int length = 0;
        InputStream in = socket.getInputStream();
        while (length < MOST) {
            socket.setSoTimeout(millisUntil(deadline));
            int count = in.read(bytes, length, MOST - length);
            if (count < 0) {
                break;
            }
            length += count;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static int millisUntil(long deadline) throws SocketTimeoutException {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
            throw new SocketTimeoutException();
        }
        return (int) Math.min(left, Integer.MAX_VALUE);
    }

    private static Answer parse(String response) throws IOException {
        int end = response.indexOf("\r\n\r\n");
        if (end < 0 || !response.matches("(?s)HTTP/1\\.[01] \\d{3}[ \\r].*")) {
            throw new IOException("not an HTTP response");
        }
        String body = response.substring(end + 4).lines().findFirst().orElse("");
        return new Answer(
                Integer.parseInt(response.substring(9, 12)), body.isEmpty() ? response.substring(0, 12) : body);
    }

    private String words(IOException e) {
        return e instanceof SocketTimeoutException
                ? "none within " + OptionTypes.text(timeout)
                : String.valueOf(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
    }
}

package egress.server.cli;

import egress.server.agent.McpBridge;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code egress-proxy mcp}: the gate's MCP server for clients that start a program instead of asking by HTTP. */
@Command(
        name = "mcp",
        description = {
            "Be the gate's MCP server on standard input and output, inside the agent's sandbox: for MCP clients that start",
            "a program, or that ignore proxies. Other clients use http://_egress.local/mcp through the proxy themselves."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:its input has ended", "1:its output was closed", "2:wrong use"})
final class McpCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    @Option(
            names = "--proxy",
            paramLabel = "URL",
            description = "The gate as the agent reaches it. Default: HTTPS_PROXY or HTTP_PROXY")
    @Nullable
    String proxy;

    private final Map<String, String> environment;
    private final InputStream in;
    private final OutputStream out;

    McpCommand(Map<String, String> environment) {
        this(environment, System.in, System.out);
    }

    /** @param in messages, one a line */
    McpCommand(Map<String, String> environment, InputStream in, OutputStream out) {
        this.environment = environment;
        this.in = in;
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        new McpBridge(gate(Commands.required(spec))).relay(in, out);
        return 0;
    }

    private URI gate(CommandSpec command) {
        String named = Stream.concat(
                        Stream.ofNullable(proxy),
                        Stream.of("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
                                .map(environment::get)
                                .filter(Objects::nonNull))
                .filter(value -> !value.isEmpty())
                .findFirst()
                .orElseThrow(() -> new ParameterException(
                        command.commandLine(),
                        "--proxy: is missing, and so is HTTPS_PROXY (expected: http://HOST:PORT)"));
        try {
            URI url = new URI(named);
            if ("http".equals(url.getScheme()) && url.getHost() != null) {
                return url;
            }
        } catch (URISyntaxException e) {
            throw new ParameterException(command.commandLine(), "--proxy: no URL (expected: http://HOST:PORT)", e);
        }
        // Not shown: it may hold a password.
        throw new ParameterException(command.commandLine(), "--proxy: no such URL (expected: http://HOST:PORT)");
    }
}

package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.gate.Gate;
import egress.policy.Credential;
import egress.policy.Match;
import egress.policy.Matcher;
import egress.policy.Route;
import egress.server.CaLeaves;
import egress.testkit.TestCa;
import egress.testkit.TestLeaf;
import egress.testkit.Tool;
import egress.testkit.origin.HostileOrigin;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** grpc-python and grpc-js to grpc-java: calls, and denials in the words that each makes of them. */
class GrpcOtherLanguagesTest {
    private static final String HOST = "grpc.example";
    private static final String AWAY = "away.example";

    @TempDir
    static Path directory;

    private static final EchoService SERVICE = new EchoService();
    private static Server server;
    private static HostileOrigin.RefusingPort refusing;
    private static Gate gate;
    private static Path authority;
    private static Path python;
    private static Path modules;

    @BeforeAll
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    static void start() throws IOException, InterruptedException {
        TestCa origins = TestCa.create("origins");
        TestLeaf leaf = origins.leaf(HOST);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
                .useTransportSecurity(
                        leaf.writeChain(directory.resolve("chain.pem")).toFile(),
                        leaf.writeKey(directory.resolve("key.pem")).toFile())
                .addService(SERVICE.definition())
                .intercept(SERVICE)
                .build()
                .start();
        refusing = new HostileOrigin.RefusingPort();
        gate = CaLeaves.gate()
                .trust(origins.writePem(directory.resolve("origins.pem")))
                .route(Route.named(HOST)
                        .credential(Credential.authorization("Bearer", "injected"))
                        .match(new Match(List.of(new Matcher.Prefix("/echo.Echo")), List.of(), List.of()))
                        .build())
                .pin(HOST, 443, server.getPort())
                .origin(AWAY, refusing.port())
                .start();
        authority = Surroundings.writeAuthority(gate, directory.resolve("ca.pem"));
        python = Packages.python();
        modules = Packages.node();
    }

    @AfterAll
    static void stop() throws IOException, InterruptedException {
        gate.close();
        refusing.close();
        server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }

    private static List<String> run(Tool tool, String program) throws IOException, InterruptedException {
        return tool.with("https_proxy", "http://127.0.0.1:" + gate.port())
                .with("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", authority.toString())
                .run(Surroundings.program(program).toString(), HOST + ":443", AWAY + ":443")
                .ok()
                .out()
                .lines()
                .toList();
    }

    @Test
    void pythonCallsAndIsDeniedInWords() throws Exception {
        assertThat(run(Tool.of(python).with("PYTHONDONTWRITEBYTECODE", "1"), "grpc_client.py"))
                .containsExactly(
                        "unary",
                        "server stream",
                        "client stream",
                        "the server's own failure",
                        "denied in words",
                        "an origin that is away");
        assertThat(SERVICE.authorization()).isEqualTo("Bearer injected");
    }

    @Test
    void javascriptCallsAndIsDeniedInWords() throws Exception {
        Tool node = Tool.require("node", "install nodejs").with("MODULES", modules + "/");

        assertThat(run(node, "grpc-client.mjs"))
                .containsExactly(
                        "unary",
                        "server stream",
                        "the server's own failure",
                        "denied in words",
                        "an origin that is away");
    }
}

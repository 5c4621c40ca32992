package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.ProxyUnderTest;
import egress.server.admin.Readiness.Part;
import egress.server.config.Endpoint;
import egress.server.log.Notices;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code egress-proxy health} against gates that run, that are not ready, and that are not there. */
final class HealthTest {
    /** How the command ended, and its one line. */
    private record Outcome(int exit, String out, String err) {}

    private static Outcome health(Map<String, String> environment, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        ProxyUnderTest.Captured notices = new ProxyUnderTest.Captured();
        CommandLine commands = CommandLineFactory.of(environment, (settings, ca) -> 99, new Notices(notices))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err));
        String[] all = new String[arguments.length + 1];
        all[0] = "health";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        int exit = commands.execute(all);
        return new Outcome(exit, out.toString(), err + notices.text());
    }

    private static Outcome health(InetSocketAddress admin, String... more) {
        return health(Map.of("EGRESS_ADMIN", Endpoint.text(admin)), more);
    }

    private static ProxyUnderTest ready(ProxyUnderTest proxy) throws InterruptedException {
        ProxyUnderTest.await(
                "readiness", () -> proxy.gate().readiness().whyNot().isEmpty());
        return proxy;
    }

    @Test
    void findsAReadyGateByTheVariablesOfTheGate() throws Exception {
        try (ProxyUnderTest proxy = ready(ProxyUnderTest.with().start())) {
            assertThat(health(proxy.admin())).isEqualTo(new Outcome(0, "ready\n", ""));
            assertThat(health(proxy.admin(), "--live")).isEqualTo(new Outcome(0, "ok\n", ""));
        }
    }

    @Test
    void saysInOneLineWhyAGateIsNotReady() throws Exception {
        try (ProxyUnderTest proxy = ready(ProxyUnderTest.with().start())) {
            proxy.gate().readiness().fault(Part.ROUTES, "no valid routes: r.yaml:1: \u001b[31m");
            Outcome outcome = health(proxy.admin());
            assertThat(outcome.exit()).isEqualTo(1);
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.err())
                    .startsWith("egress: not ready: no valid routes: r.yaml:1: ")
                    .doesNotContain("\u001b")
                    .hasLineCount(1);
            assertThat(health(proxy.admin(), "--live").exit()).isZero();
        }
    }

    @Test
    void asksAGateThatListensEverywhereByLoopback() throws Exception {
        try (ProxyUnderTest proxy =
                ready(ProxyUnderTest.with().flags("--admin", "0.0.0.0:0").start())) {
            assertThat(health(Map.of(), "--admin", "0.0.0.0:" + proxy.admin().getPort())
                            .exit())
                    .isZero();
        }
    }

    @Test
    void asksTheMetricsListenerWhereAdminIsOff() throws Exception {
        try (ProxyUnderTest proxy = ready(ProxyUnderTest.with()
                .flags("--admin", "off", "--metrics", "127.0.0.1:0")
                .start())) {
            String metrics = Endpoint.text(proxy.gate().adminAddresses().getFirst());
            assertThat(health(Map.of("EGRESS_ADMIN", "off", "EGRESS_METRICS", metrics)))
                    .isEqualTo(new Outcome(0, "ready\n", ""));
        }
    }

    @Test
    void nobodyThereIsOneLineAndExitOne() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        Outcome outcome = health(Map.of(), "--admin", "127.0.0.1:" + free);
        assertThat(outcome.exit()).isEqualTo(1);
        assertThat(outcome.err())
                .startsWith("egress: no answer from 127.0.0.1:" + free + ": ")
                .hasLineCount(1);
    }

    @Test
    void aGateThatIsStuckIsNotHealthy() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Outcome outcome = health(Map.of(), "--admin", "127.0.0.1:" + silent.getLocalPort(), "--timeout", "200ms");
            assertThat(outcome.exit()).isEqualTo(1);
            assertThat(outcome.err()).endsWith(": none within 200ms\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 20\r\n\r\nready\n", "SSH-2.0-x\r\n\r\n"})
    void whatIsNoHttpIsNotHealthy(String answer) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answering = Thread.ofVirtual().start(() -> answerOnce(server, answer));
            Outcome outcome = health(Map.of(), "--admin", "127.0.0.1:" + server.getLocalPort());
            answering.join();
            assertThat(outcome.exit()).isEqualTo(1);
            assertThat(outcome.err()).contains("not an HTTP response").hasLineCount(1);
        }
    }

    private static void answerOnce(ServerSocket server, String answer) {
        try (Socket socket = server.accept()) {
            byte[] head = new byte[1024];
            if (socket.getInputStream().read(head) > 0) {
                socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--admin=off|egress: --admin: is off, and so is --metrics (expected: one of them, to be asked)",
                "--admin=127.0.0.1:0|egress: --admin: 127.0.0.1:0 (expected: the port of a gate that runs, not any free one)",
                "--surprise|egress: unknown: --surprise (expected: what egress-proxy health --help lists)"
            })
    void calledWronglyItSaysWhatWasExpected(String argument, String sentence) {
        assertThat(health(Map.of(), argument)).isEqualTo(new Outcome(2, "", sentence + "\n"));
    }
}

package egress.server.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.server.ProxyUnderTest;
import egress.server.cli.CommandLineFactory;
import egress.server.flows.FlowSink;
import egress.server.log.Notices;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TailTest {
    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();

    private Thread follow(String url, String filter) throws IOException {
        Tail tail = new Tail(url);
        return Thread.ofVirtual().start(() -> {
            try {
                tail.follow(filter, false, new PrintWriter(out));
            } catch (IOException e) {
                out.append(e.getMessage());
            }
        });
    }

    @Test
    void writesALineForEachAnswerThatTheFilterLetsThroughUntilTheGateEnds() throws Exception {
        ProxyUnderTest proxy = ProxyUnderTest.with().start();
        Inspector inspector = proxy.gate().inspector().orElseThrow();
        FlowSink sink = inspector.store();
        sink.ended(SampleFlows.flow(1).ask("GET", "before.example", "/x").whole());
        Thread thread = follow(inspector.url(), "~d before | ~v denied");
        ProxyUnderTest.await("what is held", () -> out.toString().contains("before.example"));

        sink.ended(SampleFlows.flow(2).ask("GET", "other.example", "/y").whole());
        sink.started(SampleFlows.flow(3)
                .ask("POST", "denied.example", "/z\u001b[31m")
                .begun());
        sink.ended(SampleFlows.flow(3)
                .ask("POST", "denied.example", "/z\u001b[31m")
                .status(403)
                .decided("denied", "HOST", "no route")
                .whole());
        ProxyUnderTest.await("what was denied", () -> out.toString().contains("denied.example"));
        inspector.flipped(1, "allow", "path_not_allowed", "path_allowlist");
        inspector.flipped(2, "allow", "path_not_allowed", "path_allowlist");
        ProxyUnderTest.await("what the shadow routes say", () -> out.toString().contains("shadow routes"));
        proxy.close();
        thread.join(10_000);

        assertThat(thread.isAlive()).isFalse();
        assertThat(out.toString().lines()).hasSize(3);
        assertThat(out.toString())
                .contains("127.0.0.1:47154: GET https://before.example/x << 200 0B 431ms")
                .contains(
                        "shadow routes: GET https://before.example/x: allow would be path_not_allowed by path_allowlist")
                .contains("POST https://denied.example/z\\x1b[31m << 403 denied HOST")
                .doesNotContain("other.example", "\u001b");
    }

    @Test
    void findsTheGateByAFileOfItsOwnerAlone() throws Exception {
        try (ProxyUnderTest proxy = ProxyUnderTest.with()
                .environment("EGRESS_CA_DIR", directory.toString())
                .start()) {
            Inspector inspector = proxy.gate().inspector().orElseThrow();
            inspector.publish();
            Path file = TokenFile.in(directory, proxy.admin().getPort());

            assertThat(TokenFile.read(file)).isEqualTo(inspector.url());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            inspector.publish();
            inspector.close();
            assertThat(file).doesNotExist();
        }
    }

    @Test
    void leavesTheFileOfAGateThatStartedLater() throws IOException {
        Path file = TokenFile.in(directory, 9901);
        TokenFile.write(file, "http://127.0.0.1:9901/inspect?token=later");
        TokenFile.remove(file, "http://127.0.0.1:9901/inspect?token=earlier");

        assertThat(file).exists();
    }

    @Test
    void saysThatTheTokenIsAnotherGates() throws Exception {
        try (ProxyUnderTest proxy = ProxyUnderTest.with().start()) {
            String url = proxy.gate().inspector().orElseThrow().url();
            assertThatThrownBy(() -> new Tail(url + "x").follow("", false, new PrintWriter(out)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("403");
        }
        assertThatThrownBy(() -> new Tail("nothing")).isInstanceOf(IOException.class);
    }

    private String run(int status, String... arguments) {
        ProxyUnderTest.Captured err = new ProxyUnderTest.Captured();
        var command = CommandLineFactory.of(Map.of(), (settings, ca) -> 0, new Notices(err));
        StringWriter own = new StringWriter();
        command.setErr(new PrintWriter(own));
        assertThat(command.execute(arguments)).isEqualTo(status);
        return err.text() + own;
    }

    @Test
    void saysWhatIsWrongWithTheCommand() {
        assertThat(run(2, "tail", "~z")).contains("filter: at character 1: \"~z\" is no operator");
        assertThat(run(2, "tail", "--admin", "off")).contains("--admin: is off");
        assertThat(run(1, "tail", "--ca-dir", directory.toString()))
                .contains("no gate with a page runs with --admin on port 9901");
    }
}

package egress.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import egress.server.ask.Answer;
import egress.server.ask.OperatorQueue;
import egress.server.ask.QuestionFile;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.Tool;
import egress.testkit.client.RawClient;
import egress.testkit.client.TlsClient;
import egress.testkit.origin.Origin;
import egress.testkit.wire.ReceivedResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A queue on a file system of its own, of 32 KiB, that is full: a mount that only the gate sees. */
final class AskFullDiskTest {
    private static final String HOST = "api.example";

    @TempDir
    private Path directory;

    private Child start(Origin origin, TestCa ca) throws IOException {
        Path queue = Files.createDirectory(directory.resolve("queue"));
        List<String> arguments = new ArrayList<>(List.of("-m"));
        if (!System.getProperty("user.name").equals("root")) {
            arguments.add("-r"); // who is nobody outside may mount in a name space of its own
        }
        arguments.addAll(
                List.of("sh", "-c", "mount -t tmpfs -o size=32k,mode=700 tmpfs " + queue + " && exec \"$@\"", "sh"));
        arguments.addAll(AskGate.command(directory, queue, HOST, origin, ca));
        return Child.of(Tool.require("unshare", "install util-linux"), arguments.toArray(String[]::new));
    }

    private RawClient sent(Child gate, String target) throws Exception {
        RawClient client = RawClient.connect(gate.port())
                .tunnel(HOST + ":443")
                .tls(TlsClient.of(HOST, directory.resolve("ca.pem")).alpn("http/1.1"));
        return client.send("GET " + target + " HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
    }

    private static QuestionFile.Read awaitQuestion(OperatorQueue queue, String path) throws InterruptedException {
        ProxyUnderTest.await(
                "the question about " + path, () -> question(queue, path).isPresent());
        return question(queue, path).orElseThrow();
    }

    private static Optional<QuestionFile.Read> question(OperatorQueue queue, String path) {
        try {
            return queue.questions().stream()
                    .filter(each -> each.question().wanted().path().equals(path))
                    .findFirst();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Path fill(Path mount) {
        Path file = mount.resolve("fill");
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < 1_024; i++) {
                out.write(new byte[1_024]);
            }
        } catch (IOException full) {
            return file;
        }
        throw new AssertionError("a file of 1 MiB in a file system of 32 KiB");
    }

    private static List<String> names(Path mount) throws IOException {
        try (Stream<Path> all = Files.list(mount)) {
            return all.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void onAFullDiskNothingLeavesAndNothingHalfWrittenIsTaken() throws Exception {
        TestCa ca = TestCa.create("origins");
        try (Origin origin = Origin.tls(ca.leaf(HOST), Alpn.H1);
                Child gate = start(origin, ca)) {
            gate.port();
            Path mount = Path.of("/proc/" + gate.pid() + "/root" + directory.resolve("queue"));
            OperatorQueue queue = new OperatorQueue(mount);
            try (RawClient first = sent(gate, "/first");
                    RawClient third = sent(gate, "/third")) {
                QuestionFile.Read open = awaitQuestion(queue, "/first");
                QuestionFile.Read other = awaitQuestion(queue, "/third");
                Path filling = fill(mount);
                List<String> before = names(mount);

                try (RawClient second = sent(gate, "/second")) {
                    ReceivedResponse no = second.readResponse("GET");
                    assertThat(no.status()).isEqualTo(403);
                    assertThat(no.value("x-egress-deny")).contains("host_not_allowed");
                    assertThat(no.text()).contains("the question cannot be shown to an operator");
                }
                gate.awaitErr("the queue of questions: No space left on device");
                assertThat(names(mount)).isEqualTo(before);

                // An operator who cannot write answers nothing, and one who is cut short says no.
                assertThatThrownBy(() -> queue.answer(open, new Answer.AllowUntilExit(Optional.empty())))
                        .hasMessageContaining("No space left");
                assertThat(names(mount)).isEqualTo(before);
                Files.createFile(mount.resolve(open.question().id() + ".answer.json"));
                ReceivedResponse cut = first.readResponse("GET");
                assertThat(cut.status()).isEqualTo(403);
                assertThat(cut.text()).contains("what was found in place of an answer is none");
                gate.awaitErr("ask " + open.question().id() + ": an answer is refused");
                assertThat(origin.connections()).isZero();

                Files.delete(filling);
                queue.answer(other, new Answer.AllowOnce(Optional.empty()));
                assertThat(third.readResponse("GET").value("x-egress-deny")).isEmpty();
                assertThat(origin.takeRequest().target()).isEqualTo("/third");
            }
            try (RawClient again = sent(gate, "/again")) {
                queue.answer(awaitQuestion(queue, "/again"), new Answer.AllowOnce(Optional.empty()));
                assertThat(again.readResponse("GET").value("x-egress-deny")).isEmpty();
            }
            assertThat(origin.requests()).hasSize(2); // those that were allowed
        }
    }
}

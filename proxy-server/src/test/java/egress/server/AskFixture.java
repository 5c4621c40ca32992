package egress.server;

import egress.server.ask.Answer;
import egress.server.ask.OperatorQueue;
import egress.server.ask.QuestionFile;
import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.Origin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An origin that an operator may be asked about, and the operator's queue. */
abstract class AskFixture {
    static final Optional<String> NO_PREFIX = Optional.empty();

    private final Alpn alpn;

    @TempDir
    Path directory;

    TestCa ca;
    Origin origin;

    AskFixture(Alpn alpn) {
        this.alpn = alpn;
    }

    @BeforeEach
    void startOrigin() throws IOException {
        ca = TestCa.create("origins");
        origin = Origin.tls(ca.leaf("api.example", "new.example"), alpn);
    }

    @AfterEach
    void stopOrigin() throws IOException {
        origin.close();
    }

    Path queueDirectory() {
        return directory.resolve("queue");
    }

    OperatorQueue queue() {
        return new OperatorQueue(queueDirectory());
    }

    ProxyUnderTest.Builder gate(String routes) {
        return ProxyUnderTest.with()
                .routes(routes)
                .flags("--ask-queue", queueDirectory().toString())
                .origin("api.example:443", origin)
                .origin("new.example:443", origin)
                .trust(ca);
    }

    List<QuestionFile.Read> questions() {
        try {
            return queue().questions();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    List<QuestionFile.Read> awaitQuestions(int count) throws InterruptedException {
        ProxyUnderTest.await(count + " question(s)", () -> questions().size() == count);
        return questions();
    }

    QuestionFile.Read awaitQuestion() throws InterruptedException {
        return awaitQuestions(1).getFirst();
    }

    /** Answers the only question. */
    void answer(Answer answer) throws IOException, InterruptedException {
        queue().answer(awaitQuestion(), answer);
    }
}

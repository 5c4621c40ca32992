package egress.gate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Alpn;
import egress.testkit.TestCa;
import egress.testkit.origin.H2Fault;
import egress.testkit.origin.H2Peer;
import egress.testkit.origin.HostileOrigin;
import egress.testkit.wire.H2Frame;
import egress.testkit.wire.HttpHead;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A request goes out a second time only where the origin certainly has not processed it (RFC 9110 §9.2.2, RFC 9113 §8.7). */
class RetryTest {
    @TempDir
    static Path directory;

    /** A gate before an origin with a script; the caller talks to it. */
    private record Setup(HostileOrigin origin, Gate gate, Caller caller) implements AutoCloseable {
        static Setup of(String version, Alpn alpn, HostileOrigin.Script script) throws IOException {
            TestCa ca = TestCa.create("origins");
            HostileOrigin origin = HostileOrigin.tls(ca.leaf("retry.example"), alpn, script);
            Gate gate = Gate.builder()
                    .trust(ca.writePem(directory.resolve(System.nanoTime() + ".pem")))
                    .origin("retry.example", origin.port())
                    .start();
            return new Setup(origin, gate, Caller.through(gate, version, "retry.example"));
        }

        @Override
        public void close() throws IOException {
            caller.close();
            gate.awaitQuiet();
            gate.close();
            origin.close();
        }
    }

    /** Answers once on each connection, and closes the kept-alive first one when the second request is there. */
    private static HostileOrigin.Script staleAfterOne() {
        return wire -> {
            wire.readRequest();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood");
            if (wire.connection() == 1) {
                wire.readHead();
                wire.reset();
            } else {
                wire.hang();
            }
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void aStaleKeptAliveConnectionCostsAGetNothing(String version) throws IOException {
        try (Setup setup = Setup.of(version, Alpn.H1, staleAfterOne())) {
            assertThat(setup.caller.get("/1").response().text()).isEqualTo("good");
            assertThat(setup.caller.get("/2").response().text()).isEqualTo("good");
            assertThat(setup.origin.connections()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void aPostIsNotSentAgainOnceAByteOfItIsOut(String version) throws IOException {
        try (Setup setup = Setup.of(version, Alpn.H1, staleAfterOne())) {
            assertThat(setup.caller.get("/1").response().text()).isEqualTo("good");
            Call post = setup.caller.begin("POST", "/2");
            post.write("body").end();
            assertThat(post.response().status()).isEqualTo(502);
            assertThat(setup.origin.connections()).isEqualTo(1);
            assertThat(setup.origin.heads().stream().map(HttpHead::target)).containsExactly("/1", "/2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void aFirstConnectionThatBreaksIsNotTriedAgain(String version) throws IOException {
        try (Setup setup = Setup.of(version, Alpn.H1, wire -> {
            wire.readHead();
            wire.reset();
        })) {
            assertThat(setup.caller.get("/1").response().status()).isEqualTo(502);
            assertThat(setup.origin.connections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void aRefusedPostGoesAgainWithTheSameBody(String version) throws IOException {
        List<String> bodies = new CopyOnWriteArrayList<>();
        try (Setup setup = Setup.of(version, Alpn.H2, wire -> {
            H2Peer h2 = wire.h2();
            H2Peer.Request first = h2.awaitRequest();
            bodies.add(body(h2));
            h2.wire().write(H2Frame.rstStream(first.streamId(), H2Frame.ErrorCode.REFUSED_STREAM));
            H2Peer.Request second = h2.awaitRequest();
            bodies.add(body(h2));
            h2.respond(second.streamId(), "good");
            h2.hang();
        })) {
            Call post = setup.caller.begin("POST", "/", "content-length", "4");
            post.write("body").end();
            assertThat(post.response().text()).isEqualTo("good");
            assertThat(bodies).containsExactly("body", "body");
        }
    }

    /** The DATA of the request whose head was read, up to its end. */
    private static String body(H2Peer h2) throws IOException {
        StringBuilder text = new StringBuilder();
        H2Frame frame;
        do {
            frame = h2.awaitFrame(H2Frame.DATA);
            text.append(new String(frame.payload(), ISO_8859_1));
        } while (!frame.has(H2Frame.END_STREAM));
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void whatIsRefusedTwiceIsA502(String version) throws IOException {
        try (Setup setup = Setup.of(version, Alpn.H2, H2Fault.resetWith(H2Frame.ErrorCode.REFUSED_STREAM))) {
            Call call = setup.caller.get("/");
            assertThat(call.response().status()).isEqualTo(502);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void aStreamResetForAnotherReasonIsNotTriedAgain(String version) throws IOException {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (Setup setup = Setup.of(version, Alpn.H2, wire -> {
            H2Peer h2 = wire.h2();
            while (true) {
                H2Peer.Request request = h2.awaitRequest();
                seen.add(request.value(":path"));
                h2.wire().write(H2Frame.rstStream(request.streamId(), H2Frame.ErrorCode.INTERNAL_ERROR));
            }
        })) {
            assertThat(setup.caller.get("/once").response().status()).isEqualTo(502);
            assertThat(seen).containsExactly("/once");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2"})
    void aGoAwayThatCoversTheStreamLetsItEnd(String version) throws IOException {
        try (Setup setup = Setup.of(version, Alpn.H2, wire -> {
            H2Peer h2 = wire.h2();
            H2Peer.Request request = h2.awaitRequest();
            h2.head(request.streamId(), 200, false);
            h2.wire().write(H2Frame.goAway(request.streamId(), H2Frame.ErrorCode.NO_ERROR));
            if (wire.connection() == 1) {
                h2.data(request.streamId(), "go", false);
                h2.data(request.streamId(), "od", true);
            } else {
                h2.data(request.streamId(), "new", true);
            }
            h2.hang();
        })) {
            assertThat(setup.caller.get("/1").response().text()).isEqualTo("good");
            assertThat(setup.caller.get("/2").response().text()).isEqualTo("new");
        }
    }
}

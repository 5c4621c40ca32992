package egress.gate;

import static org.assertj.core.api.Assertions.assertThat;

import egress.exchange.Inspection;
import egress.exchange.Inspector;
import egress.exchange.LocalSite;
import egress.exchange.Observer;
import egress.testkit.client.RawClient;
import egress.testkit.wire.ReceivedResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors that nobody foresaw, made on purpose in the ports: the request does not leave, and the gate serves on. */
class UnexpectedErrorTest {
    @TempDir
    static Path directory;

    private static final class Bug extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        Bug() {
            super("made on purpose");
        }
    }

    /** Passes everything on, but for one phase. */
    private record Buggy(String phase) implements Inspection {
        private void at(String reached) {
            if (phase.equals(reached)) {
                throw new Bug();
            }
        }

        @Override
        public Mode mode() {
            return phase.equals("take") ? Mode.HOLD : Mode.PASS;
        }

        @Override
        public void judgeHead(Listener listener) {
            at("judgeHead");
            listener.onHeadVerdict(new Outcome.Pass());
        }

        @Override
        public void take(HttpContent part) {
            part.release();
            at("take");
        }

        @Override
        public boolean wantsMore() {
            return true;
        }

        @Override
        public @Nullable HttpContent next() {
            return null;
        }

        @Override
        public void observeResponse(HttpHeaders fields) {
            at("responseHead");
        }

        @Override
        public void observeResponse(HttpContent part) {
            at("responseBody");
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    private static TwoOrigins origins(Inspector inspector) throws IOException {
        return TwoOrigins.start(directory, builder -> builder.inspector(inspector));
    }

    @ParameterizedTest
    @ValueSource(strings = {"inspect", "judgeHead", "take"})
    void beforeTheRequestLeavesItIsA502AndNothingLeaves(String phase) throws IOException {
        try (TwoOrigins origins = origins((loop, who, head, route) -> {
            if (phase.equals("inspect") && head.target().equals("/echo")) {
                throw new Bug();
            }
            return head.target().equals("/echo") ? new Buggy(phase) : Inspection.NONE;
        })) {
            for (String version : new String[] {"h1", "h2"}) {
                try (Caller caller = origins.caller(version, TwoOrigins.H1)) {
                    Call call = caller.begin("POST", "/echo");
                    call.write("body").end();
                    assertThat(call.response().status()).isEqualTo(502);
                }
                try (Caller caller = origins.caller(version, TwoOrigins.H1)) {
                    assertThat(caller.get("/other").response().status()).isEqualTo(200);
                }
            }
            assertThat(origins.origin(TwoOrigins.H1).requests())
                    .noneMatch(request -> request.target().equals("/echo"));
        }
    }

    @Pairs
    void inTheMiddleOfTheResponseItBreaksOff(String version, String host) throws IOException {
        try (TwoOrigins origins = origins((loop, who, head, route) -> new Buggy("responseBody"));
                Caller caller = origins.caller(version, host)) {
            caller.get("/bytes/100000").awaitBroken();
        }
    }

    /** What a broken observer may throw. */
    enum Thrown {
        EXCEPTION,
        ERROR;

        void now() {
            switch (this) {
                case EXCEPTION -> throw new Bug();
                case ERROR -> throw new AssertionError("made on purpose");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatAnObserverThrowsChangesNothing(Thrown thrown) throws IOException {
        Observer buggy = event -> thrown.now();
        try (TwoOrigins origins = TwoOrigins.start(directory, builder -> builder.observer(buggy))) {
            for (String version : new String[] {"h1", "h2"}) {
                try (Caller caller = origins.caller(version, TwoOrigins.H1)) {
                    for (int i = 0; i < 2; i++) {
                        ReceivedResponse response = caller.get("/echo").response();
                        assertThat(response.status()).isEqualTo(200);
                    }
                }
            }
        }
    }

    @Test
    void aPageOfOurOwnThatFailsIsA502() throws IOException {
        try (Gate gate = Gate.builder()
                        .localSite((caller, path) -> {
                            throw new Bug();
                        })
                        .start();
                RawClient client = RawClient.connect(gate.port())) {
            assertThat(client.get("http://_egress.local/", "_egress.local").status())
                    .isEqualTo(502);
        }
    }

    /** What is sent to the local site, which fails at its head, at its body, or later. */
    @ParameterizedTest
    @EnumSource(FailingPost.At.class)
    void aPostToOurselvesThatFailsIsA502(FailingPost.At at) throws IOException {
        try (Gate gate = Gate.builder().localSite(new FailingPost(at)).start();
                RawClient client = RawClient.connect(gate.port())) {
            assertThat(client.send(
                                    "POST http://_egress.local/x HTTP/1.1\r\nHost: _egress.local\r\nContent-Length: 4\r\n\r\nbody")
                            .readResponse("POST")
                            .status())
                    .isEqualTo(502);
        }
    }

    record FailingPost(At at) implements LocalSite, LocalSite.Posting {
        enum At {
            HEAD,
            BODY,
            LATER
        }

        @Override
        public Optional<Page> page(egress.share.Caller caller, String path) {
            return Optional.empty();
        }

        @Override
        public Optional<Posting> posting(String path) {
            return Optional.of(this);
        }

        @Override
        public Optional<Page> refusal(HttpHeaders fields) {
            if (at == At.HEAD) {
                throw new Bug();
            }
            return Optional.empty();
        }

        @Override
        public CompletionStage<Page> answer(Posted posted) {
            if (at == At.BODY) {
                throw new Bug();
            }
            return CompletableFuture.failedFuture(new Bug());
        }
    }
}

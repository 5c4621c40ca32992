package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Go's net/http, told by {@code HTTPS_PROXY} and {@code SSL_CERT_FILE}; its verifier is the strictest about names and lifetimes. */
class GoTest extends ClientFixture {
    private static Path client;

    @BeforeAll
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    static void start() throws IOException, InterruptedException {
        client = Packages.built("go-client");
        Tool.require("go", "install golang-go")
                .with("GOFLAGS", "-mod=mod")
                .with("GOTOOLCHAIN", "local")
                .with("GOPROXY", "off")
                .with("CGO_ENABLED", "0")
                .within(Duration.ofMinutes(4))
                .run(
                        "build",
                        "-o",
                        client.toString(),
                        Surroundings.program("go_client.go").toString())
                .ok();
    }

    @Test
    void speaksNetHttpByEitherVersion() throws Exception {
        Tool.Result result = Tool.of(client)
                .with("HTTP_PROXY", around.proxy())
                .with("HTTPS_PROXY", around.proxy())
                .with("SSL_CERT_FILE", around.authority().toString())
                .run(around.authority().toString());

        assertThat(result.ok().out().lines())
                .containsExactly(
                        "HTTP/1.1 to h1.example: ok",
                        "HTTP/1.1 to h2.example: ok",
                        "HTTP/2.0 to h1.example: ok",
                        "HTTP/2.0 to h2.example: ok",
                        "default client: ok",
                        "forty streams: ok",
                        "abandoned: ok",
                        "in the clear: ok",
                        "denied in words: ok");
        assertThat(around.seen("h2.example", "/keep?by=go").values("authorization"))
                .containsExactly(Surroundings.INJECTED);
        assertThat(around.seen("h2.example", "/bytes/100000000").awaitAborted()).isNotNull();
    }
}

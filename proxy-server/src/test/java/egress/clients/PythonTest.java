package egress.clients;

import static org.assertj.core.api.Assertions.assertThat;

import egress.testkit.Tool;
import egress.testkit.origin.RecordedRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Python's clients with the strict verification that is the default from Python 3.13 on. */
class PythonTest extends ClientFixture {
    private static Path python;

    @BeforeAll
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    static void start() throws IOException, InterruptedException {
        python = Packages.python();
    }

    private static String run(String program) throws IOException, InterruptedException {
        return Tool.of(python)
                .with("PYTHONDONTWRITEBYTECODE", "1")
                .with("HTTP_PROXY", around.proxy())
                .with("HTTPS_PROXY", around.proxy())
                .with("SSL_CERT_FILE", around.authority().toString())
                .with("REQUESTS_CA_BUNDLE", around.authority().toString())
                .run(Surroundings.program(program).toString(), around.proxy())
                .ok()
                .out();
    }

    @Test
    void speaksItsStandardLibrary() throws Exception {
        assertThat(run("python_stdlib.py").lines())
                .containsExactly(
                        "urllib: h1.example",
                        "urllib: h2.example",
                        "urllib: no early hint",
                        "urllib: in the clear",
                        "http.client: keeps its connection",
                        "http.client: chunked upload",
                        "urllib: denied in words");
        assertThat(around.seen("h2.example", "/keep?by=urllib").values("authorization"))
                .containsExactly(Surroundings.INJECTED);
    }

    @Test
    void asksWithRequests() throws Exception {
        assertThat(run("python_requests.py").lines())
                .containsExactly(
                        "environment alone",
                        "strict: h1.example",
                        "strict: h2.example",
                        "streamed upload",
                        "compressed",
                        "redirect",
                        "events as they are sent",
                        "no early hint",
                        "denied in words");
    }

    @Test
    void asksWithHttpxByEitherVersion() throws Exception {
        assertThat(run("python_httpx.py").lines())
                .containsExactly(
                        "HTTP/1.1 to h1.example",
                        "HTTP/1.1 to h2.example",
                        "HTTP/2 to h1.example",
                        "HTTP/2 to h2.example",
                        "forty streams at a time",
                        "abandoned stream",
                        "denied in words");
        RecordedRequest abandoned = around.seen("h2.example", "/bytes/100000000");
        assertThat(abandoned.awaitAborted()).isNotNull();
    }
}

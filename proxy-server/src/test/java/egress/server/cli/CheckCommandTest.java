package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class CheckCommandTest {
    @TempDir
    Path directory;

    private String said(String yaml, int status) throws IOException {
        Path file = Files.writeString(directory.resolve("routes.yaml"), yaml);
        StringWriter words = new StringWriter();
        PrintWriter writer = new PrintWriter(words);
        int exit = new CommandLine(new CheckCommand())
                .setOut(writer)
                .setErr(writer)
                .execute(file.toString());
        assertThat(exit).isEqualTo(status);
        return words.toString().replace(file.toString(), "FILE");
    }

    @Test
    void aBareHostWithoutACredentialIsReachedByPlainHttpToo() throws IOException {
        Path token = Files.writeString(directory.resolve("token"), "a-token-of-some-length");
        assertThat(said("""
                routes:
                  - host: bare.example
                  - host: with-port.example:443
                  - host: plain.example:80
                  - host: through.example
                    tls: passthrough
                  - host: keyed.example
                    auth: {scheme: Bearer, token_file: "%s"}
                """.formatted(token), 0))
                .isEqualTo(
                        "FILE: note: plain http passes too, to port 80 of bare.example (host: NAME:443 is https alone)\n"
                                + "FILE: 5 route(s), no mistake\n");
        assertThat(said("routes: [{host: \"a.example:443\"}]", 0)).isEqualTo("FILE: 1 route(s), no mistake\n");
    }

    @Test
    void aMistypedKeyIsGuessed() throws IOException {
        assertThat(said("routes: [{hots: a.example}]", 1))
                .contains("unknown key \"hots\" (did you mean host? expected: host, ");
    }
}

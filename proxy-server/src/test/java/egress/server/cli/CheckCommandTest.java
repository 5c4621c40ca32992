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
    void saysWhatAPatternOpens() throws IOException {
        assertThat(said("routes: [{host: \"*.a.example\"}, {host: \"**.B.example:8443\", dlp: {names: 5}}]", 0))
                .isEqualTo(
                        "FILE: note: *.a.example opens every name with one label before .a.example, such as any-name.a.example, at"
                                + " port 443 (https) and 80 (plain http); not a.example itself, and no name that has an"
                                + " entry; 64 new names in 10 minutes for each caller\n"
                                + "FILE: note: **.b.example:8443 opens every name with one label or more before .b.example,"
                                + " such as any.name.b.example, at port 8443 (https); not b.example itself, and no name"
                                + " that has an entry; 5 new names in 10 minutes for each caller\n"
                                + "FILE: note: plain http passes too, to port 80 of *.a.example (host: NAME:443 is https"
                                + " alone)\n"
                                + "FILE: 2 route(s), no mistake\n");
    }

    @Test
    void warnsOfASuffixUnderWhichAnybodyCanOpenAName() throws IOException {
        assertThat(said("routes: [{host: \"*.github.io:443\", shared_suffix: true}]", 0))
                .contains("FILE: warning: routes[0].host: \"*.github.io\": anybody can open a name there");
        assertThat(said("routes: [{host: \"*.a.example:443\", shared_suffix: true}]", 0))
                .contains("FILE: warning: routes[0].shared_suffix: the list of public suffixes knows none");
    }

    @Test
    void aMistypedKeyIsGuessed() throws IOException {
        assertThat(said("routes: [{hots: a.example}]", 1))
                .contains("unknown key \"hots\" (did you mean host? expected: host, ");
    }
}

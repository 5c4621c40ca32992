package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code explain} says what the proxy would do, and shows no credential. */
final class ExplainCommandTest {
    @TempDir
    Path directory;

    private Path routes = Path.of("routes.yaml");

    @BeforeEach
    void writeRoutes() throws IOException {
        Path bearer = Files.writeString(directory.resolve("bearer"), "bearer-secret");
        Path basic = Files.writeString(directory.resolve("basic"), "user:basic-secret");
        routes = Files.writeString(directory.resolve("routes.yaml"), """
                routes:
                  - host: bearer.example
                    auth: {scheme: Bearer, token_file: "%s"}
                  - host: basic.example
                    auth: {scheme: Basic, token_file: "%s"}
                  - host: keyed.example
                    auth: {header: x-api-key, token_file: "%s"}
                    path_allowlist: [/v1]
                """.formatted(bearer, basic, bearer));
    }

    private String explained(String... arguments) {
        StringWriter out = new StringWriter();
        String[] all = new String[arguments.length + 2];
        all[0] = "--routes";
        all[1] = routes.toString();
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        new CommandLine(new ExplainCommand()).setOut(new PrintWriter(out)).execute(all);
        return out.toString();
    }

    @Test
    void saysWhichPatternHeld() throws IOException {
        Files.writeString(routes, """
                routes:
                  - host: "*.a.example"
                  - host: "**.a.example"
                  - host: exact.a.example:8443
                """);
        assertThat(explained("https://b.a.example/"))
                .contains(
                        "route       *.a.example\n",
                        "pattern     the longest that holds for b.a.example:443",
                        "allowed");
        assertThat(explained("https://c.b.a.example/")).contains("route       **.a.example\n", "its first 2 label(s)");
        assertThat(explained("https://exact.a.example/"))
                .contains("denied (port_not_allowed)", "a pattern does not hold for a name that has an entry");
        assertThat(explained("https://exact.a.example:8443/")).contains("route       exact.a.example:8443\n");
        assertThat(explained("https://a.example/")).contains("route       none", "host_not_allowed");
    }

    @Test
    void showsTheFieldAndTheSchemeOfACredentialAndNoMore() {
        assertThat(explained("https://bearer.example/"))
                .contains("injects     Authorization: Bearer ********")
                .doesNotContain("secret");
        assertThat(explained("https://basic.example/"))
                .contains("injects     Authorization: Basic ********")
                .doesNotContain("secret")
                .doesNotContain("dXNlc");
        assertThat(explained("https://keyed.example/v1"))
                .contains("injects     x-api-key: ********")
                .doesNotContain("secret");
    }

    @Test
    void saysWhatFieldsMakeOfTheRequest() {
        assertThat(explained("-H", "X-Original-URL: /admin", "https://keyed.example/v1"))
                .contains("reading     /v1  allowed")
                .contains("reading     /admin  not in path_allowlist")
                .contains("verdict     denied (path_not_allowed)");
        assertThat(explained("-H", "X-Forwarded-Host: evil.example", "https://bearer.example/"))
                .contains("verdict     misdirected (421)");
        assertThat(explained("-X", "POST", "https://bearer.example/x")).contains("verdict     allowed");
    }
}

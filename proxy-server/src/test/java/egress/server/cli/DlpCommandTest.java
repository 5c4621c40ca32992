package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import egress.dlp.builtin.BuiltInScanner;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import picocli.CommandLine;

/** {@code dlp try} says what the scanner would do with a body, and never shows a value. */
@ResourceLock(Resources.SYSTEM_PROPERTIES) // standard input is the process's
final class DlpCommandTest {
    private static final String TOKEN = "ghp_" + "A".repeat(36);

    @TempDir
    Path directory;

    private record Tried(int status, String out, String err) {}

    private static Tried tried(String body, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] all = new String[arguments.length + 1];
        all[0] = "try";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        InputStream standard = System.in;
        System.setIn(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
        try {
            CommandLine line = new CommandLine(new DlpCommand())
                    .setOut(new PrintWriter(out))
                    .setErr(new PrintWriter(err));
            OptionTypes.register(line);
            int status = line.execute(all);
            return new Tried(status, out.toString(), err.toString());
        } finally {
            System.setIn(standard);
        }
    }

    @Test
    void saysWhatWasFoundAndWhereAndShowsNoValue() {
        Tried tried = tried("{\"key\": \"" + TOKEN + "\"}", "--type", "application/json");
        assertThat(tried.status()).as(tried.err()).isEqualTo(1);
        assertThat(tried.out())
                .startsWith("denied (dlp_match):")
                .contains("blocks  github_token (token_patterns) in body, bytes 9-48")
                .doesNotContain(TOKEN);
    }

    @Test
    void whatLeavesIsSaidToLeave() {
        Tried tried = tried("the key is ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        assertThat(tried.status()).isZero();
        assertThat(tried.out()).isEqualToIgnoringNewLines("leaves: nothing was found");
        assertThat(tried("AKIAIOSFODNN7EXAMPLE").out()).startsWith("leaves:").contains("warns   aws_access_key");
        assertThat(tried("AKIAIOSFODNN7EXAMPLE", "--dlp-profile", "strict").status())
                .isEqualTo(1);
        assertThat(tried(TOKEN, "--dlp-profile", "quiet").status()).isZero();
        assertThat(tried(BuiltInScanner.TEST_VALUE, "--dlp-profile", "quiet").out())
                .contains("blocks  egress_test_value");
    }

    @Test
    void asTheHostsRouteSays() throws IOException {
        Path secret = Files.writeString(directory.resolve("token"), "plum-7-orchard-93-lantern-41");
        Path routes = Files.writeString(directory.resolve("routes.yaml"), """
                routes:
                  - host: a.example
                    auth: {scheme: Bearer, token_file: "%s"}
                  - host: off.example
                    dlp: {outbound_detectors: false}
                  - host: quiet.example
                    dlp: {profile: quiet}
                  - host: redact.example
                    dlp: {outbound_on_match: redact}
                """.formatted(secret));
        String file = routes.toString();
        assertThat(tried("plum-7-orchard-93-lantern-41", "--routes", file, "--host", "a.example")
                        .out())
                .contains("known_secret");
        assertThat(tried(TOKEN, "--routes", file, "--host", "a.example").status())
                .isEqualTo(1);
        assertThat(tried(TOKEN, "--routes", file, "--host", "off.example").out())
                .contains("outbound_detectors: false");
        assertThat(tried(TOKEN, "--routes", file, "--host", "quiet.example").status())
                .isZero();
        assertThat(tried(TOKEN, "--routes", file, "--host", "redact.example").out())
                .contains("redacted");
        assertThat(tried(TOKEN, "--routes", file, "--host", "none.example").err())
                .contains("--host: none.example:443 (expected: a host that a route names)");
        assertThat(tried(TOKEN, "--host", "a.example").err()).contains("expected: --routes with it");
    }

    @Test
    void aCodingThatDoesNotFitIsDenied() {
        Tried tried = tried("plain", "--coding", "gzip");
        assertThat(tried.status()).isEqualTo(1);
        assertThat(tried.out()).contains("dlp_unscannable");
    }
}

package egress.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import egress.ca.CaDirectory;
import egress.server.Child;
import egress.testkit.Tool;
import egress.testkit.scorecard.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program given a CA whose time is over. */
final class ExpiredCaIT {
    @TempDir
    Path directory;

    private String certificate;

    @BeforeEach
    void mintLongAgo() throws Exception {
        new CaDirectory(directory, () -> Instant.parse("2001-01-01T00:00:00Z"), new SecureRandom()).loadOrMint();
        certificate = Files.readString(directory.resolve("ca.pem"));
    }

    private static Tool.Result run(String... arguments) throws Exception {
        List<String> all =
                new ArrayList<>(Child.command().subList(1, Child.command().size()));
        all.addAll(List.of("--listen", "127.0.0.1:0", "--admin", "off"));
        all.addAll(List.of(arguments));
        return Tool.of(Child.java()).run(all.toArray(String[]::new));
    }

    @Test
    @Row("38.xg")
    void endsTheStartInOneLine() throws Exception {
        Path file = Files.writeString(
                directory.resolve("both.pem"), certificate + Files.readString(directory.resolve("ca-key.pem")));

        Tool.Result result = run("--ca", file.toString());

        assertThat(result.exit()).isNotZero();
        assertThat(result.err().lines()).singleElement().asString().contains(file.toString(), "expired at 20");
    }

    @Test
    @Row("38.xh")
    void isNotReplacedByAnother() throws Exception {
        Tool.Result result = run("--ca-dir", directory.toString());

        assertThat(result.exit()).isNotZero();
        assertThat(result.err().lines()).singleElement().asString().contains("ca.pem", "expired at 20");
        assertThat(Files.readString(directory.resolve("ca.pem"))).isEqualTo(certificate);
    }
}

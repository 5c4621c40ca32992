package egress.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import egress.server.log.Notices;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HarCommandTest {
    @TempDir
    Path directory;

    @Test
    void whatItWritesIsForItsOwnerAloneAsTheLogIs() throws IOException {
        Path log = Files.writeString(directory.resolve("flows.jsonl"), "");
        Path har = directory.resolve("out.har");
        int status = CommandLineFactory.run(
                Map.of(),
                (settings, ca) -> 9,
                new Notices(new ByteArrayOutputStream()),
                "har",
                log.toString(),
                "-o",
                har.toString());
        assertThat(status).isZero();
        assertThat(Files.readString(har)).contains("\"entries\":[]");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(har)))
                .isEqualTo("rw-------");
    }
}

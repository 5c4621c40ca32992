package egress.gate;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Two origins behind a gate, for as long as the tests of a class run. */
abstract class TwoOriginsFixture {
    @TempDir
    static Path directory;

    static TwoOrigins origins;

    @BeforeAll
    static void startTwoOrigins() throws IOException {
        origins = TwoOrigins.start(directory);
    }

    @AfterAll
    static void stopTwoOrigins() throws IOException {
        origins.close();
    }
}

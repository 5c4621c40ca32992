package egress.clients;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The surroundings of a client, for as long as its tests run. */
abstract class ClientFixture {
    @TempDir
    static Path directory;

    static Surroundings around;

    @BeforeAll
    static void startSurroundings() throws IOException {
        around = Surroundings.start(directory);
    }

    @AfterAll
    static void stopSurroundings() throws IOException {
        around.close();
    }
}

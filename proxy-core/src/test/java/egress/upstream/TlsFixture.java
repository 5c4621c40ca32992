package egress.upstream;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** An authority, the file by which upstreams are told to trust it, and the check that nothing has leaked. */
abstract class TlsFixture {
    static final TestCa CA = new TestCa("test authority");

    @TempDir
    static Path folder;

    static Path caPem;

    @BeforeAll
    static void writesTheAuthority() {
        caPem = CA.pemIn(folder);
    }

    @AfterAll
    static void nothingLeaks() throws InterruptedException {
        LeakCheck.nothingIsOpen();
    }
}

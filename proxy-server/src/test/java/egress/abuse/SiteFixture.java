package egress.abuse;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A site for as long as the cases of a class are tried. */
abstract class SiteFixture {
    static Site site;

    @BeforeAll
    static void startSite() throws IOException {
        site = Site.start();
    }

    @AfterAll
    static void stopSite() throws IOException {
        site.close();
    }
}

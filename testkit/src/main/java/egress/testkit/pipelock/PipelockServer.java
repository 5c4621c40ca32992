package egress.testkit.pipelock;

import java.io.IOException;
import java.net.URI;

/** A pipelock on loopback, recorded or real, that a test asks, stops and starts again at the same ports. */
public interface PipelockServer extends AutoCloseable {
    /** The scan API's token. */
    String TOKEN = "dev-token";

    /** The listeners of a pipelock. */
    enum Listener {
        /** Its reverse proxy, whose upstream is the sink. */
        REVERSE,
        /** Its forward proxy. */
        FORWARD,
        /** Its scan API. */
        SCAN
    }

    URI uri(Listener listener);

    /** Ends it at once, as a kill does: every connection breaks, nothing listens any more. */
    void stop() throws IOException;

    /** Starts it again where it was; returns when it listens. */
    void restart() throws IOException, InterruptedException;

    @Override
    void close() throws IOException;
}

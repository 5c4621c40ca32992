package egress.server.log;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** What the program says of itself, on standard error: a line each, in one write, with no control character in it. */
public final class Notices {
    private final OutputStream err;

    public Notices(OutputStream err) {
        this.err = err;
    }

    /** Prints {@code egress: <words>}. */
    public void say(String words) {
        byte[] line = ("egress: " + TerminalText.printable(words) + "\n").getBytes(StandardCharsets.US_ASCII);
        try {
            synchronized (this) {
                err.write(line);
                err.flush();
            }
        } catch (IOException e) {
            // Nobody listens any more; that is no reason to stop.
            return;
        }
    }
}

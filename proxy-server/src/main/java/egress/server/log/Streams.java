package egress.server.log;

import java.io.OutputStream;

/**
 * Where the program writes.
 *
 * @param out exchanges
 * @param err what the program says of itself, and audit lines
 * @param colours whether {@code out} is a terminal that shows them
 * @param oneTerminal whether both are seen on one terminal, where nothing need stand twice
 */
public record Streams(OutputStream out, OutputStream err, boolean colours, boolean oneTerminal) {
    /** Two that are not seen together. */
    public Streams(OutputStream out, OutputStream err, boolean colours) {
        this(out, err, colours, false);
    }
}

package egress.server.log;

import java.io.OutputStream;

/**
 * Where the program writes.
 *
 * @param out exchanges
 * @param err what the program says of itself, and audit lines
 * @param colours whether {@code out} is a terminal that shows them
 */
public record Streams(OutputStream out, OutputStream err, boolean colours) {}

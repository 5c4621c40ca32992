package egress.server;

import egress.server.Flags.LogFormat;

/**
 * What is printed for people.
 *
 * @param detail of each exchange, 0 (nothing) to 4
 * @param verbose connections and handshakes too
 */
record LogSettings(LogFormat format, int detail, boolean verbose) {}

package egress.server.config;

import egress.server.cli.OptionTypes.LogFormat;

/**
 * What is printed for people.
 *
 * @param detail of each exchange, 0 (nothing) to 4
 * @param verbose connections and handshakes too
 */
public record LogSettings(LogFormat format, int detail, boolean verbose) {}

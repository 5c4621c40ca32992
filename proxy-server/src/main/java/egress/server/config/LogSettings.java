package egress.server.config;

import java.util.Optional;

/**
 * What is printed for people.
 *
 * @param detail of each exchange, 0 (nothing) to {@link #MOST_DETAIL}
 * @param which of the exchanges
 * @param verbose connections and handshakes too
 * @param timestamps whether the time stands in front of lines
 * @param bodies whether they are shown at {@link #MOST_DETAIL}
 * @param filter which exchanges are shown, in the language of flow filters; empty for all
 */
public record LogSettings(
        Format format,
        int detail,
        Lines which,
        boolean verbose,
        boolean timestamps,
        boolean bodies,
        Optional<String> filter) {
    public static final int MOST_DETAIL = 4;

    /** The form of what is printed for each exchange. */
    public enum Format {
        TEXT,
        JSON
    }

    /** Which exchanges have lines. */
    public enum Lines {
        ALL,
        /** One line for each that was blocked or failed; findings and warnings. */
        BLOCKS
    }

    /** All exchanges, without times and bodies. */
    public LogSettings(Format format, int detail, boolean verbose) {
        this(format, detail, Lines.ALL, verbose, false, false, Optional.empty());
    }

    /** Whether an exchange that went well has lines. */
    public boolean showsAll() {
        return detail > 0 && which == Lines.ALL;
    }

    /** Whether bodies are to be kept for the terminal. */
    public boolean showsBodies() {
        return bodies && detail >= MOST_DETAIL && format == Format.TEXT;
    }
}

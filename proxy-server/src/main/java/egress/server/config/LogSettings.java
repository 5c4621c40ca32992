package egress.server.config;

/**
 * What is printed for people.
 *
 * @param detail of each exchange, 0 (nothing) to {@link #MOST_DETAIL}
 * @param verbose connections and handshakes too
 */
public record LogSettings(Format format, int detail, boolean verbose) {
    public static final int MOST_DETAIL = 4;

    /** The form of what is printed for each exchange. */
    public enum Format {
        TEXT,
        JSON
    }
}

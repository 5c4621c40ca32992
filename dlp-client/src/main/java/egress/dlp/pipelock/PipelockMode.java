package egress.dlp.pipelock;

import java.util.Locale;

/** How pipelock is asked. */
public enum PipelockMode {
    /** Through its reverse proxy, whose upstream is a listener of ours: what arrives there was let through. */
    SINK,
    /** Its scan API: the URL, then text by text. */
    SCAN,
    /** Through its forward proxy, which really sends what it allows to the host, in clear text. */
    FORWARD;

    /** The name on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

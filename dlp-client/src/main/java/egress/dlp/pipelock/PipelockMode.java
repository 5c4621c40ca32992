package egress.dlp.pipelock;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

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

    /** The way of that name on the command line. */
    public static Optional<PipelockMode> labelled(String label) {
        return Arrays.stream(values()).filter(w -> w.label().equals(label)).findFirst();
    }

    /** Every name that {@link #labelled} knows, for an error that says what was expected. */
    public static String labels() {
        return Arrays.stream(values()).map(PipelockMode::label).collect(Collectors.joining(", "));
    }
}

package egress.dlp;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The groups of detectors that a route may list under {@code outbound_detectors} or {@code inbound_detectors}. */
public enum Detector {
    /** Well-known key shapes. */
    TOKEN_PATTERNS,
    /** A made value assigned to a telling name; warns unless a route lists it. */
    ASSIGNED_SECRETS,
    /** The values this process was given to guard. */
    KNOWN_SECRETS,
    /** High entropy; warns only, and only where a route lists it. */
    ENTROPY,
    /** CR or LF smuggled into the request line or a field; always on, always a deny. */
    STRUCTURE,
    /** Phrases in a response that try to steer the agent; warns only. */
    NAIVE_INJECTION_DETECTION;

    /** The name as routes.yaml spells it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The detector of that name, as routes.yaml spells it. */
    public static Optional<Detector> labelled(String label) {
        return Arrays.stream(values()).filter(d -> d.label().equals(label)).findFirst();
    }

    /** Every name that {@link #labelled} knows, for an error that says what was expected. */
    public static String labels() {
        return Arrays.stream(values()).map(Detector::label).collect(Collectors.joining(", "));
    }
}

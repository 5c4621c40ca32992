package egress.policy;

import java.util.Optional;
import java.util.Set;

/**
 * The {@code dlp:} of a route, defaults filled in.
 *
 * @param outbound the detectors that look at requests
 * @param inbound the detectors that look at responses; they only warn
 * @param outboundOnMatch what a hit on the way out does
 * @param onOversize what becomes of a body over the limit
 * @param stream scan message by message, instead of holding the body for its verdict
 * @param profile how sure the scanner must be of a token; empty for the gate's default
 * @param allowFingerprints the keyed fingerprints of values that may leave all the same
 * @param names how many new names under its pattern a caller may bring in 10 minutes
 */
public record DlpRules(
        Detectors outbound,
        Detectors inbound,
        OnMatch outboundOnMatch,
        OnOversize onOversize,
        boolean stream,
        Optional<String> profile,
        Set<String> allowFingerprints,
        int names) {

    /** New names under a pattern in 10 minutes, by default. */
    public static final int NAMES = 64;

    /** A route without a {@code dlp:} of its own. */
    public static final DlpRules DEFAULT = new DlpRules(
            new Detectors.Standard(), new Detectors.Standard(), OnMatch.BLOCK, OnOversize.DENY, false, Set.of());

    /** The debugging proxy's: everything is looked at, nothing is stopped. */
    public static final DlpRules WARN_ONLY = new DlpRules(
            new Detectors.Standard(), new Detectors.Standard(), OnMatch.WARN, OnOversize.NOSCAN, false, Set.of());

    /** With the gate's profile. */
    public DlpRules(
            Detectors outbound,
            Detectors inbound,
            OnMatch outboundOnMatch,
            OnOversize onOversize,
            boolean stream,
            Set<String> allowFingerprints) {
        this(outbound, inbound, outboundOnMatch, onOversize, stream, Optional.empty(), allowFingerprints, NAMES);
    }

    public DlpRules {
        allowFingerprints = Set.copyOf(allowFingerprints);
    }

    /** Which detectors run. */
    public sealed interface Detectors {
        /** The key is absent: what the scanner does by default. */
        record Standard() implements Detectors {}

        /** {@code false}: no scanner at all on this route, the external one included. */
        record Off() implements Detectors {}

        /** A list: the detectors of these names, which the scanner defines, and the structural checks that always run. */
        record Only(Set<String> names) implements Detectors {
            public Only {
                names = Set.copyOf(names);
            }
        }
    }

    /** What a hit on the way out does. */
    public enum OnMatch {
        /** 403. */
        BLOCK,
        /** The value becomes asterisks. */
        REDACT,
        /** An operator decides. */
        SUPERVISE,
        /** A log line and a metric; no routes file can ask for it. */
        WARN
    }

    /** What becomes of a body over the limit. */
    public enum OnOversize {
        DENY,
        NOSCAN
    }
}

package egress.policy;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The {@code dlp:} of a route, defaults filled in.
 *
 * @param outbound the detectors that look at requests
 * @param inbound the detectors that look at responses; they only warn
 * @param outboundOnMatch what a hit on the way out does
 * @param onOversize what becomes of a body over the limit
 * @param stream scan message by message, instead of holding the body for its verdict
 * @param allowFingerprints the keyed fingerprints of values that may leave all the same
 */
public record DlpRules(
        Detectors outbound,
        Detectors inbound,
        OnMatch outboundOnMatch,
        OnOversize onOversize,
        boolean stream,
        Set<String> allowFingerprints) {

    /** A route without a {@code dlp:} of its own. */
    public static final DlpRules DEFAULT = new DlpRules(
            new Detectors.Standard(), new Detectors.Standard(), OnMatch.BLOCK, OnOversize.DENY, false, Set.of());

    /** The debugging proxy's: everything is looked at, nothing is stopped. */
    public static final DlpRules WARN_ONLY = new DlpRules(
            new Detectors.Standard(), new Detectors.Standard(), OnMatch.WARN, OnOversize.NOSCAN, false, Set.of());

    public DlpRules {
        allowFingerprints = Set.copyOf(allowFingerprints);
    }

    /** Which detectors run. */
    public sealed interface Detectors {
        /** The key is absent: what the scanner does by default. */
        record Standard() implements Detectors {}

        /** {@code false}: no scanner at all on this route, the external one included. */
        record Off() implements Detectors {}

        /** A list: these, and the structural checks that always run. */
        record Only(Set<Detector> detectors) implements Detectors {
            public Only {
                detectors = Set.copyOf(detectors);
            }
        }
    }

    /** A detector that a routes file can name. */
    public enum Detector {
        TOKEN_PATTERNS(false),
        ASSIGNED_SECRETS(false),
        KNOWN_SECRETS(false),
        ENTROPY(false),
        NAIVE_INJECTION_DETECTION(true);

        private final boolean inbound;

        Detector(boolean inbound) {
            this.inbound = inbound;
        }

        /** As written in a routes file. */
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The detectors of one direction. */
        public static Set<Detector> of(boolean inbound) {
            return Arrays.stream(values())
                    .filter(d -> d.inbound == inbound)
                    .collect(Collectors.toCollection(() -> EnumSet.noneOf(Detector.class)));
        }

        /** The detector of this code and direction, if there is one. */
        public static Optional<Detector> named(String code, boolean inbound) {
            return of(inbound).stream().filter(d -> d.code().equals(code)).findFirst();
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

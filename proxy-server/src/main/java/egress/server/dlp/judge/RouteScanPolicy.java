package egress.server.dlp.judge;

import egress.dlp.Detector;
import egress.dlp.Profile;
import egress.dlp.ScanOptions;
import egress.exchange.Inspection.Effect;
import egress.policy.DlpRules;
import egress.policy.DlpRules.OnMatch;
import egress.policy.DlpRules.OnOversize;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * The {@code dlp:} of a route in the scanners' words.
 *
 * @param outbound whether requests are scanned at all
 * @param options what for
 * @param inbound whether responses are looked at
 * @param passesOversize whether a body over the bound passes unscanned
 * @param stream whether the body is scanned as it passes
 */
public record RouteScanPolicy(
        boolean outbound,
        ScanOptions options,
        boolean inbound,
        OnMatch onMatch,
        boolean passesOversize,
        boolean stream) {

    /**
     * @param allowed fingerprints that may leave on every route
     * @param profile of routes that name none
     */
    public static RouteScanPolicy of(DlpRules rules, Set<String> allowed, Profile profile) {
        Set<String> fingerprints = new HashSet<>(rules.allowFingerprints());
        fingerprints.addAll(allowed);
        return new RouteScanPolicy(
                !(rules.outbound() instanceof DlpRules.Detectors.Off),
                options(rules.outbound())
                        .withAllowFingerprints(fingerprints)
                        .withProfile(rules.profile()
                                .map(label -> Profile.valueOf(label.toUpperCase(Locale.ROOT)))
                                .orElse(profile))
                        .withEveryHit(rules.outboundOnMatch() == OnMatch.REDACT),
                watches(rules.inbound()),
                rules.outboundOnMatch(),
                rules.onOversize() == OnOversize.NOSCAN,
                rules.stream());
    }

    private static ScanOptions options(DlpRules.Detectors detectors) {
        return switch (detectors) {
            case DlpRules.Detectors.Standard standard -> ScanOptions.defaults();
            case DlpRules.Detectors.Off off -> ScanOptions.defaults();
            case DlpRules.Detectors.Only only -> {
                Set<Detector> listed = Detector.of(Detector.Direction.OUTBOUND);
                listed.removeIf(each -> !only.names().contains(each.label()));
                yield ScanOptions.listed(listed);
            }
        };
    }

    private static boolean watches(DlpRules.Detectors detectors) {
        return switch (detectors) {
            case DlpRules.Detectors.Standard standard -> true;
            case DlpRules.Detectors.Off off -> false;
            case DlpRules.Detectors.Only only -> only.names().contains(Detector.NAIVE_INJECTION_DETECTION.label());
        };
    }

    /** The same, where these values may leave as well. */
    public RouteScanPolicy allowing(Set<String> fingerprints) {
        if (fingerprints.isEmpty()) {
            return this;
        }
        Set<String> all = new HashSet<>(options.allowFingerprints());
        all.addAll(fingerprints);
        return new RouteScanPolicy(
                outbound, options.withAllowFingerprints(all), inbound, onMatch, passesOversize, stream);
    }

    /** Whether an operator is asked about what is found. */
    public boolean supervises() {
        return onMatch == OnMatch.SUPERVISE;
    }

    /** Whether what is found, or cannot be scanned, leaves all the same. */
    public boolean warnsOnly() {
        return onMatch == OnMatch.WARN;
    }

    /** What a hit does that is not masked. */
    Effect denialEffect() {
        return switch (onMatch) {
            case SUPERVISE -> Effect.SUPERVISED;
            case BLOCK, REDACT -> Effect.BLOCKED;
            case WARN -> Effect.WARNED;
        };
    }
}

package egress.dlp;

import egress.dlp.Finding.Severity;
import egress.dlp.Profile.Likeness;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What a route asks of a scan.
 *
 * @param blocking detectors whose findings block; {@link Detector#STRUCTURE} is always among them
 * @param warning detectors whose findings are only said
 * @param listed whether the route lists them; where it does not, the profile says what they are
 * @param allowFingerprints fingerprints ({@code fp:} and 16 hex digits) of values that may pass
 * @param profile what a token that looks made up does
 * @param everyHit whether each single occurrence is wanted, for redaction and masking, or only that there are some
 */
public record ScanOptions(
        Set<Detector> blocking,
        Set<Detector> warning,
        boolean listed,
        Set<String> allowFingerprints,
        Profile profile,
        boolean everyHit) {

    public ScanOptions {
        EnumSet<Detector> blocks = EnumSet.of(Detector.STRUCTURE);
        blocks.addAll(blocking);
        EnumSet<Detector> warns = EnumSet.noneOf(Detector.class);
        warns.addAll(warning);
        for (Detector warnsOnly : Detector.warnOnly()) {
            if (blocks.remove(warnsOnly)) {
                warns.add(warnsOnly);
            }
        }
        warns.removeAll(blocks);
        blocking = Collections.unmodifiableSet(blocks);
        warning = Collections.unmodifiableSet(warns);
        allowFingerprints = Set.copyOf(allowFingerprints);
    }

    /** A route that lists no detectors. */
    public static ScanOptions defaults() {
        return unlisted(Set.of(), Profile.BALANCED, false);
    }

    private static ScanOptions unlisted(Set<String> allowFingerprints, Profile profile, boolean everyHit) {
        return new ScanOptions(
                Detector.unlisted(Detector.Effect.BLOCKS, profile),
                Detector.unlisted(Detector.Effect.WARNS, profile),
                false,
                allowFingerprints,
                profile,
                everyHit);
    }

    /** A route that lists its detectors: all of them block, except those that can only warn. */
    public static ScanOptions listed(Collection<Detector> detectors) {
        return new ScanOptions(Set.copyOf(detectors), Set.of(), true, Set.of(), Profile.BALANCED, false);
    }

    public ScanOptions withAllowFingerprints(Set<String> fingerprints) {
        return new ScanOptions(blocking, warning, listed, fingerprints, profile, everyHit);
    }

    public ScanOptions withProfile(Profile other) {
        return listed
                ? new ScanOptions(blocking, warning, true, allowFingerprints, other, everyHit)
                : unlisted(allowFingerprints, other, everyHit);
    }

    public ScanOptions withEveryHit(boolean every) {
        return new ScanOptions(blocking, warning, listed, allowFingerprints, profile, every);
    }

    /** What a finding of a group does that matters. */
    public Severity severity(Detector detector) {
        return blocking.contains(detector) ? Severity.BLOCKS : Severity.WARNS;
    }

    /** What a finding does, by its group and by what the value looks like; empty where it does not matter. */
    public Optional<Severity> severity(Detector detector, Likeness likeness) {
        Likeness counts = listed && likeness == Likeness.LIKELY ? Likeness.REAL : likeness;
        Optional<Severity> most = wants(detector) ? profile.severity(counts) : Optional.empty();
        return most.map(severity -> severity == Severity.BLOCKS ? severity(detector) : severity);
    }

    /** Whether findings of that detector matter at all. */
    public boolean wants(Detector detector) {
        return blocking.contains(detector) || warning.contains(detector);
    }
}

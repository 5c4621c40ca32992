package egress.dlp;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a route asks of a scan.
 *
 * @param blocking detectors whose findings block; {@link Detector#STRUCTURE} is always among them
 * @param warning detectors whose findings are only said
 * @param allowFingerprints fingerprints ({@code fp:} and 16 hex digits) of values that may pass
 * @param everyHit whether each single occurrence is wanted, for redaction and masking, or only that there are some
 */
public record ScanOptions(
        Set<Detector> blocking, Set<Detector> warning, Set<String> allowFingerprints, boolean everyHit) {

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
        blocking = Set.copyOf(blocks);
        warning = Set.copyOf(warns);
        allowFingerprints = Set.copyOf(allowFingerprints);
    }

    /** A route that lists no detectors. */
    public static ScanOptions defaults() {
        return new ScanOptions(
                Detector.unlisted(Detector.Effect.BLOCKS), Detector.unlisted(Detector.Effect.WARNS), Set.of(), false);
    }

    /** A route that lists its detectors: all of them block, except those that can only warn. */
    public static ScanOptions listed(Collection<Detector> detectors) {
        return new ScanOptions(Set.copyOf(detectors), Set.of(), Set.of(), false);
    }

    public ScanOptions withAllowFingerprints(Set<String> fingerprints) {
        return new ScanOptions(blocking, warning, fingerprints, everyHit);
    }

    public ScanOptions withEveryHit(boolean every) {
        return new ScanOptions(blocking, warning, allowFingerprints, every);
    }

    /** Whether findings of that detector matter at all. */
    public boolean wants(Detector detector) {
        return blocking.contains(detector) || warning.contains(detector);
    }
}

package egress.server.evidence;

import egress.policy.DlpRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a change of a route's {@code dlp:} lets through that was stopped before. */
final class DlpDiff {
    /** Those that block without the key. */
    private static final Set<String> STANDARD = Set.of("token_patterns", "known_secrets");

    /** Warns, and blocks nothing, wherever it is listed. */
    private static final String ENTROPY = "entropy";

    private DlpDiff() {}

    /** In words, one for each. */
    static List<String> openings(DlpRules before, DlpRules after) {
        List<String> words = new ArrayList<>();
        boolean off = after.outbound() instanceof DlpRules.Detectors.Off;
        if (off && !(before.outbound() instanceof DlpRules.Detectors.Off)) {
            words.add("dlp: no scanner looks at its requests");
            return words;
        }
        Set<String> gone = new TreeSet<>(blocking(before.outbound()));
        gone.removeAll(blocking(after.outbound()));
        gone.forEach(detector -> words.add("dlp: " + detector + " no longer stops its requests"));
        if (before.outboundOnMatch() != DlpRules.OnMatch.REDACT && after.outboundOnMatch() == DlpRules.OnMatch.REDACT) {
            words.add("dlp: a hit is masked and the request goes on, where it was denied");
        }
        if (before.outboundOnMatch() != DlpRules.OnMatch.SUPERVISE
                && after.outboundOnMatch() == DlpRules.OnMatch.SUPERVISE) {
            words.add("dlp: an operator may let a hit pass");
        }
        if (before.onOversize() == DlpRules.OnOversize.DENY && after.onOversize() == DlpRules.OnOversize.NOSCAN) {
            words.add("dlp: a body over the limit passes unscanned");
        }
        if (!before.stream() && after.stream()) {
            words.add("dlp: a body leaves while it is scanned, and not once it was");
        }
        if (after.names() > before.names()) {
            words.add("dlp: a caller may bring " + after.names() + " new names in 10 minutes, where it was "
                    + before.names());
        }
        Set<String> allowed = new TreeSet<>(after.allowFingerprints());
        allowed.removeAll(before.allowFingerprints());
        allowed.forEach(fingerprint -> words.add("dlp: the value of " + fingerprint + " may leave"));
        return words;
    }

    private static Set<String> blocking(DlpRules.Detectors detectors) {
        return switch (detectors) {
            case DlpRules.Detectors.Standard _ -> STANDARD;
            case DlpRules.Detectors.Off _ -> Set.of();
            case DlpRules.Detectors.Only only -> {
                Set<String> names = new TreeSet<>(only.names());
                names.remove(ENTROPY);
                yield names;
            }
        };
    }
}

package egress.dlp.builtin.scan;

import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.Finding.Severity;
import egress.dlp.Finding.Span;
import egress.dlp.Place;
import egress.dlp.ScanOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The findings of one scan, without duplicates: a verbatim value is not reported again when it is seen decoded or joined. */
final class FindingCollector {
    private static final int MOST_WARNINGS = 64;
    private static final int MOST_STANDING = 4096;

    private final ScanOptions options;
    private final Fingerprints fingerprints;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<Seen> seen = new HashSet<>();
    private final List<Standing> standing = new ArrayList<>();
    /** A known secret is the same array each time. */
    private final IdentityHashMap<byte[], String> known = new IdentityHashMap<>();

    private Excuse excuse = Excuse.NONE;
    private boolean excused;
    private int blocking;
    private int taken;

    private record Seen(String detector, String fingerprint, Place place, Optional<Span> span) {}

    /** A value that stands verbatim in its surface, found or let pass by an operator. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Standing(String detector, Provenance.Surface surface, long start, long end, byte[] value) {}

    FindingCollector(ScanOptions options, Fingerprints fingerprints) {
        this.options = options;
        this.fingerprints = fingerprints;
    }

    void excuses(Excuse those) {
        excuse = those;
    }

    /** Whether something was found that is excused. */
    boolean excused() {
        return excused;
    }

    List<Finding> all() {
        return findings;
    }

    int blocking() {
        return blocking;
    }

    /** How many hits there were, repeated ones included. */
    int taken() {
        return taken;
    }

    /** A hit: {@code [start, end)} of the view is where it stood, {@code value} what it is, {@code part} what stood there of it. */
    void add(
            String name,
            Detector category,
            Severity asked,
            Provenance view,
            int start,
            int end,
            byte[] value,
            byte[] part,
            boolean verbatim) {
        Place place = view.place(start);
        Optional<Span> cover = cover(view, start, end);
        Optional<Span> span = verbatim && view.verbatim() ? cover : Optional.empty();
        Excuse.Grade grade = excuse.grade(new Excuse.Hit(name, category, place, cover, value));
        excused |= grade != Excuse.Grade.NONE;
        if (grade == Excuse.Grade.PASSES) {
            if (span.isPresent() && standing.size() < MOST_STANDING) {
                standing.add(new Standing(name, view.surface(), view.base() + start, view.base() + end, value));
            }
            return;
        }
        Severity severity = grade == Excuse.Grade.WARNS ? Severity.WARNS : asked;
        if (severity == Severity.WARNS && findings.size() - blocking >= MOST_WARNINGS) {
            return;
        }
        if (span.isEmpty() && standsAlready(name, value, view)) {
            return;
        }
        taken++;
        String fingerprint = category == Detector.KNOWN_SECRETS
                ? known.computeIfAbsent(value, fingerprints::of)
                : fingerprints.of(value);
        boolean allowed = options.allowFingerprints().contains(fingerprint);
        if (span.isPresent() && standing.size() < MOST_STANDING) {
            standing.add(new Standing(name, view.surface(), view.base() + start, view.base() + end, value));
        }
        Optional<Span> apart = options.everyHit() ? span : Optional.empty();
        if (!allowed && seen.add(new Seen(name, fingerprint, place, apart))) {
            String matched = Arrays.equals(part, value) ? fingerprint : fingerprints.of(part);
            findings.add(new Finding(name, category, place, fingerprint, severity, span, cover, matched));
            blocking += severity == Severity.BLOCKS ? 1 : 0;
        }
    }

    private static Optional<Span> cover(Provenance view, int start, int end) {
        if (view.verbatim()) {
            return view.surface().span(view.base() + start, view.base() + end);
        }
        return view.coverStart() >= 0 ? view.surface().span(view.coverStart(), view.coverEnd()) : Optional.empty();
    }

    // The same value, or one that a join made longer; where an encoded copy stands elsewhere, that is another hit.
    private boolean standsAlready(String name, byte[] value, Provenance view) {
        for (Standing each : standing) {
            boolean same = each.detector.equals(name) && startsWith(value, each.value);
            if (same && (view.isJoined() || covers(view, each))) {
                return true;
            }
        }
        return false;
    }

    private static boolean covers(Provenance view, Standing known) {
        return view.surface().equals(known.surface) && view.coverStart() <= known.start && known.end <= view.coverEnd();
    }

    private static boolean startsWith(byte[] value, byte[] beginning) {
        return value.length >= beginning.length
                && Arrays.equals(value, 0, beginning.length, beginning, 0, beginning.length);
    }
}

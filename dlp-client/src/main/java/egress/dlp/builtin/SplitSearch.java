package egress.dlp.builtin;

import egress.dlp.Detector;
import egress.dlp.Pace;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.SentValues.Fresh;
import egress.dlp.SentValues.Lane;
import egress.dlp.SentValues.Value;
import egress.dlp.builtin.rule.AlphanumericForms;
import egress.dlp.builtin.rule.DetectorIndex;
import egress.dlp.builtin.rule.IndexEntry;
import egress.dlp.builtin.rule.RuleMatcher;
import egress.dlp.builtin.rule.SecretForm;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;
import egress.dlp.builtin.scan.SmallValues;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Looks for secrets that leave in parts: joins what is about to leave with what its caller sent before, as it left, and as its numbers
 * say. Of a known secret only a stretch of as many bits as nobody can guess is a hit, so that an answer tells nothing that was not
 * sent; of a token only a vendor's exact form, from the beginning of one part to the end of another.
 */
final class SplitSearch {
    /** So much of what left, and of what is about to leave, is joined: a secret in small parts is no longer. */
    private static final int REACH = 1024;

    private final DetectorIndex detectors;

    SplitSearch(DetectorIndex detectors) {
        this.detectors = detectors;
    }

    /**
     * Compares the values that a scan gathered, and has them remembered where they may leave.
     *
     * @param leavesAnyway whether they leave whatever is found
     */
    void compare(ScanContext run, boolean leavesAnyway) {
        SmallValues gathered = run.gathered();
        if (gathered == null || !mayLeave(run, leavesAnyway)) {
            return;
        }
        List<Fresh> fresh = gathered.fresh();
        if (fresh.isEmpty()) {
            return;
        }
        run.pacedBy(Pace.FREE); // a lock is held: nobody waits in it
        boolean room = gathered.sent().join(fresh, lanes -> {
            search(run, lanes);
            return mayLeave(run, leavesAnyway);
        });
        if (!room) {
            run.refuse(Reason.OVERLOADED, "no memory is left for what you send");
        }
    }

    private static boolean mayLeave(ScanContext run, boolean leavesAnyway) {
        return !run.isRefused() && (leavesAnyway || run.verdict() instanceof ScanVerdict.Clean);
    }

    /** @param lanes the last of them is of all carriers */
    private void search(ScanContext run, List<Lane> lanes) {
        List<Lane> own = lanes.subList(0, lanes.size() - 1);
        for (Lane lane : own) {
            inEachOrder(run, lane);
            byKey(lane).forEach(each -> inEachOrder(run, each));
        }
        Lane all = lanes.getLast();
        if (own.stream().noneMatch(lane -> lane.before().equals(all.before()))) {
            inEachOrder(run, all);
        }
    }

    /** Values that belong together, each kind by itself, where there is more than one. */
    private static List<Lane> byKey(Lane lane) {
        Map<Integer, Lane> lanes = new HashMap<>();
        lane.added().forEach(value -> lanes.computeIfAbsent(
                        value.key(), _ -> new Lane(new ArrayList<>(), new ArrayList<>()))
                .added()
                .add(value));
        boolean others = lanes.size() > 1;
        for (Value value : lane.before()) {
            Lane same = lanes.get(value.key());
            if (same != null) {
                same.before().add(value);
            }
            others |= same == null;
        }
        return others ? List.copyOf(lanes.values()) : List.of();
    }

    private void inEachOrder(ScanContext run, Lane lane) {
        List<Part> before = Part.all(latest(lane.before()), false);
        List<Part> added = Part.all(first(lane.added()), true);
        for (ValueForm form : ValueForm.values()) {
            boolean changes = form == ValueForm.BARE
                    ? Stream.concat(lane.before().stream(), lane.added().stream()).anyMatch(form::changes)
                    : form == ValueForm.RAW || lane.added().stream().anyMatch(form::changes);
            if (changes && !before.isEmpty()) {
                search(run, joined(Stream.concat(before.stream(), added.stream()), form));
                search(run, joined(Stream.concat(added.reversed().stream(), before.reversed().stream()), form));
            }
            if (changes) {
                byNumber(run, lane, form);
            }
        }
    }

    /** In the order of what numbers them. */
    private void byNumber(ScanContext run, Lane lane, ValueForm form) {
        List<Part> numbered = Stream.concat(
                        Part.all(lane.before(), false).stream(), Part.all(lane.added(), true).stream())
                .filter(part -> part.value.number() >= 0)
                .sorted(Comparator.comparingInt(part -> part.value.number()))
                .toList();
        if (numbered.size() > 1) {
            search(run, joined(numbered.stream(), form));
        }
    }

    /** What left last, as far as it is joined. */
    private static List<Value> latest(List<Value> values) {
        int size = 0;
        int from = values.size();
        while (from > 0 && size < REACH) {
            size += values.get(--from).bytes().length;
        }
        return values.subList(from, values.size());
    }

    /** What is about to leave first, as far as it is joined. */
    private static List<Value> first(List<Value> values) {
        int size = 0;
        int to = 0;
        while (to < values.size() && size < REACH) {
            size += values.get(to++).bytes().length;
        }
        return values.subList(0, to);
    }

    private static JoinedValues joined(Stream<Part> parts, ValueForm form) {
        JoinedValues out = new JoinedValues();
        parts.forEach(part -> out.add(form.of(part.value), part.isNew));
        return out;
    }

    private record Part(Value value, boolean isNew) {
        static List<Part> all(List<Value> values, boolean isNew) {
            return values.stream().map(value -> new Part(value, isNew)).toList();
        }
    }

    private void search(ScanContext run, JoinedValues joined) {
        if (joined.count() < 2) {
            return;
        }
        Segment segment = joined.segment();
        RuleMatcher rules = new RuleMatcher(run, segment);
        detectors.index().scan(joined.bytes(), 0, joined.length(), (b, at, literal) -> {
            IndexEntry entry = detectors.target(literal);
            if (entry instanceof IndexEntry.Anchor anchor) {
                known(run, joined, at, anchor);
            } else if (entry instanceof IndexEntry.Keyword keyword && keyword.spelling() == IndexEntry.Spelling.PLAIN) {
                rules.split(keyword.rule(), at, keyword.length(), joined::isSplit);
            }
            return true;
        });
        if (run.wants(Detector.KNOWN_SECRETS)) {
            JoinedValues alphanumeric = joined.alphanumeric();
            AlphanumericForms.scan(
                    detectors,
                    alphanumeric.bytes(),
                    alphanumeric.length(),
                    (anchor, at) -> known(run, alphanumeric, at, anchor));
        }
    }

    private static void known(ScanContext run, JoinedValues joined, int at, IndexEntry.Anchor anchor) {
        SecretForm form = anchor.form();
        SecretForm.Extent extent = form.extent(joined.bytes(), 0, joined.length(), at, anchor.anchor());
        if (form.isEnough(extent) && joined.isSplit(extent.start(), extent.end())) {
            Segment segment = joined.segment();
            run.known(segment.view(), extent.start(), extent.end(), form.secret(), form.part(extent), false);
        }
    }
}

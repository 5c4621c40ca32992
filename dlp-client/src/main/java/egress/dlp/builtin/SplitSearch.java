package egress.dlp.builtin;

import egress.dlp.Detector;
import egress.dlp.Pace;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.SentValues;
import egress.dlp.SentValues.Fresh;
import egress.dlp.SentValues.Lane;
import egress.dlp.SentValues.Value;
import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.match.GramSet;
import egress.dlp.builtin.match.Randomness;
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
import java.util.Optional;

/**
 * Looks for secrets that leave in parts: joins what is about to leave with what its caller sent before, as it left, and as its numbers
 * say. Of a known secret only a stretch of as many bits as nobody can guess is a hit, so that an answer tells nothing that was not
 * sent; of a token only a vendor's exact form, from the beginning of one part to the end of another.
 */
final class SplitSearch {
    /** So much of what left, and of what is about to leave, is joined: a secret in small parts is no longer. */
    private static final int REACH = 512;

    private final DetectorIndex detectors;

    SplitSearch(DetectorIndex detectors) {
        this.detectors = detectors;
    }

    /**
     * Compares the values that a scan gathered, and has them remembered where they may leave.
     *
     * @param leavesAnyway whether they leave whatever is found
     * @return how the memory stands that knows all of them; empty where they may not leave
     */
    Optional<SentValues.State> compare(ScanContext run, boolean leavesAnyway) {
        SmallValues gathered = run.gathered();
        if (gathered == null || !mayLeave(run, leavesAnyway)) {
            return Optional.empty();
        }
        List<Fresh> fresh = gathered.fresh();
        if (fresh.isEmpty()) {
            return Optional.of(gathered.began());
        }
        run.pacedBy(Pace.FREE); // a lock is held: the scan must not be paused
        Optional<SentValues.State> joined = gathered.sent().join(fresh, lanes -> {
            search(run, lanes);
            return mayLeave(run, leavesAnyway);
        });
        if (joined.isEmpty()) {
            run.refuse(Reason.OVERLOADED, "no memory is left for what you send");
        }
        return joined;
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
            inEachOrder(run, drawn(all));
        }
    }

    /** Without what stands beside the parts of a secret in most requests: numbers, dates, names. */
    private static Lane drawn(Lane lane) {
        return new Lane(
                lane.before().stream().filter(SplitSearch::isDrawn).toList(),
                lane.added().stream().filter(SplitSearch::isDrawn).toList());
    }

    private static boolean isDrawn(Value value) {
        byte[] b = value.bytes();
        boolean digits = true;
        for (int i = value.bare(); i < b.length; i++) {
            byte c = b[i];
            if (!CharTables.isWord(c) && "_+=".indexOf(c) < 0) {
                return false;
            }
            digits &= c >= '0' && c <= '9';
        }
        int length = b.length - value.bare();
        return !digits && length > SentValues.TINY && !Randomness.word(b, value.bare(), b.length);
    }

    /** Values that belong together, each kind by itself, where there is more than one. */
    private static List<Lane> byKey(Lane lane) {
        Map<Integer, Lane> lanes = new HashMap<>();
        for (Value value : lane.added()) {
            lanes.computeIfAbsent(value.key(), _ -> new Lane(new ArrayList<>(), new ArrayList<>()))
                    .added()
                    .add(value);
        }
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
        if (lane.added().isEmpty()) {
            return;
        }
        List<Value> before = latest(lane.before());
        List<Value> added = first(lane.added());
        for (ValueForm form : ValueForm.values()) {
            if (!changes(form, lane)) {
                continue;
            }
            if (!before.isEmpty()) {
                inOrder(run, before, added, form);
            }
            byNumber(run, lane, form);
        }
    }

    /** As they left, and the last first; what stands around the border to what is new tells whether all of it is put together. */
    private void inOrder(ScanContext run, List<Value> before, List<Value> added, ValueForm form) {
        List<Value> beside = before.subList(Math.max(0, before.size() - PartRow.BESIDE), before.size());
        PartRow border = row(beside, added, form);
        boolean forwards = mayHold(run, border);
        boolean backwards = mayHold(run, border.reversed());
        boolean begins = mayBegin(before, added); // a token, from either end
        if (!forwards && !backwards && !begins) {
            return;
        }
        PartRow row = row(before, added, form);
        search(run, row);
        if (backwards || begins) {
            search(run, row.reversed());
        }
    }

    private static PartRow row(List<Value> before, List<Value> added, ValueForm form) {
        PartRow row = new PartRow(before.size() + added.size());
        for (Value value : before) {
            form.add(row, value, false);
        }
        for (Value value : added) {
            form.add(row, value, true);
        }
        return row;
    }

    private boolean mayHold(ScanContext run, PartRow row) {
        return run.wants(Detector.KNOWN_SECRETS)
                && (row.mayHold(detectors.known(), false) || row.mayHold(detectors.alphanumericKnown(), true));
    }

    /** Whether a token may begin with one of the values, or its first bytes are in several. */
    private boolean mayBegin(List<Value> before, List<Value> added) {
        return mayBegin(before) || mayBegin(added);
    }

    private boolean mayBegin(List<Value> values) {
        for (Value value : values) {
            int left = value.bytes().length - value.bare();
            boolean begins = left < GramSet.LENGTH || detectors.forms().has(value.bytes(), value.bare());
            if (begins
                    || value.bytes().length >= GramSet.LENGTH
                            && detectors.forms().has(value.bytes(), 0)) {
                return true;
            }
        }
        return false;
    }

    private static boolean changes(ValueForm form, Lane lane) {
        return form == ValueForm.RAW || any(lane.added(), form) || form == ValueForm.BARE && any(lane.before(), form);
    }

    private static boolean any(List<Value> values, ValueForm form) {
        for (Value value : values) {
            if (form.changes(value)) {
                return true;
            }
        }
        return false;
    }

    /** In the order of what numbers them. */
    private void byNumber(ScanContext run, Lane lane, ValueForm form) {
        if (lane.added().stream().noneMatch(value -> value.number() >= 0)) {
            return;
        }
        List<Part> numbered = new ArrayList<>();
        for (Value value : lane.before()) {
            numbered.add(new Part(value, false));
        }
        for (Value value : lane.added()) {
            numbered.add(new Part(value, true));
        }
        numbered.removeIf(part -> part.value.number() < 0);
        int first = numbered.getFirst().value.number();
        if (numbered.stream().allMatch(part -> part.value.number() == first)) {
            return;
        }
        numbered.sort(Comparator.comparingInt(part -> part.value.number()));
        PartRow row = new PartRow(numbered.size());
        numbered.forEach(part -> form.add(row, part.value, part.isNew));
        search(run, row);
    }

    private record Part(Value value, boolean isNew) {}

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

    private void search(ScanContext run, PartRow row) {
        boolean wanted = run.wants(Detector.KNOWN_SECRETS);
        boolean known = wanted && row.mayHold(detectors.known(), false);
        if (known || row.mayBegin(detectors.forms())) {
            search(run, row.joined());
        }
        if (wanted && row.mayHold(detectors.alphanumericKnown(), true)) {
            JoinedValues joined = row.joined().alphanumeric();
            AlphanumericForms.scan(
                    detectors, joined.bytes(), joined.length(), (anchor, at) -> known(run, joined, at, anchor));
        }
    }

    private void search(ScanContext run, JoinedValues joined) {
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

package egress.dlp.builtin;

import egress.dlp.Detector;
import egress.dlp.Redactor;
import egress.dlp.builtin.decode.Decoders;
import egress.dlp.builtin.match.LiteralIndex;
import egress.dlp.builtin.rule.AssignedSecrets;
import egress.dlp.builtin.rule.DetectorIndex;
import egress.dlp.builtin.rule.IndexEntry;
import egress.dlp.builtin.rule.IndexEntry.Anchor;
import egress.dlp.builtin.rule.IndexEntry.Encoded;
import egress.dlp.builtin.rule.IndexEntry.Keyword;
import egress.dlp.builtin.rule.IndexEntry.TellingName;
import egress.dlp.builtin.rule.RuleMatcher;
import egress.dlp.builtin.rule.SecretForm;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/** Calls the rule, secret or decoder whose literal was found. */
final class LiteralDispatch implements LiteralIndex.Hits {
    private static final int LONGEST_REWRITTEN = 512;

    private final DetectorIndex detectors;
    private final ScanContext run;
    private final Segment segment;
    private final RuleMatcher rules;
    private final AssignedSecrets assigned;
    private final @Nullable ScanWindow window;
    private @Nullable SecretForm lastForm;
    private int lastEnd;
    private Decoders.@Nullable Literals decoders;

    LiteralDispatch(DetectorIndex detectors, ScanContext run, Segment segment, @Nullable ScanWindow window) {
        this.detectors = detectors;
        this.run = run;
        this.segment = segment;
        this.rules = new RuleMatcher(run, segment);
        this.assigned = new AssignedSecrets(run, segment);
        this.window = window;
    }

    @Override
    public boolean hit(byte[] b, int at, int literal) {
        if (at >= segment.limit()) {
            return true;
        }
        look(b, at, detectors.target(literal));
        return !run.over();
    }

    // In order of frequency, and not a pattern switch, whose type test costs more than most hits take.
    private void look(byte[] b, int at, IndexEntry target) {
        if (target instanceof TellingName) {
            assigned.named(b, at);
        } else if (target instanceof Keyword keyword) {
            keyword(b, at, keyword);
        } else if (target instanceof Anchor anchor) {
            anchor(b, at, anchor);
        } else if (target instanceof Encoded encoded) {
            encoded(at, encoded);
        }
    }

    private void encoded(int at, Encoded encoded) {
        Decoders.Literals here = decoders;
        if (here == null) {
            here = new Decoders.Literals(run, segment, window);
            decoders = here;
        }
        here.at(at, encoded.decoder(), encoded.literal());
    }

    private void keyword(byte[] b, int at, Keyword keyword) {
        switch (keyword.spelling()) {
            case PLAIN -> rules.at(keyword.rule(), at, keyword.length());
            case REVERSED -> {
                int end = at + keyword.length();
                int start = Math.max(segment.low(), end - LONGEST_REWRITTEN);
                byte[] copy = new byte[end - start];
                for (int i = 0; i < copy.length; i++) {
                    copy[i] = b[end - 1 - i];
                }
                rules.rewritten(keyword.rule(), copy, start, end, true);
            }
            case ROT13 -> {
                int end = Math.min(segment.to(), at + LONGEST_REWRITTEN);
                byte[] copy = new byte[end - at];
                for (int i = 0; i < copy.length; i++) {
                    copy[i] = (byte) DetectorIndex.rot13(b[at + i]);
                }
                rules.rewritten(keyword.rule(), copy, at, end, false);
            }
        }
    }

    private void anchor(byte[] b, int at, Anchor anchor) {
        SecretForm form = anchor.form();
        boolean again = form.equals(lastForm) && (at < lastEnd || !run.options.everyHit());
        if (again || !run.wants(Detector.KNOWN_SECRETS)) {
            return;
        }
        SecretForm.Extent extent = form.extent(b, segment.low(), segment.to(), at, anchor.anchor());
        boolean together = form.counts(extent);
        SecretForm.Extent found = together ? extent : form.apart(b, segment.low(), segment.to(), at, anchor.anchor());
        if (found == null) {
            return;
        }
        lastForm = form;
        lastEnd = found.end();
        boolean verbatim = together
                && form.verbatim()
                && segment.view().verbatim()
                && Redactor.masks(
                        form.bytes(), found.from(), found.to(), segment.view().place(found.start()));
        run.known(segment.view(), found.start(), found.end(), form.secret(), form.part(found), verbatim);
    }
}

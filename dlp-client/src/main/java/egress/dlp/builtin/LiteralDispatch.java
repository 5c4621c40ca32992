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
    private static final int DRESSED = 512;

    private final DetectorIndex detectors;
    private final ScanContext run;
    private final Segment stretch;
    private final RuleMatcher rules;
    private final AssignedSecrets assigned;
    private final @Nullable ScanWindow window;
    private @Nullable SecretForm lastNeedle;
    private int lastEnd;
    private Decoders.@Nullable Literals decoders;

    LiteralDispatch(DetectorIndex detectors, ScanContext run, Segment stretch, @Nullable ScanWindow window) {
        this.detectors = detectors;
        this.run = run;
        this.stretch = stretch;
        this.rules = new RuleMatcher(run, stretch);
        this.assigned = new AssignedSecrets(run, stretch);
        this.window = window;
    }

    @Override
    public boolean hit(byte[] b, int at, int literal) {
        if (at >= stretch.limit()) {
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
            here = new Decoders.Literals(run, stretch, window);
            decoders = here;
        }
        here.at(at, encoded.decoder());
    }

    private void keyword(byte[] b, int at, Keyword keyword) {
        switch (keyword.dress()) {
            case PLAIN -> rules.at(keyword.rule(), at, keyword.length());
            case REVERSED -> {
                int end = at + keyword.length();
                int start = Math.max(stretch.low(), end - DRESSED);
                byte[] copy = new byte[end - start];
                for (int i = 0; i < copy.length; i++) {
                    copy[i] = b[end - 1 - i];
                }
                rules.dressed(keyword.rule(), copy, start, end, true);
            }
            case ROT13 -> {
                int end = Math.min(stretch.to(), at + DRESSED);
                byte[] copy = new byte[end - at];
                for (int i = 0; i < copy.length; i++) {
                    copy[i] = (byte) DetectorIndex.rot13(b[at + i]);
                }
                rules.dressed(keyword.rule(), copy, at, end, false);
            }
        }
    }

    private void anchor(byte[] b, int at, Anchor anchor) {
        SecretForm needle = anchor.needle();
        boolean again = needle.equals(lastNeedle) && (at < lastEnd || !run.options.everyHit());
        if (again || !run.wants(Detector.KNOWN_SECRETS)) {
            return;
        }
        SecretForm.Extent extent = needle.extent(b, stretch.low(), stretch.to(), at, anchor.anchor());
        boolean together = needle.counts(extent);
        SecretForm.Extent found = together ? extent : needle.apart(b, stretch.low(), stretch.to(), at, anchor.anchor());
        if (found == null) {
            return;
        }
        lastNeedle = needle;
        lastEnd = found.end();
        boolean verbatim = together
                && needle.verbatim()
                && stretch.view().verbatim()
                && Redactor.masks(
                        needle.dressed(),
                        found.from(),
                        found.to(),
                        stretch.view().place(found.start()));
        run.known(stretch.view(), found.start(), found.end(), needle.secret(), needle.part(found), verbatim);
    }
}

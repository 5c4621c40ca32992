package egress.dlp.builtin;

import egress.dlp.ScanVerdict.Reason;
import egress.dlp.builtin.decode.Decoders;
import egress.dlp.builtin.join.JsonJoiner;
import egress.dlp.builtin.kind.RunValues;
import egress.dlp.builtin.rule.AlphanumericForms;
import egress.dlp.builtin.rule.DetectorIndex;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import egress.dlp.builtin.scan.SegmentScanner;
import org.jspecify.annotations.Nullable;

/** The passes over one segment: literals first, then decoders, whose output is scanned in turn. */
final class ScanPasses implements SegmentScanner {
    private static final int JOINED_JSON = 32;
    /** The least output of a decoder beyond the greatest depth that proves that there was encoded data. */
    private static final int PROOF = 16;

    private final DetectorIndex detectors;

    ScanPasses(DetectorIndex detectors) {
        this.detectors = detectors;
    }

    @Override
    public void scan(ScanContext run, Segment s, @Nullable ScanWindow window) {
        Provenance view = s.view();
        if (s.to() - s.low() < 3 || run.over() || (view.depth() > 0 && !run.spend(s.to() - s.from()))) {
            return;
        }
        if (view.depth() > ScanContext.MAX_DEPTH && s.to() - s.from() >= PROOF) {
            run.refuse(Reason.BUDGET_SPENT, "too many encodings within encodings");
            return;
        }
        detectors.index().scan(s.b(), s.from(), s.to(), new LiteralDispatch(detectors, run, s, window));
        Decoders.bytes(run, s, window);
        if (view.depth() >= ScanContext.MAX_DEPTH) {
            return;
        }
        if (s.from() == s.low()) {
            inner(run, s);
        }
        RunValues values = RunValues.of(run, s);
        Decoders.segment(run, s, values);
        if (values != null) {
            values.end();
        }
        if (view.isJoined() && view.joined() != Provenance.Joined.LOOSE) {
            AlphanumericForms.scan(detectors, run, s);
        }
    }

    private static void inner(ScanContext run, Segment s) {
        byte first = s.b()[s.from()];
        boolean json = first == '{' || first == '[';
        if (json && s.view().depth() > 0 && !s.view().isJoined() && s.to() - s.from() >= JOINED_JSON) {
            JsonJoiner join = new JsonJoiner(run, s.view());
            join.feed(s.b(), s.from(), s.to());
            join.end();
        }
    }
}

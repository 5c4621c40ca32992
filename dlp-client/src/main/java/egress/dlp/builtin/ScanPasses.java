package egress.dlp.builtin;

import egress.dlp.ScanVerdict.Reason;
import egress.dlp.builtin.decode.BinaryHeads;
import egress.dlp.builtin.decode.Ebcdic;
import egress.dlp.builtin.decode.RunScanner;
import egress.dlp.builtin.join.JsonJoiner;
import egress.dlp.builtin.rule.AlphanumericForms;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/** The passes over one stretch of bytes: literals, then runs with everything that they decode to. */
public final class ScanPasses {
    private static final int JOINED_JSON = 32;
    /** So many bytes out of packed data beyond the depth say that it was packed. */
    private static final int PROOF = 16;

    private ScanPasses() {}

    /** Scans bytes that are all there. */
    public static void whole(ScanContext run, Provenance view, byte[] b, int from, int to) {
        stretch(run, Segment.whole(view, b, from, to), null);
    }

    /** Scans a window's worth; {@code window} takes what goes on beyond it. */
    public static void stretch(ScanContext run, Segment s, @Nullable ScanWindow window) {
        Provenance view = s.view();
        if (s.to() - s.low() < 3 || run.over() || (view.depth() > 0 && !run.spend(s.to() - s.from()))) {
            return;
        }
        if (view.depth() > ScanContext.MAX_DEPTH && s.to() - s.from() >= PROOF) {
            run.refuse(Reason.BUDGET_SPENT, "too many encodings within encodings");
            return;
        }
        run.catalogue.index().scan(s.b(), s.from(), s.to(), new LiteralDispatch(run, s, window));
        if (!view.isJoined() && view.depth() <= ScanContext.MAX_DEPTH) {
            new BinaryHeads(run, s, window).scan();
        }
        if (view.depth() >= ScanContext.MAX_DEPTH) {
            return;
        }
        if (s.from() == s.low()) {
            inner(run, s);
        }
        if (!view.isJoined()) {
            Ebcdic.scan(run, s);
        }
        new RunScanner(run, s).scan();
        if (view.isJoined() && view.joined() != Provenance.Joined.LOOSE) {
            AlphanumericForms.scan(run, s);
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

package egress.dlp.builtin;

import egress.dlp.ScanVerdict.Reason;
import org.jspecify.annotations.Nullable;

/** The passes over one stretch of bytes: literals, then runs with everything that they decode to. */
final class Scan {
    private static final int JOINED_JSON = 32;
    /** So many bytes out of packed data beyond the depth say that it was packed. */
    private static final int PROOF = 16;

    private Scan() {}

    /** Scans bytes that are all there. */
    static void whole(ScanRun run, View view, byte[] b, int from, int to) {
        stretch(run, Stretch.whole(view, b, from, to), null);
    }

    /** Scans a window's worth; {@code window} takes what goes on beyond it. */
    static void stretch(ScanRun run, Stretch s, @Nullable Window window) {
        View view = s.view();
        if (s.to() - s.low() < 3 || run.over() || (view.depth() > 0 && !run.spend(s.to() - s.from()))) {
            return;
        }
        if (view.depth() > ScanRun.MAX_DEPTH && s.to() - s.from() >= PROOF) {
            run.refuse(Reason.BUDGET_SPENT, "too many encodings within encodings");
            return;
        }
        run.catalogue.index().scan(s.b(), s.from(), s.to(), new LiteralHits(run, s, window));
        if (!view.isJoined() && view.depth() <= ScanRun.MAX_DEPTH) {
            new BinaryHeads(run, s, window).scan();
        }
        if (view.depth() >= ScanRun.MAX_DEPTH) {
            return;
        }
        if (s.from() == s.low()) {
            inner(run, s);
        }
        if (!view.isJoined()) {
            Ebcdic.scan(run, s);
        }
        new RunPass(run, s).scan();
        if (view.isJoined() && view.joined() != View.Joined.LOOSE) {
            Skeletons.scan(run, s);
        }
    }

    private static void inner(ScanRun run, Stretch s) {
        byte first = s.b()[s.from()];
        boolean json = first == '{' || first == '[';
        if (json && s.view().depth() > 0 && !s.view().isJoined() && s.to() - s.from() >= JOINED_JSON) {
            JsonJoin join = new JsonJoin(run, s.view());
            join.feed(s.b(), s.from(), s.to());
            join.end();
        }
    }
}

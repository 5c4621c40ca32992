package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.Swar;
import egress.dlp.builtin.scan.Packing;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/**
 * Finds what contains control characters or bytes beyond ASCII: zlib streams (RFC 1950) anywhere, and lines of uuencode.
 */
final class BinaryHeads implements Decoder {
    private final ScanContext run;
    private final Segment s;
    private final @Nullable ScanWindow window;
    private final byte[] b;
    private final Uuencode uuencode;
    private int readTo;
    private int lookedTo;

    BinaryHeads(ScanContext run, Segment s, @Nullable ScanWindow window) {
        this.run = run;
        this.s = s;
        this.window = window;
        this.b = s.b();
        this.lookedTo = s.from();
        this.uuencode = new Uuencode(run, s);
    }

    @Override
    public int decode(int from, int to) {
        if (s.from() == s.low() && s.from() < s.limit()) {
            line(s.from());
        }
        int end = Math.min(s.limit() + 2, to - 1);
        int i = from;
        while (!run.over()) {
            i = Swar.untextual(b, i, end);
            if (i >= end) {
                return to;
            }
            // Two bytes of text before it, one and it, it and one of text: what has more such bytes is met again there.
            look(i - 2);
            look(i - 1);
            look(i);
            if (b[i] == '\n' && i < s.limit()) {
                line(i + 1);
            }
            i++;
        }
        return to;
    }

    private void look(int at) {
        if (at < lookedTo || at >= s.limit() || (b[at] & 0x8f) != 8 || !ZlibHead.mayBegin(b, at, s.to())) {
            return;
        }
        lookedTo = at + 1;
        boolean followed = window != null && window.isFollowed(s, at, Packing.ZLIB);
        // Rows of a picture are met by the name of their chunk.
        if (!followed && !PngRows.begin(b, s.low(), at, s.to())) {
            Inflation.begin(run, s, Packing.ZLIB, at, window);
        }
    }

    private void line(int at) {
        if (at >= readTo && s.view().depth() < ScanContext.MAX_DEPTH) {
            readTo = uuencode.lines(at);
        }
    }
}

package egress.dlp.builtin;

import egress.dlp.builtin.Target.Packing;
import org.jspecify.annotations.Nullable;

/**
 * What control characters and bytes beyond ASCII give away: zlib streams (RFC 1950) anywhere, and lines of uuencode. Two bytes make
 * the beginning of zlib, and text has such pairs too: within it only those count whose second byte is none of a text, or which the
 * usual compressors write.
 */
final class BinaryHeads {
    private final ScanRun run;
    private final Stretch s;
    private final @Nullable Window window;
    private final byte[] b;
    private int readTo;

    BinaryHeads(ScanRun run, Stretch s, @Nullable Window window) {
        this.run = run;
        this.s = s;
        this.window = window;
        this.b = s.b();
    }

    void scan() {
        int limit = Math.min(s.limit(), s.to() - 2);
        if (s.from() == s.low() && s.from() < limit) {
            if (Inflation.isZlib(b, s.from(), s.to())) {
                begin(s.from());
            }
            line(s.from());
        }
        int i = s.from();
        while (i < limit && !run.over()) {
            int second = Swar.untextual(b, i + 1, limit + 1);
            if (second > limit) {
                return;
            }
            i = second - 1;
            if (i > s.low() && Inflation.isZlib(b, i, s.to()) && isLikely(i)) {
                begin(i);
            }
            if (b[second] == '\n') {
                line(second + 1);
            }
            i++;
        }
    }

    // Line breaks and tabs stand behind a letter in any text.
    private boolean isLikely(int at) {
        byte second = b[at + 1];
        return second != '\n' && second != '\r' && second != '\t' && isBlock(at + 2);
    }

    // RFC 1951, section 3.2.3 and 3.2.4: there are three kinds of blocks, and a stored one tells its length twice.
    private boolean isBlock(int at) {
        int kind = b[at] >> 1 & 3;
        if (kind == 3) {
            return false;
        }
        return kind != 0 || at + 4 >= s.to() || (b[at + 1] == ~b[at + 3] && b[at + 2] == ~b[at + 4]);
    }

    private void begin(int at) {
        if (window == null || !window.isFollowed(s, at, Packing.ZLIB)) {
            Inflation.begin(run, s, Packing.ZLIB, at, window);
        }
    }

    private void line(int at) {
        if (at >= readTo && s.view().depth() < ScanRun.MAX_DEPTH) {
            readTo = Uuencode.lines(run, s, at);
        }
    }
}

package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.Swar;
import egress.dlp.builtin.scan.Packing;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds what contains control characters or bytes beyond ASCII: zlib streams (RFC 1950) with the usual window anywhere, and lines of
 * uuencode.
 */
final class BinaryHeads implements Decoder {
    /** A window of 32 KiB. The pairs of other sizes are common in machine code, so they count only at the beginning of the bytes. */
    private static final byte USUAL = 0x78;

    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final byte[] PIXELS = {'I', 'D', 'A', 'T'};
    /** The longest head of a picture before its rows, in bytes. */
    private static final int LONGEST_HEAD = 8 * 1024;

    private final ScanContext run;
    private final Segment s;
    private final @Nullable ScanWindow window;
    private final byte[] b;
    private final Uuencode uuencode;
    private int readTo;

    BinaryHeads(ScanContext run, Segment s, @Nullable ScanWindow window) {
        this.run = run;
        this.s = s;
        this.window = window;
        this.b = s.b();
        this.uuencode = new Uuencode(run, s);
    }

    @Override
    public int decode(int from, int to) {
        int limit = Math.min(s.limit(), to - 2);
        if (s.from() == s.low() && s.from() < limit) {
            if (Inflation.isZlib(b, s.from(), s.to())) {
                begin(s.from());
            }
            line(s.from());
        }
        int i = from;
        while (i < limit && !run.over()) {
            int second = Swar.untextual(b, i + 1, limit + 1);
            if (second > limit) {
                return to;
            }
            i = second - 1;
            if (i > s.low() && b[i] == USUAL && Inflation.isZlib(b, i, s.to()) && isBlock(i + 2)) {
                begin(i);
            }
            if (b[second] == '\n') {
                line(second + 1);
            }
            i++;
        }
        return to;
    }

    // RFC 1951, section 3.2.3 and 3.2.4: there are three kinds of blocks, and a stored one tells its length twice.
    private boolean isBlock(int at) {
        int kind = b[at] >> 1 & 3;
        if (kind == 3) {
            return false;
        }
        return kind != 0 || at + 4 >= s.to() || (b[at + 1] == ~b[at + 3] && b[at + 2] == ~b[at + 4]);
    }

    /**
     * Whether the rows of a PNG begin there (RFC 2083, section 4.1.3), behind its signature and not only behind four letters. They
     * inflate to much, and what the picture shows is not scanned.
     */
    private boolean isPixels(int at) {
        return startsWith(PIXELS, at - PIXELS.length) && holdsSignature(at - PIXELS.length);
    }

    private boolean holdsSignature(int to) {
        for (int i = to - PNG.length; i >= Math.max(s.low(), to - LONGEST_HEAD); i--) {
            if (startsWith(PNG, i)) {
                return true;
            }
        }
        return false;
    }

    private boolean startsWith(byte[] literal, int at) {
        return at >= s.low() && Arrays.equals(b, at, at + literal.length, literal, 0, literal.length);
    }

    private void begin(int at) {
        if (window != null && window.isFollowed(s, at, Packing.ZLIB)) {
            return;
        }
        if (isPixels(at)) {
            Inflation.beginPixels(run, s, at, window);
        } else {
            Inflation.begin(run, s, Packing.ZLIB, at, window);
        }
    }

    private void line(int at) {
        if (at >= readTo && s.view().depth() < ScanContext.MAX_DEPTH) {
            readTo = uuencode.lines(at);
        }
    }
}

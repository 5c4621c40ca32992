package egress.dlp.builtin;

import egress.dlp.builtin.Target.Packing;
import org.jspecify.annotations.Nullable;

/**
 * zlib streams (RFC 1950) anywhere in bytes. Two bytes say so, and text has such pairs too: within it only those count whose second
 * byte is none of a text, or which the usual compressors write.
 */
final class ZlibHeads {
    private ZlibHeads() {}

    static void scan(ScanRun run, Stretch s, @Nullable Window window) {
        byte[] b = s.b();
        int limit = Math.min(s.limit(), s.to() - 2);
        if (s.from() == s.low() && s.from() < limit && Inflation.isZlib(b, s.from(), s.to())) {
            begin(run, s, s.from(), window);
        }
        int i = s.from();
        while (i < limit && !run.over()) {
            int second = Swar.untextual(b, i + 1, limit + 1);
            if (second > limit) {
                return;
            }
            i = second - 1;
            if (i > s.low() && Inflation.isZlib(b, i, s.to()) && isLikely(b, i)) {
                begin(run, s, i, window);
            }
            i++;
        }
    }

    // Line breaks and tabs stand behind a letter in any text.
    private static boolean isLikely(byte[] b, int at) {
        byte second = b[at + 1];
        return second != '\n' && second != '\r' && second != '\t' && isBlock(b, at + 2);
    }

    // RFC 1951, section 3.2.3 and 3.2.4: there are three kinds of blocks, and a stored one tells its length twice.
    private static boolean isBlock(byte[] b, int at) {
        int kind = b[at] >> 1 & 3;
        if (kind == 3) {
            return false;
        }
        return kind != 0 || at + 4 >= b.length || (b[at + 1] == ~b[at + 3] && b[at + 2] == ~b[at + 4]);
    }

    private static void begin(ScanRun run, Stretch s, int at, @Nullable Window window) {
        if (window == null || !window.isFollowed(s, at, Packing.ZLIB)) {
            Inflation.begin(run, s, Packing.ZLIB, at, window);
        }
    }
}

package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.Packing;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells which places of a base64 or hex run are new: those at an alignment that was not decoded yet. */
final class CompressedHeaderRuns {
    private final Segment s;
    private final Packing packing;
    private final @Nullable ScanWindow window;
    private final int step;
    private final Set<Long> begun = new HashSet<>(4);
    /** Digits from {@code from} to the end of its run. */
    private int digits;

    private int from = -1;
    private int end;

    CompressedHeaderRuns(Segment s, Packing packing, @Nullable ScanWindow window) {
        this.s = s;
        this.packing = packing;
        this.window = window;
        this.step = packing == Packing.HEX ? 2 : 4;
    }

    /** Whether no earlier call named a place at the alignment of {@code at}; calls are in ascending order. */
    boolean isNew(int at) {
        if (from < 0 || at < from || at >= end) {
            end = walk(at, s.to());
        } else {
            int whole = digits;
            walk(from, at);
            digits = whole - digits;
        }
        from = at;
        if (!begun.add((long) end * step + digits % step)) {
            return false;
        }
        return window == null || end < s.to() || !window.decodesInStep(packing, digits, step);
    }

    /** Counts the digits; returns where they end. */
    private int walk(int start, int to) {
        byte[] b = s.b();
        boolean lineStart = false;
        digits = 0;
        int i = start;
        while (i < to) {
            int skip = CompressedHeader.separator(b, i, to, lineStart);
            if (skip > 0) {
                lineStart |= CompressedHeader.isLineBreak(b, i, skip);
                i += skip;
                continue;
            }
            lineStart = false;
            if ((packing == Packing.HEX ? CharTables.hex(b[i]) : CharTables.base64(b[i])) < 0) {
                return i;
            }
            digits++;
            i++;
        }
        return to;
    }
}

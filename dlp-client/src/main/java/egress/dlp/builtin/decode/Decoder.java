package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/** Reads one notation within one segment, and hands what it makes of it to a further scan. {@link Decoders} says where each looks. */
interface Decoder {
    /**
     * Reads what stands in {@code [from, to)}: what begins at a literal, a run of characters, or the segment.
     *
     * @return where reading ended; a literal of a text before that is not looked at again
     */
    int decode(int from, int to);

    /** As {@link #decode(int, int)}, where it matters which of its literals stands at {@code from}. */
    default int decode(int literal, int from, int to) {
        return decode(from, to);
    }

    /** Makes the decoder of one segment. */
    @FunctionalInterface
    interface Factory {
        /** @param window as of {@link egress.dlp.builtin.scan.SegmentScanner#scan} */
        Decoder of(ScanContext run, Segment s, @Nullable ScanWindow window);
    }
}

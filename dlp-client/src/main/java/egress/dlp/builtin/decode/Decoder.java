package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/** Decodes one notation within one segment and has the result scanned. {@link Decoders} says when each is called. */
interface Decoder {
    /**
     * Decodes {@code [from, to)}: from a literal on, a run of characters, or the whole segment.
     *
     * @return where decoding ended; literals of text notations before that are skipped
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

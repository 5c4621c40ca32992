package egress.dlp.builtin.scan;

import org.jspecify.annotations.Nullable;

/** Scans a segment for everything; decoders call it with their output, through {@link ScanWindow} or {@link ScanContext#scan}. */
@FunctionalInterface
public interface SegmentScanner {
    /** @param window that the segment is from, for data that continues beyond it; null when all bytes are there */
    void scan(ScanContext run, Segment s, @Nullable ScanWindow window);
}

package egress.dlp.builtin.scan;

import org.jspecify.annotations.Nullable;

/** Looks for everything in a segment; decoders call it, through {@link ScanWindow} or {@link ScanContext#scan}, with what they made. */
@FunctionalInterface
public interface SegmentScanner {
    /** @param window that the segment is a part of, which continues what goes on behind it; null where all bytes are there */
    void scan(ScanContext run, Segment s, @Nullable ScanWindow window);
}

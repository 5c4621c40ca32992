package egress.dlp.builtin.kind;

import egress.dlp.Detector;
import egress.dlp.Profile.Likeness;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;

/** What one group finds in one segment. */
record Hits(ScanContext run, Segment s, Detector group) {

    /** {@code value} is what stands in {@code [start, end)}, without what may vary. */
    void add(String name, Likeness likeness, int start, int end, byte[] value) {
        run.report(name, group, likeness, s.view(), start, end, value, s.view().verbatim());
    }
}

package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.Swar;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;

/** Runs with a delimiter at regular distances, such as {@code a-b-c-d} or {@code abcd_efgh_ijkl}, scanned without it. */
final class DelimitedRuns implements Decoder {
    private static final int WIDEST = 9;
    private static final int LONGEST = 4096;
    private static final int MANY = 4;
    private static final int FEW_DIGITS = 3;
    private static final int LONGEST_SCATTERED = 512;

    private final ScanContext run;
    private final Segment s;
    private final byte[] b;

    DelimitedRuns(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
        this.b = s.b();
    }

    @Override
    public int decode(int start, int end) {
        int i = Swar.mark(b, start + 1, end);
        boolean stepped = false;
        int hyphens = 0;
        while (i + 4 < end) {
            byte mark = b[i];
            int distance = Swar.among(b, i + 2, mark) ? distance(i, end, mark) : 0;
            int next = distance > 0 ? read(i, end, mark, distance) : i + 1;
            stepped |= distance > 0;
            hyphens += mark == '-' ? 1 : 0;
            i = Swar.mark(b, next, end);
        }
        if (!stepped && hyphens >= MANY && !s.view().isJoined()) {
            hyphens(start, end);
        }
        return end;
    }

    // Hyphens at irregular distances in a run with digits, more of them than names have.
    private void hyphens(int start, int end) {
        int digits = 0;
        for (int i = start; i < end; i++) {
            digits += b[i] >= '0' && b[i] <= '9' ? 1 : 0;
        }
        if (digits < FEW_DIGITS || end - start > LONGEST_SCATTERED) {
            return;
        }
        ScanWindow out = new ScanWindow(run, s.view().pieces(start, end));
        for (int i = start; i < end; i++) {
            if (b[i] != '-') {
                out.put(b[i]);
            }
        }
        out.end(end, s);
    }

    // The distance of three delimiters from i on, four when it is short or they are slashes; 0 when there are none.
    private int distance(int i, int end, byte mark) {
        for (int d = 2; d <= WIDEST && i + 2 * d < end; d++) {
            boolean three = b[i + d] == mark && b[i + 2 * d] == mark;
            boolean four = i + 3 * d < end && b[i + 3 * d] == mark;
            if (three && (four || (d >= 4 && mark != '/')) && (b[i + 1] != mark || b[i + d + 1] != mark)) {
                return d;
            }
        }
        return 0;
    }

    // Goes on beyond the run, over a dot for instance, as long as the delimiters keep their distance.
    private int read(int first, int runEnd, byte mark, int distance) {
        int last = first;
        while (last + distance < s.to() && b[last + distance] == mark && last - first < LONGEST) {
            last += distance;
        }
        int begin = first;
        while (begin - distance >= s.low() && b[begin - distance] == mark && first - begin < LONGEST) {
            begin -= distance;
        }
        int from = Math.max(s.low(), begin - distance + 1);
        int to = Math.min(s.to(), last + distance);
        ScanWindow out = new ScanWindow(run, s.view().pieces(from, to));
        for (int i = from; i < to; i++) {
            if (i < begin || i > last || (i - begin) % distance != 0) {
                out.put(b[i]);
            }
        }
        out.end();
        return Math.max(first + 1, Math.min(runEnd, last + 1));
    }
}

package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.Packing;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Compressed data that begins with a literal, as it is or in base64 or hex. */
final class CompressedData implements Decoder {
    /** So many bytes of what is in base64 or hex show whether it is zlib. */
    private static final int HEAD = 384;

    private static final int BEGINNING = 48;

    private final Packing packing;
    private final List<Mark> marks;
    private final ScanContext run;
    private final Segment s;
    private final @Nullable ScanWindow window;
    private final @Nullable CompressedHeaderRuns runs;

    CompressedData(Packing packing, List<Mark> marks, ScanContext run, Segment s, @Nullable ScanWindow window) {
        this.packing = packing;
        this.marks = marks;
        this.run = run;
        this.s = s;
        this.window = window;
        boolean digits = packing == Packing.BASE64 || packing == Packing.HEX;
        this.runs = digits ? new CompressedHeaderRuns(s, packing, window) : null;
    }

    /**
     * The first bytes of compressed data.
     *
     * @param back of base64 and hex: how many digits before them what is to be decoded begins
     * @param zlib of base64 and hex: so many bytes behind that beginning a zlib header stands, which is to be proven; -1 for others
     */
    record Mark(String text, int back, int zlib) {
        static List<Mark> plain(String... texts) {
            return Stream.of(texts).map(text -> new Mark(text, 0, -1)).toList();
        }
    }

    @Override
    public int decode(int from, int to) {
        throw new IllegalStateException("which of its marks? (expected: a literal's number)");
    }

    @Override
    public int decode(int literal, int from, int to) {
        if (window != null && window.isFollowed(s, from, packing)) {
            return from;
        }
        switch (packing) {
            case BASE64, HEX -> digits(marks.get(literal), from);
            case ZLIB -> {
                // What words and groups are joined to is letters and digits, among which short marks are common.
                if (!s.view().isJoined() && ZlibHead.inflates(run, s.b(), from, s.to(), window == null)) {
                    Inflation.begin(run, s, packing, from, window);
                }
            }
            case PNG -> {
                if (PngRows.begin(s.b(), s.low(), from + 4, s.to())) {
                    Inflation.begin(run, s, packing, from + 4, window);
                }
            }
            case GZIP, ZIP, ZSTD, PDF -> Inflation.begin(run, s, packing, from, window);
        }
        return from;
    }

    private void digits(Mark mark, int at) {
        boolean base64 = packing == Packing.BASE64;
        int start = CompressedHeader.back(s, at, mark.back(), base64);
        if (start < 0 || (mark.zlib() >= 0 && !isZlib(start, mark.zlib(), base64))) {
            return;
        }
        // What is in step with a place that is decoded already is found within that.
        if (runs != null && runs.isNew(start)) {
            Inflation.begin(run, s, packing, start, window);
        }
    }

    private boolean isZlib(int start, int header, boolean base64) {
        byte[] head = run.scratch().lend(HEAD);
        int n = CompressedHeader.head(s, start, base64, head, BEGINNING);
        // Most marks stand there by chance, which some tens of bytes show.
        boolean mayBe = ZlibHead.mayBegin(head, header, n < 0 ? ~n : n);
        if (mayBe && n == BEGINNING) {
            n = CompressedHeader.head(s, start, base64, head, HEAD);
        }
        boolean proven = mayBe && ZlibHead.inflates(run, head, header, n < 0 ? ~n : n, n < 0 || window == null);
        run.scratch().back(head);
        return proven;
    }
}

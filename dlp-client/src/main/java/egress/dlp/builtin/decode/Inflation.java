package egress.dlp.builtin.decode;

import egress.dlp.ScanVerdict.Reason;
import egress.dlp.builtin.decode.Deflated.Container;
import egress.dlp.builtin.scan.Continuation;
import egress.dlp.builtin.scan.Packing;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import org.jspecify.annotations.Nullable;

/**
 * Compressed data within other data, decompressed and scanned incrementally, whatever its length. Data that turns out not to be
 * compressed ends at the first error, since its bytes were scanned as they are; too many streams at once refuse the scan.
 */
final class Inflation implements Continuation {
    /** The price of starting one, in scanned bytes. */
    static final int COST = 2048;

    private static final int ZSTD_COST = 8 * COST;
    /** The most streams that may overlap; only a crafted body has more. */
    private static final int MOST_OPEN = 16;

    private final Unpacker unpacker;
    private final ScanWindow out;
    private long taken;
    private boolean done;

    private Inflation(ScanContext run, Provenance view, Unpacker unpacker) {
        this.unpacker = unpacker;
        this.out = new ScanWindow(run, view);
    }

    /** Packed data seems to begin at {@code at}. */
    static void begin(ScanContext run, Segment s, Packing packing, int at, @Nullable ScanWindow window) {
        if (!run.spend(packing == Packing.ZSTD ? ZSTD_COST : COST)) {
            return;
        }
        Provenance inner = s.view().decoded(at, s.to());
        switch (packing) {
            case GZIP -> follow(run, s, inner, new Deflated(run, Container.GZIP), at, window);
            case ZIP -> follow(run, s, inner, new Deflated(run, Container.ZIP), at, window);
            case ZLIB -> follow(run, s, inner, new Deflated(run, Container.ZLIB), at, window);
            case PDF -> {
                int data = s.b()[at + 6] == '\r' ? at + 8 : at + 7;
                if (ZlibHead.mayBegin(s.b(), data, s.to())) {
                    follow(run, s, inner, new Deflated(run, Container.ZLIB), data, window);
                }
            }
            case PNG -> rows(run, s, inner, at, window);
            case ZSTD -> follow(run, s, inner, new ZstdUnpacker(run), at, window);
            // The compressed data inside is found when the decoded bytes are scanned.
            case BASE64 -> follow(run, s, s.view().unarmoured(at, s.to()), CompressedHeader.base64(run), at, window);
            case HEX -> follow(run, s, s.view().unarmoured(at, s.to()), CompressedHeader.hex(run), at, window);
        }
    }

    /**
     * The rows of a picture seem to begin at {@code at}. They are read over the borders of its chunks; and, behind the first chunk's
     * end, also as what they may be instead: a stream that goes straight on.
     */
    private static void rows(ScanContext run, Segment s, Provenance inner, int at, @Nullable ScanWindow window) {
        long length = PngRows.lengthBefore(s.b(), at);
        follow(run, s, inner, new PngRows(run, length), at, window);
        follow(run, s, inner, new Deflated(run, Container.ZLIB, length), at, window);
    }

    private static void follow(
            ScanContext run, Segment s, Provenance view, Unpacker unpacker, int at, @Nullable ScanWindow window) {
        Inflation inflation = new Inflation(run, view, unpacker);
        if (!inflation.feed(s.b(), at, s.to()) || window == null) {
            inflation.end();
        } else if (window.attached() < MOST_OPEN) {
            window.attach(inflation);
        } else {
            inflation.end();
            run.refuse(Reason.BUDGET_SPENT, "too many compressed streams over each other");
        }
    }

    @Override
    public boolean isInStep(Packing packing, int digits, int step) {
        return unpacker instanceof CompressedHeader digitsDecoder && digitsDecoder.isInStep(packing, digits, step);
    }

    @Override
    public void takenTo(long position) {
        taken = position;
    }

    @Override
    public boolean feedTo(long base, byte[] b, int to) {
        int from = (int) Math.max(0, taken - base);
        taken = base + to;
        if (from < to && !feed(b, from, to)) {
            end();
            return false;
        }
        return true;
    }

    private boolean feed(byte[] b, int from, int to) {
        return unpacker.feed(b, from, to, out);
    }

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public void end() {
        if (!done) {
            done = true;
            out.end();
            unpacker.end();
        }
    }
}

package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.BufferPool;
import egress.dlp.builtin.scan.Packing;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;

/** Decodes base64 or hex incrementally, skipping line breaks and the quote marks of lines. */
final class CompressedHeader implements Unpacker {
    private static final int PIECE = 2048;

    private final BufferPool scratch;
    private final boolean base64;
    private final byte[] bytes;
    private int filled;
    private int bits;
    private int count;
    private boolean lineStart;
    private long digits;

    private CompressedHeader(ScanContext run, boolean base64) {
        this.scratch = run.scratch();
        this.base64 = base64;
        this.bytes = scratch.lend(PIECE);
    }

    static CompressedHeader base64(ScanContext run) {
        return new CompressedHeader(run, true);
    }

    static CompressedHeader hex(ScanContext run) {
        return new CompressedHeader(run, false);
    }

    @Override
    public boolean feed(byte[] b, int from, int to, ScanWindow out) {
        int i = from;
        while (i < to) {
            int skip = separator(b, i, to, lineStart);
            if (skip > 0) {
                lineStart |= isLineBreak(b, i, skip);
                i += skip;
                continue;
            }
            lineStart = false;
            int d = base64 ? CharTables.base64(b[i]) : CharTables.hex(b[i]);
            if (d < 0) {
                flush(out);
                return false;
            }
            digit(d, out);
            i++;
        }
        flush(out);
        return true;
    }

    private void digit(int d, ScanWindow out) {
        int width = base64 ? 6 : 4;
        digits++;
        bits = bits << width | d;
        count += width;
        if (count >= 8) {
            count -= 8;
            bytes[filled++] = (byte) (bits >> count);
            if (filled == PIECE) {
                flush(out);
            }
        }
    }

    private void flush(ScanWindow out) {
        out.put(bytes, 0, filled);
        filled = 0;
    }

    /**
     * Where what is that many digits before {@code at} stands, or so many quads or pairs of them less as the run is shorter; -1 where
     * it has not even what is over.
     */
    static int back(Segment s, int at, int digits, boolean base64) {
        byte[] b = s.b();
        int step = base64 ? 4 : 2;
        int start = digits % step == 0 ? at : -1;
        int found = 0;
        for (int i = at - 1; i >= s.low() && found < digits; i--) {
            byte c = b[i];
            if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
                continue;
            }
            if ((base64 ? CharTables.base64(c) : CharTables.hex(c)) < 0) {
                return start;
            }
            found++;
            start = (digits - found) % step == 0 ? i : start;
        }
        return start;
    }

    /**
     * Decodes what stands at {@code from}, up to {@code count} bytes of it.
     *
     * @return how many there are, as their complement where the digits end with them
     */
    static int head(Segment s, int from, boolean base64, byte[] into, int count) {
        byte[] b = s.b();
        int width = base64 ? 6 : 4;
        int bits = 0;
        int held = 0;
        int n = 0;
        boolean lineStart = false;
        for (int i = from; i < s.to() && n < count; ) {
            int skip = separator(b, i, s.to(), lineStart);
            if (skip > 0) {
                lineStart |= isLineBreak(b, i, skip);
                i += skip;
                continue;
            }
            lineStart = false;
            int d = base64 ? CharTables.base64(b[i]) : CharTables.hex(b[i]);
            if (d < 0) {
                return ~n;
            }
            bits = bits << width | d;
            held += width;
            if (held >= 8) {
                held -= 8;
                into[n++] = (byte) (bits >> held);
            }
            i++;
        }
        return n;
    }

    /** The length of the separator at {@code i}; 0 when there is none. */
    static int separator(byte[] b, int i, int to, boolean lineStart) {
        byte c = b[i];
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
            return 1;
        }
        if (lineStart && (c == '>' || c == '#' || c == '*' || c == '|')) {
            return 1;
        }
        if (c != '\\' || i + 1 >= to) {
            return 0;
        }
        byte next = b[i + 1];
        if (next == 'n' || next == 'r') {
            return 2;
        }
        return next == '/' || next == '\\' || next == '\n' || next == '\r' ? 1 : 0;
    }

    /** Whether a separator of that length is a line break, real or escaped. */
    static boolean isLineBreak(byte[] b, int i, int length) {
        return length == 2 || b[i] == '\n' || b[i] == '\r';
    }

    /** Whether digits of which {@code left} are still unread begin at an alignment that this decodes. */
    boolean isInStep(Packing packing, int left, int step) {
        return base64 == (packing == Packing.BASE64) && (digits - left) % step == 0;
    }

    @Override
    public void end() {
        scratch.back(bytes);
    }
}

package egress.dlp.builtin;

import egress.dlp.builtin.Target.Packing;

/** Bytes out of the base64 or hex that they are written in, lines and their marks left out. */
final class Armour implements Unpacker {
    private static final int PIECE = 2048;

    private final Scratch scratch;
    private final boolean base64;
    private final byte[] bytes;
    private int filled;
    private int bits;
    private int count;
    private boolean lineStart;
    private long digits;

    private Armour(ScanRun run, boolean base64) {
        this.scratch = run.scratch();
        this.base64 = base64;
        this.bytes = scratch.lend(PIECE);
    }

    static Armour base64(ScanRun run) {
        return new Armour(run, true);
    }

    static Armour hex(ScanRun run) {
        return new Armour(run, false);
    }

    @Override
    public boolean feed(byte[] b, int from, int to, Window out) {
        int i = from;
        while (i < to) {
            int skip = separator(b, i, to, lineStart);
            if (skip > 0) {
                lineStart |= isLineBreak(b, i, skip);
                i += skip;
                continue;
            }
            lineStart = false;
            int d = base64 ? Codes.base64(b[i]) : Codes.hex(b[i]);
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

    private void digit(int d, Window out) {
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

    private void flush(Window out) {
        out.put(bytes, 0, filled);
        filled = 0;
    }

    /**
     * Where what is that many digits before {@code at} stands, or so many quads or pairs of them less as the run is shorter; -1 where
     * it has not even what is over.
     */
    static int back(Stretch s, int at, int digits, boolean base64) {
        byte[] b = s.b();
        int step = base64 ? 4 : 2;
        int start = digits % step == 0 ? at : -1;
        int found = 0;
        for (int i = at - 1; i >= s.low() && found < digits; i--) {
            byte c = b[i];
            if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
                continue;
            }
            if ((base64 ? Codes.base64(c) : Codes.hex(c)) < 0) {
                return start;
            }
            found++;
            start = (digits - found) % step == 0 ? i : start;
        }
        return start;
    }

    /** Decodes what stands at {@code from}, up to {@code count} bytes of it; returns how many there are. */
    static int head(Stretch s, int from, boolean base64, byte[] into, int count) {
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
            int d = base64 ? Codes.base64(b[i]) : Codes.hex(b[i]);
            if (d < 0) {
                return n;
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

    /** How long what stands at {@code i} between digits is; 0 where it is none of that. */
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

    /** Whether it is in step with digits of which that many are yet to come where it has read to. */
    boolean isInStep(Packing packing, int left, int step) {
        return base64 == (packing == Packing.BASE64) && (digits - left) % step == 0;
    }

    @Override
    public void end() {
        scratch.back(bytes);
    }
}

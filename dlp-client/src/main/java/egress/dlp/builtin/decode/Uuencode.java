package egress.dlp.builtin.decode;

import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import java.util.List;
import java.util.stream.IntStream;

/** Lines of uuencode: each says its length in its first character, and four characters make three bytes. */
final class Uuencode implements Decoder {
    /** The header up to the first digit of the file mode. */
    static final List<String> HEADERS = IntStream.rangeClosed('0', '7')
            .mapToObj(mode -> "begin " + (char) mode)
            .toList();

    private static final int LONGEST = 45;
    private static final int LONGEST_HEADER = 256;
    /** What a line without a header before it must hold to be looked at. */
    private static final int LEAST = 8;

    private final ScanContext run;
    private final Segment s;
    private final byte[] b;
    private final int to;
    private int at;

    Uuencode(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
        this.b = s.b();
        this.to = s.to();
    }

    /** Reads what follows the header at {@code from}, and returns where it ends. */
    @Override
    public int decode(int from, int end) {
        at = from;
        int c = next();
        while (c >= 0 && c != '\n' && at - from < LONGEST_HEADER) {
            c = next();
        }
        return c == '\n' ? read(at, 1) : from + 1;
    }

    /** Reads lines from {@code from} on when there are any, and returns where they end. */
    int lines(int from) {
        return from < to && isLength(b[from]) ? read(from, LEAST) : from;
    }

    private static boolean isLength(byte c) {
        return c > ' ' && c <= '`';
    }

    private int read(int start, int least) {
        byte[] line = run.scratch().lend(LONGEST + 2);
        try {
            return read(start, least, line);
        } finally {
            run.scratch().back(line);
        }
    }

    private int read(int start, int least, byte[] line) {
        at = start;
        int n = line(line);
        if (n < least) {
            return start;
        }
        ScanWindow out = new ScanWindow(run, s.view().decoded(start, to));
        int end = at;
        for (; n > 0; n = line(line)) {
            out.put(line, 0, n);
            end = at;
        }
        out.end(end, s);
        return end;
    }

    /** The next line's bytes; how many, or -1 when it is no such line. */
    private int line(byte[] into) {
        if (at >= to || !isLength(b[at])) {
            return -1;
        }
        int length = value(next());
        if (length > LONGEST || to - at < length) {
            return -1;
        }
        int n = 0;
        while (n < length) {
            int bits = 0;
            for (int i = 0; i < 4; i++) {
                int c = next();
                if (c < ' ' || c > '`') {
                    return -1;
                }
                bits = bits << 6 | value(c);
            }
            into[n++] = (byte) (bits >> 16);
            into[n++] = (byte) (bits >> 8);
            into[n++] = (byte) bits;
            if (n > LONGEST - 1 && n < length) {
                return -1;
            }
        }
        return endsLine() ? length : -1;
    }

    // A check character may follow, and the end of a string.
    private boolean endsLine() {
        int here = at;
        int c = next();
        if (c >= ' ' && c <= '`' && c != '"') {
            c = next();
        }
        if (c == '"' || c < 0) {
            at = c == '"' ? here : at;
            return true;
        }
        return c == '\n';
    }

    private static int value(int c) {
        return c - ' ' & 63;
    }

    /** The next character out of a JSON string's escapes, any line break as one; -1 at the end. */
    private int next() {
        int c = '\r';
        while (c == '\r') {
            if (at >= to) {
                return -1;
            }
            c = b[at++] & 0xff;
            if (c == '\\' && at < to && "\"\\/nr".indexOf(b[at]) >= 0) {
                c = b[at++];
                c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
            }
        }
        return c;
    }
}

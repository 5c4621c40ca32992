package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;
import java.util.List;

/** The output of hex dump programs: lines of an offset, bytes in hex, and often the same bytes as text. */
final class HexDump implements Decoder {
    /** The offset of the second line, as dump programs print it. */
    static final List<String> SECOND_OFFSETS = List.of("00000010", "0000020 ");

    private static final int MOST_LINES = 4096;
    private static final int PER_LINE = 16;
    private static final int OFFSET = 7;

    private final ScanContext run;
    private final Segment s;

    HexDump(ScanContext run, Segment s) {
        this.run = run;
        this.s = s;
    }

    /** Reads the dump whose second line begins with an offset at {@code at}; returns where it ended. */
    @Override
    public int decode(int at, int to) {
        byte[] b = s.b();
        int first = at;
        for (int back = 24; back < 100 && at - back >= s.low(); back++) {
            if (isZero(b, at - back) && isLineStart(b, at - back, s.low())) {
                first = at - back;
                break;
            }
        }
        if (first == at || !isLineStart(b, at, s.low())) {
            return at + 1;
        }
        ScanWindow out = new ScanWindow(run, s.view().decoded(first, at));
        int i = first;
        for (int line = 0; line < MOST_LINES && i < to; line++) {
            int next = line(b, i, to, out);
            if (next < 0) {
                break;
            }
            i = next;
        }
        out.end(i, s);
        return Math.max(i, at + 1);
    }

    // Puts one line's bytes and returns where the next begins; -1 when it is no line of a dump.
    private static int line(byte[] b, int from, int to, ScanWindow out) {
        int i = from;
        while (i < to && CharTables.hex(b[i]) >= 0) {
            i++;
        }
        if (i - from < OFFSET || i - from > OFFSET + 1) {
            return -1;
        }
        i += i < to && b[i] == ':' ? 1 : 0;
        int count = 0;
        while (i < to && count < PER_LINE) {
            int blanks = i;
            while (i < to && b[i] == ' ') {
                i++;
            }
            // Two blanks separate the halves of a line; more, or a second pair, separate the bytes from the text.
            boolean half = count == PER_LINE / 2 && i - blanks == 2;
            boolean pair = i + 1 < to && CharTables.hex(b[i]) >= 0 && CharTables.hex(b[i + 1]) >= 0;
            if (!pair || (i - blanks > 1 && !half && count > 0)) {
                break;
            }
            out.put(CharTables.hex(b[i]) << 4 | CharTables.hex(b[i + 1]));
            count++;
            i += 2;
        }
        return nextLine(b, i, to);
    }

    private static int nextLine(byte[] b, int from, int to) {
        for (int i = from; i < to && i - from < 64; i++) {
            if (b[i] == '\n') {
                return i + 1;
            }
            if (b[i] == '\\' && i + 1 < to && b[i + 1] == 'n') {
                return i + 2;
            }
        }
        return -1;
    }

    private static boolean isLineStart(byte[] b, int at, int low) {
        return at == low
                || b[at - 1] == '\n'
                || b[at - 1] < '0' && b[at - 1] >= 0
                || (at - 2 >= low && b[at - 1] == 'n' && b[at - 2] == '\\');
    }

    private static boolean isZero(byte[] b, int at) {
        for (int i = at; i < at + OFFSET; i++) {
            if (b[i] != '0') {
                return false;
            }
        }
        return true;
    }
}

package egress.dlp.builtin.decode;

import egress.dlp.builtin.match.CharTables;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.builtin.scan.Segment;

/** Short runs at regular distances: separated characters, or hex, octal, binary or decimal character codes. */
final class SpacedCodes {
    private SpacedCodes() {}

    static void decode(ScanContext run, Segment s, int start, int end) {
        Provenance view = s.view().pieces(start, end);
        if (!codes(run, s, s.view().decoded(start, end), start, end)) {
            squeeze(s.b(), start, end, new ScanWindow(run, view));
        }
    }

    private static void squeeze(byte[] b, int start, int end, ScanWindow out) {
        int gap = 0;
        int last = start;
        for (int[] piece = {start, start}; next(b, piece, end); last = piece[1]) {
            int here = piece[0] - last;
            gap = gap == 0 ? here : gap;
            if (gap > 0 && here == 2 * gap + 1) {
                out.put(b[last + gap]);
            }
            out.put(b, piece[0], piece[1]);
        }
        out.end();
    }

    private static boolean codes(ScanContext run, Segment s, Provenance view, int start, int end) {
        boolean any = false;
        for (int radix : new int[] {16, 10, 8, 2}) {
            ScanWindow out = new ScanWindow(run, view);
            int count = 0;
            boolean fits = true;
            for (int[] piece = {start, start}; fits && next(s.b(), piece, end); ) {
                int code = code(s.b(), piece[0], piece[1], radix);
                // The first and the last piece may be a word; codes of text are never control characters.
                fits = (code >= 9 && code < 256) || piece[0] == start || piece[1] == end;
                if (code >= 9 && code < 256) {
                    count++;
                    out.put(code);
                }
            }
            if (fits && count >= 7) {
                any = true;
                out.end();
            } else {
                out.drop();
            }
        }
        return any;
    }

    private static int code(byte[] b, int from, int end, int radix) {
        int length = end - from;
        int i = from;
        if (radix == 16) {
            if (length == 4 && b[i] == '0' && (b[i + 1] | 32) == 'x') {
                i += 2;
            } else if (length == 3 && (b[i] | 32) == 'x') {
                i += 1;
            }
        }
        int digits = end - i;
        boolean width = switch (radix) {
            case 16 -> digits == 2;
            case 10 -> digits >= 1 && digits <= 3;
            case 8 -> digits == 3 || (digits == 4 && b[i] == '0');
            default -> digits == 7 || digits == 8;
        };
        if (!width) {
            return -1;
        }
        int value = 0;
        for (; i < end; i++) {
            int d = CharTables.hex(b[i]);
            if (d < 0 || d >= radix) {
                return -1;
            }
            value = value * radix + d;
        }
        return value;
    }

    private static boolean next(byte[] b, int[] piece, int end) {
        byte[] classes = CharTables.classTable();
        int i = piece[1];
        while (i < end && classes[b[i] & 0xff] <= 0) {
            i++;
        }
        piece[0] = i;
        while (i < end && classes[b[i] & 0xff] > 0) {
            i++;
        }
        piece[1] = i;
        return piece[0] < i;
    }
}

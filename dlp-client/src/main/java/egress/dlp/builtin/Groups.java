package egress.dlp.builtin;

/** Short runs in step: a value with separators between its characters, or written as hex pairs, octal, binary or decimal codes. */
final class Groups {
    private static final int LONGEST = 16_384;

    private Groups() {}

    static void decode(ScanRun run, Stretch s, int start, int end) {
        if (end - start > LONGEST * 4 || s.view().depth() >= ScanRun.MAX_DEPTH) {
            decode(run, s, start, start + LONGEST);
            decode(run, s, end - LONGEST, end);
            return;
        }
        View view = s.view().pieces(start, end);
        if (!codes(run, s, view, start, end)) {
            Window out = new Window(run, view);
            for (int[] piece = {start, start}; next(s.b(), piece, end); ) {
                out.put(s.b(), piece[0], piece[1]);
            }
            out.end();
        }
    }

    private static boolean codes(ScanRun run, Stretch s, View view, int start, int end) {
        boolean any = false;
        for (int radix : new int[] {16, 10, 8, 2}) {
            Window out = new Window(run, view);
            int count = 0;
            boolean fits = true;
            for (int[] piece = {start, start}; fits && next(s.b(), piece, end); ) {
                int code = code(s.b(), piece[0], piece[1], radix);
                // A lone tail piece may be cut short; codes of text are never control characters.
                fits = code >= 9 && code < 256;
                count += fits ? 1 : 0;
                if (fits) {
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
            int d = Codes.hex(b[i]);
            if (d < 0 || d >= radix) {
                return -1;
            }
            value = value * radix + d;
        }
        return value;
    }

    private static boolean next(byte[] b, int[] piece, int end) {
        byte[] classes = Codes.classTable();
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

package egress.dlp.builtin;

/** Runs with one mark at equal distances, such as {@code a-b-c-d} or {@code abcd_efgh_ijkl}: read without it. */
final class Marked {
    private static final int WIDEST = 9;
    private static final int LONGEST = 2048;

    private Marked() {}

    static void strip(ScanRun run, Stretch s, int start, int end) {
        if (end - start > LONGEST) {
            return;
        }
        byte[] b = s.b();
        for (byte mark : new byte[] {'-', '_', '/', '+'}) {
            int first = next(b, start, end, mark);
            int second = next(b, first + 1, end, mark);
            int third = next(b, second + 1, end, mark);
            boolean even =
                    third < end && second - first == third - second && second - first <= WIDEST && second > first + 1;
            if (even && evenAll(b, third, end, mark, third - second)) {
                Window out = new Window(run, s.view().pieces(start, end));
                for (int i = start; i < end; i++) {
                    if (b[i] != mark) {
                        out.put(b[i]);
                    }
                }
                out.end();
            }
        }
    }

    // A token may hold marks of its own, so most distances have to agree, not all.
    private static boolean evenAll(byte[] b, int from, int end, byte mark, int distance) {
        int even = 2;
        int all = 2;
        int last = from;
        for (int i = next(b, from + 1, end, mark); i < end; i = next(b, i + 1, end, mark)) {
            all++;
            even += i - last == distance ? 1 : 0;
            last = i;
        }
        return even * 4 >= all * 3;
    }

    private static int next(byte[] b, int from, int end, byte mark) {
        int i = from;
        while (i < end && b[i] != mark) {
            i++;
        }
        return i;
    }
}

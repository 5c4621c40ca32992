package egress.dlp.builtin.match;

/** UUIDs in their usual form (RFC 9562), which most long runs in records are. */
public final class Uuid {
    /** Where each of the 16 bytes begins. */
    private static final int[] OFFSETS = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

    private static final int HALF = 8;

    private Uuid() {}

    public static boolean is(byte[] b, int start, int end) {
        if (end - start != 36
                || b[start + 8] != '-'
                || b[start + 13] != '-'
                || b[start + 18] != '-'
                || b[start + 23] != '-') {
            return false;
        }
        int none = 0;
        for (int offset : OFFSETS) {
            none |= CharTables.hex(b[start + offset]) | CharTables.hex(b[start + offset + 1]);
        }
        return none >= 0;
    }

    /** Whether eight bytes in a row of what the UUID at {@code start} stands for are ASCII text: fewer are chance. */
    public static boolean mayBeText(byte[] b, int start) {
        // Eight in a row of sixteen hold one of the two in the middle.
        int from = HALF;
        while (from > 0 && isText(b, start + OFFSETS[from - 1])) {
            from--;
        }
        int to = HALF;
        while (to < OFFSETS.length && isText(b, start + OFFSETS[to])) {
            to++;
        }
        return to - from >= HALF;
    }

    private static boolean isText(byte[] b, int i) {
        int c = CharTables.hex(b[i]) << 4 | CharTables.hex(b[i + 1]);
        return c >= 0x20 && c < 0x7f;
    }
}

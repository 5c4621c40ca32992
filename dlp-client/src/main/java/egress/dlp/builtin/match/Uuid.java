package egress.dlp.builtin.match;

/** UUIDs in their usual form (RFC 9562), which most long runs in records are. */
public final class Uuid {
    private Uuid() {}

    public static boolean is(byte[] b, int start, int end) {
        if (end - start != 36
                || b[start + 8] != '-'
                || b[start + 13] != '-'
                || b[start + 18] != '-'
                || b[start + 23] != '-') {
            return false;
        }
        for (int i = start; i < end; i++) {
            if (b[i] != '-' && CharTables.hex(b[i]) < 0) {
                return false;
            }
        }
        return true;
    }
}

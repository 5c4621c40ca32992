package egress.dlp.builtin.match;

import egress.dlp.builtin.ScanPasses;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.Segment;

/** UUIDs in their usual form (RFC 9562): what most long runs in records are. */
public final class Uuid {
    private static final int TEXT = 8;

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

    /** Sixteen bytes may be text as well. */
    public static void decode(ScanContext run, Segment s, int start) {
        byte[] b = s.b();
        byte[] bytes = new byte[16];
        int text = 0;
        int best = 0;
        for (int i = start, n = 0; i < start + 36; i++) {
            if (b[i] != '-') {
                byte c = (byte) (CharTables.hex(b[i]) << 4 | CharTables.hex(b[i + 1]));
                bytes[n++] = c;
                text = c >= 0x20 && c < 0x7f ? text + 1 : 0;
                best = Math.max(best, text);
                i++;
            }
        }
        if (best >= TEXT) {
            ScanPasses.whole(run, s.view().decoded(start, start + 36), bytes, 0, bytes.length);
        }
    }
}

package egress.dlp;

import java.io.IOException;
import java.io.InputStream;

/** Whether bytes are text: UTF-8 (RFC 3629) without control characters other than those that lay text out. */
public final class PlainText {
    private static final int PIECE = 8192;

    private int owed;
    private int least;
    private boolean text = true;

    private PlainText() {}

    /** Reads up to the end or the first byte that is not text. */
    public static boolean is(InputStream in) throws IOException {
        PlainText reading = new PlainText();
        byte[] piece = new byte[PIECE];
        for (int n = in.read(piece); n > 0 && reading.text; n = in.read(piece)) {
            for (int i = 0; i < n && reading.text; i++) {
                reading.read(piece[i] & 0xff);
            }
        }
        return reading.text && reading.owed == 0;
    }

    private void read(int c) {
        if (owed > 0) {
            text = c >= least && c < 0xc0;
            least = 0x80;
            owed--;
        } else if (c < 0x80) {
            text = c >= ' ' ? c != 0x7f : c == '\n' || c == '\r' || c == '\t' || c == '\f';
        } else {
            text = c >= 0xc2 && c <= 0xf4;
            owed = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
            least = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
        }
    }
}

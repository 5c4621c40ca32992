package egress.dlp.builtin.decode;

import egress.dlp.ScanVerdict.Reason;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.coding.ZstdFrames;
import java.io.IOException;

/** Zstandard data within other data. */
final class ZstdUnpacker implements Unpacker {
    private static final int PIECE = 2048;

    private final ScanContext run;
    private final ZstdFrames frames = new ZstdFrames();
    private final byte[] decoded;

    ZstdUnpacker(ScanContext run) {
        this.run = run;
        this.decoded = run.scratch().lend(PIECE);
    }

    @Override
    public boolean feed(byte[] b, int from, int to, ScanWindow out) {
        try {
            for (int at = from; at < to; ) {
                int n = Math.min(to - at, frames.room());
                frames.put(b, at, at + n);
                at += n;
                for (int read = read(); read > 0; read = read()) {
                    if (!run.inflate(read)) {
                        return false;
                    }
                    out.put(decoded, 0, read);
                }
                if (n == 0) {
                    return false;
                }
            }
            return true;
        } catch (ZstdFrames.WindowException tooLarge) {
            run.refuse(Reason.BOMB, "compressed with a larger window than is kept here");
            return false;
        } catch (IOException notZstd) {
            return false;
        }
    }

    private int read() throws IOException {
        return frames.read(decoded, 0, PIECE);
    }

    @Override
    public void end() {
        frames.close();
        run.scratch().back(decoded);
    }
}

package egress.server.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Keeps lines while a program has the terminal, up to a bound. */
public final class KeptOutput extends OutputStream {
    private static final int MOST = 8 << 20;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private long lost;

    @Override
    public synchronized void write(int octet) {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int count) {
        if (kept.size() + count > MOST) {
            lost += count;
        } else {
            kept.write(bytes, from, count);
        }
    }

    /** Writes what was kept; how many bytes there was no room for. */
    public synchronized long writeTo(OutputStream out) throws IOException {
        kept.writeTo(out);
        out.flush();
        kept.reset();
        return lost;
    }
}

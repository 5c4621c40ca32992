package egress.dlp.builtin;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import egress.dlp.builtin.Target.Packing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Compressed data found within other data, decompressed as it comes and scanned. What is no such data after all ends at the first
 * error: its bytes have been scanned as they stand.
 */
final class Inflation {
    /** What beginning one costs, in bytes looked at. */
    static final int COST = 2048;

    private static final int PIECE = 2048;
    private static final int MOST_OPEN = 8;

    private final ScanRun run;
    private final Window out;
    private final Armour armour;
    private final Inflater inflater;
    private final boolean nowrap;
    private final byte[] raw;
    private final byte[] inflated;
    private long taken;
    private boolean done;

    private Inflation(ScanRun run, View view, Armour armour, boolean nowrap) {
        this.run = run;
        this.out = new Window(run, view);
        this.armour = armour;
        this.nowrap = nowrap;
        this.inflater = run.scratch().inflater(nowrap);
        this.raw = run.scratch().lend(PIECE);
        this.inflated = run.scratch().lend(PIECE);
    }

    /** Compressed data seems to begin at {@code at}. */
    static void begin(ScanRun run, View view, Packing packing, byte[] b, int at, int to, @Nullable Window window) {
        switch (packing) {
            case GZIP -> begin(run, view, Armour.none(Armour.Header.GZIP), true, b, at, to, window);
            case ZIP -> begin(run, view, Armour.none(Armour.Header.ZIP), true, b, at, to, window);
            case PDF -> {
                int data = b[at + 6] == '\r' ? at + 8 : at + 7;
                if (isZlib(b, data, to)) {
                    zlib(run, view, b, data, to, window);
                }
            }
            case BASE64_GZIP -> begin(run, view, Armour.base64(Armour.Header.GZIP), true, b, at, to, window);
            case BASE64_ZIP -> begin(run, view, Armour.base64(Armour.Header.ZIP), true, b, at, to, window);
            case HEX_GZIP -> begin(run, view, Armour.hex(Armour.Header.GZIP), true, b, at, to, window);
            case ZSTD -> zstd(run, view, b, at, to);
            case BASE64_ZSTD -> {
                Armour armour = Armour.base64(Armour.Header.NONE);
                byte[] bytes = new byte[Math.min(to - at, Window.SIZE)];
                int[] position = {at};
                int n = armour.strip(b, position, to, bytes);
                zstd(run, view, bytes, 0, n);
            }
        }
    }

    /** A zlib stream (RFC 1950) seems to begin at {@code at}. */
    static void zlib(ScanRun run, View view, byte[] b, int at, int to, @Nullable Window window) {
        begin(run, view, Armour.none(Armour.Header.NONE), false, b, at, to, window);
    }

    /** Whether the two bytes of a zlib header (RFC 1950, section 2.2) stand at {@code at}. */
    static boolean isZlib(byte[] b, int at, int to) {
        return to - at > 8 && (b[at] & 0x0f) == 8 && ((b[at] & 0xff) << 8 | (b[at + 1] & 0xff)) % 31 == 0;
    }

    /** Whether a base64'd zlib stream begins at {@code at}. */
    static void base64Zlib(ScanRun run, View view, byte[] b, int at, int to, @Nullable Window window) {
        begin(run, view, Armour.base64(Armour.Header.NONE), false, b, at, to, window);
    }

    /** Whether a zlib stream in hex stands from {@code at} to {@code to}. */
    static void hexZlib(ScanRun run, View view, byte[] b, int at, int to) {
        begin(run, view, Armour.hex(Armour.Header.NONE), false, b, at, to, null);
    }

    private static void begin(
            ScanRun run, View view, Armour armour, boolean nowrap, byte[] b, int at, int to, @Nullable Window window) {
        Inflation inflation = new Inflation(run, view, armour, nowrap);
        boolean more = inflation.feed(b, at, to);
        if (more && window != null && window.attached() < MOST_OPEN) {
            window.attach(inflation);
        } else {
            inflation.end();
        }
    }

    private static void zstd(ScanRun run, View view, byte[] b, int at, int to) {
        Window out = new Window(run, view);
        byte[] piece = new byte[PIECE];
        try (InputStream in = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(b, at, to - at))) {
            for (int n = in.read(piece); n >= 0 && run.inflate(n); n = in.read(piece)) {
                out.put(piece, 0, n);
            }
        } catch (IOException notZstd) {
            // What came before the error is scanned below, and the bytes as they stand are too.
        }
        out.end();
    }

    void takenTo(long position) {
        taken = position;
    }

    /** Takes what it has not taken yet of a buffer that begins at {@code base}; false when it is done. */
    boolean feedTo(long base, byte[] b, int to) {
        int from = (int) Math.max(0, taken - base);
        taken = base + to;
        if (from < to && !feed(b, from, to)) {
            end();
            return false;
        }
        return true;
    }

    void end() {
        if (!done) {
            done = true;
            out.end();
            run.scratch().back(inflater, nowrap);
            run.scratch().back(raw);
            run.scratch().back(inflated);
        }
    }

    private boolean feed(byte[] b, int from, int to) {
        int[] at = {from};
        try {
            while (at[0] < to && !run.over()) {
                int n = armour.strip(b, at, to, raw);
                if (n > 0 && !inflate(n)) {
                    return false;
                }
                if (armour.ended()) {
                    return false;
                }
            }
            return !run.over();
        } catch (DataFormatException notDeflate) {
            return false;
        }
    }

    private boolean inflate(int n) throws DataFormatException {
        inflater.setInput(raw, 0, n);
        while (!inflater.finished()) {
            int produced = inflater.inflate(inflated);
            if (produced == 0) {
                return !inflater.needsDictionary();
            }
            if (!run.inflate(produced)) {
                return false;
            }
            out.put(inflated, 0, produced);
        }
        return false;
    }
}

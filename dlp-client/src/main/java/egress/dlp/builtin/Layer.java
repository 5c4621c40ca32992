package egress.dlp.builtin;

import egress.dlp.ContentCoding;
import egress.dlp.SentValues.Carrier;
import egress.dlp.builtin.join.Structure;
import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import egress.dlp.coding.BlockStream;
import egress.dlp.given.SentText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A stream of one decoding stage of a body: it scans what it passes on to the next decoder. */
final class Layer extends BlockStream {
    private static final int WINDOW = 128 * 1024;
    private static final int CARRY = 8 * 1024;
    /** A body that is no longer than this may be one value. */
    private static final int SMALL = 256;

    private final ScanContext run;
    private final InputStream in;
    private final Provenance view;
    private final Structure.Types types;
    private final boolean plain;
    /** Whether it is what the body says, and no other decoder reads it. */
    private final boolean last;

    private final ByteArrayOutputStream begin = new ByteArrayOutputStream(0);
    private final ScanWindow window;
    private final SentText leaving;
    private @Nullable Structure structure;

    /**
     * @param types what the head says that it is
     * @param plain whether it is the body's only reading
     * @param coding of the decoder that reads it too; null where none does
     */
    Layer(
            ScanContext run,
            InputStream in,
            Provenance view,
            Structure.Types types,
            boolean plain,
            @Nullable ContentCoding coding) {
        this.run = run;
        this.in = in;
        this.view = view;
        this.types = types;
        this.plain = plain;
        this.last = coding == null;
        this.window = new ScanWindow(run, view, WINDOW, CARRY);
        window.nextIsFollowed(coding);
        this.leaving = run.leaving();
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
        int got = in.readNBytes(into, offset, count);
        int n = got == 0 ? -1 : got;
        if (n > 0) {
            if (view.depth() > 0 && !run.inflate(n)) {
                throw new IOException("enough is known of it");
            }
            seen(into, offset, offset + n);
        }
        return n;
    }

    private void seen(byte[] b, int from, int to) {
        Structure here = structure;
        if (here == null) {
            here = Structure.of(run, view, types, from == 0 ? b : Arrays.copyOfRange(b, from, to), to - from);
            structure = here;
            if (plain) {
                run.structured(here.isJson());
            }
        }
        leaving.take(b, from, to);
        window.put(b, from, to);
        if (last) {
            begin.write(b, from, Math.min(to - from, SMALL - begin.size()));
            run.carries(here.isTold() ? Carrier.BODY : null);
        }
        here.feed(b, from, to);
        run.carries(null);
    }

    /** Ends reading: scans what is left and closes the decoder. */
    void finish() {
        window.end();
        if (structure != null) {
            run.carries(last && structure.isTold() ? Carrier.BODY : null);
            structure.end();
            run.carries(null);
        }
        if (last && begin.size() < SMALL) {
            run.whole(begin.toByteArray(), 0, begin.size());
        }
        try {
            in.close();
        } catch (IOException ignored) {
            // The source is in memory or a spool file, and its owner closes it.
        }
    }
}

package egress.dlp.builtin.join;

import egress.dlp.builtin.scan.Provenance;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.ScanWindow;
import org.jspecify.annotations.Nullable;

/** Joins pieces of one kind, and scans them when there are at least two. */
public final class FragmentJoiner {
    private final ScanContext run;
    private final Provenance view;
    private final int size;
    private final int carry;
    private @Nullable ScanWindow out;
    private int count;

    public FragmentJoiner(ScanContext run, Provenance view) {
        this(run, view, ScanWindow.SIZE, ScanWindow.CARRY);
    }

    FragmentJoiner(ScanContext run, Provenance view, int size, int carry) {
        this.run = run;
        this.view = view;
        this.size = size;
        this.carry = carry;
    }

    public void add(Fragment piece) {
        if (!piece.isEmpty()) {
            window().border();
            piece.emit(window());
            count++;
        }
    }

    public void add(byte[] b, int from, int to) {
        if (to > from) {
            window().border();
            window().put(b, from, to);
            count++;
        }
    }

    /**
     * Scans what is there, and keeps the end of it for what follows.
     *
     * @param open pieces that have not ended: what has come of them is scanned behind the others, and they are added later
     */
    void flush(Fragment... open) {
        int more = 0;
        for (Fragment piece : open) {
            more += piece.isEmpty() ? 0 : 1;
        }
        if (count + more < 2 || count == 0 && out == null && more == 0) {
            return;
        }
        ScanWindow window = window();
        long before = window.position();
        for (Fragment piece : open) {
            if (!piece.isEmpty()) {
                window.border();
                piece.emit(window);
            }
        }
        long emitted = window.position() - before;
        window.flush();
        window.takeBack((int) emitted);
    }

    public void end() {
        ScanWindow window = out;
        if (window != null) {
            if (count > 1) {
                window.end();
            } else {
                window.drop();
            }
        }
        out = null;
        count = 0;
    }

    private ScanWindow window() {
        ScanWindow window = out;
        if (window == null) {
            window = new ScanWindow(run, view, size, carry);
            out = window;
        }
        return window;
    }
}

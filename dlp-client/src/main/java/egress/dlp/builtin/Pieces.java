package egress.dlp.builtin;

import org.jspecify.annotations.Nullable;

/** Pieces of one kind side by side; a scan is due only when there are at least two. */
final class Pieces {
    private final ScanRun run;
    private final View view;
    private final int size;
    private final int carry;
    private @Nullable Window out;
    private int count;

    Pieces(ScanRun run, View view) {
        this(run, view, Window.SIZE, Window.CARRY);
    }

    Pieces(ScanRun run, View view, int size, int carry) {
        this.run = run;
        this.view = view;
        this.size = size;
        this.carry = carry;
    }

    void add(Piece piece) {
        if (!piece.isEmpty()) {
            window().border();
            piece.emit(window());
            count++;
        }
    }

    void add(byte[] b, int from, int to) {
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
    void flush(Piece... open) {
        int more = 0;
        for (Piece piece : open) {
            more += piece.isEmpty() ? 0 : 1;
        }
        if (count + more < 2 || count == 0 && out == null && more == 0) {
            return;
        }
        Window window = window();
        long before = window.position();
        for (Piece piece : open) {
            if (!piece.isEmpty()) {
                window.border();
                piece.emit(window);
            }
        }
        long emitted = window.position() - before;
        window.flush();
        window.takeBack((int) emitted);
    }

    void end() {
        Window window = out;
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

    private Window window() {
        Window window = out;
        if (window == null) {
            window = new Window(run, view, size, carry);
            out = window;
        }
        return window;
    }
}

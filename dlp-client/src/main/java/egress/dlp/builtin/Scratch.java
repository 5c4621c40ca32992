package egress.dlp.builtin;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.Inflater;

/** Buffers of one scan, lent and given back in a stack's order; kept for the next scan, none larger than {@link Window#SIZE}. */
final class Scratch {
    private static final int KEPT = 24;
    private static final int SMALL = 2048;
    private static final int INFLATERS = 2;

    private final List<byte[]> small = new ArrayList<>();
    private final List<byte[]> large = new ArrayList<>();
    private final List<Inflater> wrapped = new ArrayList<>();
    private final List<Inflater> bare = new ArrayList<>();

    byte[] lend(int size) {
        List<byte[]> from = size <= SMALL ? small : large;
        if (size > Window.SIZE) {
            return new byte[size];
        }
        return from.isEmpty() ? new byte[size <= SMALL ? SMALL : Window.SIZE] : from.removeLast();
    }

    /** An inflater at its beginning: making one costs a hundred times what a look at something that is not compressed does. */
    Inflater inflater(boolean nowrap) {
        List<Inflater> from = nowrap ? bare : wrapped;
        return from.isEmpty() ? new Inflater(nowrap) : from.removeLast();
    }

    void back(Inflater inflater, boolean nowrap) {
        List<Inflater> to = nowrap ? bare : wrapped;
        if (to.size() < INFLATERS) {
            inflater.reset();
            to.add(inflater);
        } else {
            inflater.end();
        }
    }

    void back(byte[] buffer) {
        if (buffer.length == SMALL && small.size() < KEPT) {
            small.add(buffer);
        } else if (buffer.length == Window.SIZE && large.size() < KEPT) {
            large.add(buffer);
        }
    }
}

package egress.dlp.builtin.scan;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.Inflater;

/** Buffers and inflaters of one scan, kept for the next; none larger than {@link ScanWindow#SIZE} is kept. */
public final class BufferPool {
    private static final int KEPT = 24;
    private static final int SMALL = 2048;
    private static final int INFLATERS = 2;

    private final List<byte[]> small = new ArrayList<>();
    private final List<byte[]> large = new ArrayList<>();
    private final List<Inflater> wrapped = new ArrayList<>();
    private final List<Inflater> bare = new ArrayList<>();

    public byte[] lend(int size) {
        List<byte[]> from = size <= SMALL ? small : large;
        if (size > ScanWindow.SIZE) {
            return new byte[size];
        }
        return from.isEmpty() ? new byte[size <= SMALL ? SMALL : ScanWindow.SIZE] : from.removeLast();
    }

    /** A reset inflater: making one takes a hundred times as long as rejecting data that is not compressed. */
    public Inflater inflater(boolean nowrap) {
        List<Inflater> from = nowrap ? bare : wrapped;
        return from.isEmpty() ? new Inflater(nowrap) : from.removeLast();
    }

    public void back(Inflater inflater, boolean nowrap) {
        List<Inflater> to = nowrap ? bare : wrapped;
        if (to.size() < INFLATERS) {
            inflater.reset();
            to.add(inflater);
        } else {
            inflater.end();
        }
    }

    public void back(byte[] buffer) {
        if (buffer.length == SMALL && small.size() < KEPT) {
            small.add(buffer);
        } else if (buffer.length == ScanWindow.SIZE && large.size() < KEPT) {
            large.add(buffer);
        }
    }
}

package egress.dlp.builtin.scan;

import egress.dlp.ContentCoding;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scans a stream window by window; windows overlap, so that nothing on a border is missed, and memory is bounded by their size.
 */
public final class ScanWindow {
    /** Of a window over decoded bytes. */
    public static final int SIZE = 32 * 1024;
    /** The overlap of two windows over decoded bytes. */
    public static final int CARRY = 2048;

    private static final int BEFORE = 256;
    private static final int FIRST = 2048;
    private static final int CUT = 512;

    private final ScanContext run;
    private final Provenance view;
    private final int size;
    private final int carry;
    private final List<Continuation> open = new ArrayList<>();
    private byte[] buffer;
    private int length;
    private int from;
    private @Nullable BitSet starts;
    private long base;
    private @Nullable Packing followed;
    private long followedAt;

    /** Over decoded or joined bytes. */
    public ScanWindow(ScanContext run, Provenance view) {
        this(run, view, SIZE, CARRY);
    }

    public ScanWindow(ScanContext run, Provenance view, int size, int carry) {
        this.run = run;
        this.view = view;
        this.size = size;
        this.carry = carry;
        this.base = view.base();
        this.buffer = run.scratch().lend(Math.min(size, FIRST));
    }

    int length() {
        return length;
    }

    /** A piece begins here. */
    public void border() {
        BitSet here = starts;
        if (here == null) {
            here = new BitSet();
            starts = here;
        }
        here.set(length);
    }

    public void put(int c) {
        if (length == buffer.length) {
            room();
        }
        buffer[length++] = (byte) c;
    }

    public void put(byte[] b, int start, int end) {
        int n = end - start;
        if (n > buffer.length - length) {
            putByRooms(b, start, end);
        } else {
            System.arraycopy(b, start, buffer, length, n);
            length += n;
        }
    }

    private void putByRooms(byte[] b, int start, int end) {
        int at = start;
        while (at < end && !run.over()) {
            if (length == buffer.length) {
                room();
            }
            int n = Math.min(end - at, buffer.length - length);
            System.arraycopy(b, at, buffer, length, n);
            length += n;
            at += n;
        }
    }

    /** Scans what has come; what follows is scanned together with the end of it. */
    public void flush() {
        if (length > from) {
            feedOpen();
            run.scan(new Segment(view.at(base), buffer, 0, from, length, length, starts), this);
            open.forEach(Continuation::flush);
            from = Math.max(0, length - carry);
            slide();
        }
    }

    /** Where the next byte goes, from the beginning of all. */
    public long position() {
        return base + length;
    }

    /** The last bytes that were put will come again: they were scanned only as far as they had come. */
    public void takeBack(int count) {
        length = Math.max(0, length - count);
        from = Math.min(from, length);
        BitSet here = starts;
        if (here != null) {
            here.clear(length, Math.max(length, here.length()));
        }
    }

    /** Nothing follows. */
    public void end() {
        finish(length);
    }

    /** Ends the window without scanning what is left. */
    public void drop() {
        if (base == view.base()) {
            run.scratch().back(buffer);
            buffer = new byte[0];
            length = 0;
        } else {
            end();
        }
    }

    /** What was decoded from bytes up to {@code end} of {@code from} is all here; where those are cut off, so is this. */
    public void end(int end, Segment from) {
        if (end == from.to() && from.cut()) {
            endCut();
        } else {
            end();
        }
    }

    /** The last bytes are not scanned for beginnings: what begins there is cut off here and whole in the next window. */
    private void endCut() {
        finish(length > 2 * CUT ? length - CUT : length);
    }

    /** Whether base64 or hex is being decoded in step with digits of which that many are left in the buffer. */
    public boolean decodesInStep(Packing packing, int digits, int step) {
        return open.stream().anyMatch(each -> each.isInStep(packing, digits, step));
    }

    public int attached() {
        return open.size();
    }

    /** Feeds the decoder with what follows; it has taken all up to the buffer's end. */
    public void attach(Continuation decoder) {
        decoder.takenTo(base + length);
        open.add(decoder);
    }

    /** Says that data of that coding begins with the next byte, and that a caller decodes it; null where none does. */
    public void nextIsFollowed(@Nullable ContentCoding coding) {
        followed = coding == null ? null : Packing.of(coding);
        followedAt = base + length;
    }

    /** Whether a stream of that packing that begins there is followed by others. */
    public boolean isFollowed(Segment s, int at, Packing packing) {
        return packing == followed && s.view().base() + at == followedAt;
    }

    private void finish(int limit) {
        feedOpen();
        run.scan(new Segment(view.at(base), buffer, 0, from, limit, length, starts), this);
        endOpen();
        run.scratch().back(buffer);
        buffer = new byte[0];
        length = 0;
        from = 0;
    }

    private void endOpen() {
        if (!open.isEmpty()) {
            open.forEach(Continuation::end);
            open.clear();
        }
    }

    private void room() {
        if (buffer.length < size) {
            byte[] larger = size == SIZE ? run.scratch().lend(SIZE) : new byte[size];
            System.arraycopy(buffer, 0, larger, 0, length);
            run.scratch().back(buffer);
            buffer = larger;
            return;
        }
        int limit = length - carry;
        feedOpen();
        run.scan(new Segment(view.at(base), buffer, 0, from, limit, length, starts), this);
        from = limit;
        slide();
    }

    private void slide() {
        int keep = Math.max(0, from - BEFORE);
        System.arraycopy(buffer, keep, buffer, 0, length - keep);
        BitSet old = starts;
        if (old != null) {
            starts = old.get(keep, length + 1);
        }
        base += keep;
        from -= keep;
        length -= keep;
    }

    private void feedOpen() {
        if (!open.isEmpty()) {
            open.removeIf(each -> !each.feedTo(base, buffer, length));
        }
    }
}

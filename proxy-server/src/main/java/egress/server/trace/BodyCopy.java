package egress.server.trace;

import egress.share.FairBudget;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The beginning of a body and, where asked for, its last bytes: what a call says of itself stands at either end. */
final class BodyCopy {
    private static final int FIRST = 4 * 1024;

    private final int most;
    private final int last;
    private final FairBudget.Lease memory;
    private byte[] beginning = {};
    private int length;
    private byte @Nullable [] ring;
    private long inRing;
    private boolean full;

    /**
     * @param most bytes of the beginning
     * @param last bytes of the end, behind those; 0 for none
     * @param memory what it takes
     */
    BodyCopy(int most, int last, FairBudget.Lease memory) {
        this.most = most;
        this.last = last;
        this.memory = memory;
    }

    /** Copies a part, as far as there is room. */
    void add(ByteBuf part) {
        int from = part.readerIndex();
        int count = part.readableBytes();
        int taken = full ? 0 : Math.min(count, room(count));
        part.getBytes(from, beginning, length, taken);
        length += taken;
        if (taken < count) {
            full = true;
            addToEnd(part, from + taken, count - taken);
        }
    }

    /** How many of these bytes fit into the beginning, which grows for them. */
    private int room(int wanted) {
        int needed = Math.min(most, length + wanted);
        if (needed > beginning.length) {
            int size = Math.min(most, Math.max(FIRST, Math.max(needed, 2 * beginning.length)));
            if (!memory.take(size - beginning.length)) {
                return beginning.length - length;
            }
            beginning = Arrays.copyOf(beginning, size);
        }
        return needed - length;
    }

    private void addToEnd(ByteBuf part, int from, int count) {
        byte[] end = ring;
        if (end == null) {
            if (last == 0 || inRing > 0 || !memory.take(last)) {
                inRing += count; // counted: the body is not whole
                return;
            }
            end = new byte[last];
            ring = end;
        }
        int skipped = Math.max(0, count - last);
        inRing += skipped;
        int done = skipped;
        while (done < count) {
            int at = (int) (inRing % last);
            int piece = Math.min(count - done, last - at);
            part.getBytes(from + done, end, at, piece);
            inRing += piece;
            done += piece;
        }
    }

    /** Bytes from the body's first on. */
    byte[] beginning() {
        if (ring != null && inRing <= last) {
            byte[] all = Arrays.copyOf(beginning, length + (int) inRing);
            System.arraycopy(ring, 0, all, length, (int) inRing);
            return all;
        }
        return Arrays.copyOf(beginning, length);
    }

    /** The last bytes where they do not follow on those of {@link #beginning}; empty where they do, or were not kept. */
    byte[] end() {
        byte[] end = ring;
        if (end == null || inRing <= last) {
            return new byte[0];
        }
        int at = (int) (inRing % last);
        byte[] all = new byte[last];
        System.arraycopy(end, at, all, 0, last - at);
        System.arraycopy(end, 0, all, last - at, at);
        return all;
    }
}

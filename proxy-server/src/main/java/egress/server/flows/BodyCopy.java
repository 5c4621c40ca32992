package egress.server.flows;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a body, copied as it passes; what does not fit is counted. Filled on its event loop; the recorder's thread may give up what
 * was kept meanwhile, and reads it when the exchange is over.
 */
final class BodyCopy {
    private static final byte[] NOTHING = {};
    /** Small parts are put together in pieces of this size, in bytes. */
    private static final int PIECE = 16 * 1024;

    private final int limit;
    private long length;
    private int kept;
    private boolean cut;
    private byte[] last = NOTHING;
    private int filled;
    private @Nullable List<byte[]> before;

    /** @param limit of what is kept, in bytes */
    BodyCopy(int limit) {
        this.limit = limit;
    }

    /** Copies a part, as far as it may. */
    synchronized void add(ByteBuf part, Credit credit) {
        int bytes = part.readableBytes();
        length += bytes;
        int at = part.readerIndex();
        int wanted = cut ? 0 : Math.min(bytes, limit - kept);
        cut |= wanted < bytes;
        while (wanted > 0) {
            int n = Math.min(wanted, last.length - filled);
            if (n == 0) {
                if (!grow(wanted, credit)) {
                    cut = true;
                    return;
                }
                continue;
            }
            part.getBytes(at, last, filled, n);
            filled += n;
            kept += n;
            at += n;
            wanted -= n;
        }
    }

    /** The first part is most often the only one, and gets a piece of its own size. */
    private boolean grow(int wanted, Credit credit) {
        int size = kept == 0 ? wanted : Math.min(limit - kept, Math.max(wanted, Math.min(PIECE, 2 * kept)));
        if (!credit.take(size)) {
            return false;
        }
        if (filled > 0) {
            List<byte[]> full = before == null ? new ArrayList<>() : before;
            full.add(last);
            before = full;
        }
        last = new byte[size];
        filled = 0;
        return true;
    }

    /** Forgets what was kept, and keeps no more; what comes is counted. */
    synchronized void giveUp() {
        cut |= length > 0;
        kept = 0;
        last = NOTHING;
        filled = 0;
        before = null;
    }

    /** Bytes on the wire. */
    synchronized long length() {
        return length;
    }

    synchronized boolean isCut() {
        return cut;
    }

    /** What was kept. */
    synchronized byte[] bytes() {
        List<byte[]> full = before;
        if (full == null && filled == last.length) {
            return last;
        }
        byte[] all = new byte[kept];
        int at = 0;
        if (full != null) {
            for (byte[] piece : full) {
                System.arraycopy(piece, 0, all, at, piece.length);
                at += piece.length;
            }
        }
        System.arraycopy(last, 0, all, at, filled);
        return all;
    }
}

package egress.exchange;

import egress.share.Allowance;
import java.util.concurrent.atomic.AtomicLong;

/** Bytes of one kind that the whole process may hold. Safe for use by every thread. */
public final class ByteBudget implements Allowance {
    private final AtomicLong left;

    public ByteBudget(long bytes) {
        this.left = new AtomicLong(bytes);
    }

    /** Takes the bytes, or none of them. */
    @Override
    public boolean take(long bytes) {
        if (left.addAndGet(-bytes) >= 0) {
            return true;
        }
        left.addAndGet(bytes);
        return false;
    }

    /** Gives bytes back that were taken. */
    @Override
    public void give(long bytes) {
        left.addAndGet(bytes);
    }

    /** Bytes that may still be taken. */
    public long left() {
        return left.get();
    }
}

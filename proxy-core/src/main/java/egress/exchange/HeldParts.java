package egress.exchange;

import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.handler.codec.http.HttpContent;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Parts of a request that come while an operator is asked: neither judged nor sent yet, and counted in the caller's share of the budget. */
final class HeldParts {
    private final Deque<HttpContent> parts = new ArrayDeque<>(2);
    private final FairBudget.Lease lease;
    private int bytes;

    HeldParts(FairBudget budget, Claimant who) {
        this.lease = budget.lease(who, FairBudget.Reclaim.NEVER);
    }

    /** Takes a part over, or drops it where no memory is left for it, and returns false. */
    boolean add(HttpContent part) {
        int length = part.content().readableBytes();
        if (length > 0 && !lease.take(length)) {
            Exchange.discard(part);
            return false;
        }
        bytes += length;
        parts.add(part);
        return true;
    }

    /** Gives the next part away; null where there is none. */
    @Nullable
    HttpContent next() {
        HttpContent part = parts.poll();
        if (part != null) {
            bytes -= part.content().readableBytes();
        }
        return part;
    }

    int bytes() {
        return bytes;
    }

    /** Drops what is held, and gives back its share. */
    void close() {
        HttpContent part;
        while ((part = parts.poll()) != null) {
            Exchange.discard(part);
        }
        lease.close();
    }
}

package egress.exchange;

import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A heap copy of the body sent so far, small ones only, so that a request that the origin certainly did not process can
 * be sent again (RFC 9113 §8.7). Gives up for good when the body or the budget is too small for it.
 */
final class Replay {
    private static final int MAX_BYTES = 32 * 1024;

    private final FairBudget budget;
    private final Claimant who;
    private FairBudget.@Nullable Lease lease;
    private final List<byte[]> pieces = new ArrayList<>(2);
    private int taken;
    private boolean whole;
    private boolean trailers;
    private boolean possible = true;

    Replay(FairBudget budget, Claimant who) {
        this.budget = budget;
        this.who = who;
    }

    /** Whether everything sent so far is here. */
    boolean isPossible() {
        return possible;
    }

    boolean isEmpty() {
        return possible && pieces.isEmpty();
    }

    /** Copies a part that is about to be written. */
    void add(HttpContent part) {
        if (!possible) {
            return;
        }
        int length = part.content().readableBytes();
        if (part instanceof LastHttpContent last) {
            whole = true;
            trailers = !last.trailingHeaders().isEmpty();
        }
        if (trailers || taken + length > MAX_BYTES || length > 0 && !hold(length)) {
            giveUp();
        } else if (length > 0) {
            byte[] piece = new byte[length];
            part.content().getBytes(part.content().readerIndex(), piece);
            pieces.add(piece);
            taken += length;
        }
    }

    private boolean hold(int length) {
        FairBudget.Lease held = lease;
        if (held != null) {
            return held.take(length);
        }
        lease = budget.take(who, length, FairBudget.Reclaim.NEVER);
        return lease != null;
    }

    /** The parts again, in front of those that are yet to come. */
    List<HttpContent> parts() {
        List<HttpContent> parts = new ArrayList<>(pieces.size() + 1);
        for (byte[] piece : pieces) {
            parts.add(new DefaultHttpContent(Unpooled.wrappedBuffer(piece)));
        }
        if (whole) {
            parts.add(new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER));
        }
        return parts;
    }

    /** Frees what is held: a response has begun, or the exchange is over. */
    void giveUp() {
        possible = false;
        pieces.clear();
        taken = 0;
        FairBudget.Lease held = lease;
        if (held != null) {
            held.close();
            lease = null;
        }
    }
}

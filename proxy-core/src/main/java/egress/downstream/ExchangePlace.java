package egress.downstream;

import egress.exchange.Exchange;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The place of one exchange in the budget of all: taken with its head, given back when the exchange is over and, on h2, its answer out.
 * One whose caller stops, in its request or in reading, gives way when others need it.
 */
final class ExchangePlace implements FairBudget.Reclaim {
    /** A field in the heap, beside its text. */
    private static final int FIELD_BYTES = 200;
    /** An exchange with its stream, beside the head. */
    private static final long EXCHANGE_BYTES = 4_096;
    /** How long a caller may stop and not count as stalled. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final DownstreamStream handler;
    private FairBudget.@Nullable Lease lease;

    /** {@link System#nanoTime} since which the caller owes something; 0 when it does not. */
    private volatile long stalledSinceNanos;

    private ExchangePlace(DownstreamStream handler) {
        this.handler = handler;
    }

    /** @return null when the caller's share is spent */
    static @Nullable ExchangePlace take(FairBudget budget, Claimant who, HttpRequest head, DownstreamStream handler) {
        ExchangePlace place = new ExchangePlace(handler);
        place.lease = budget.take(who, bytes(head), place);
        return place.lease == null ? null : place;
    }

    static long bytes(HttpRequest head) {
        long bytes = EXCHANGE_BYTES + head.uri().length();
        Iterator<Map.Entry<CharSequence, CharSequence>> fields = head.headers().iteratorCharSequence();
        while (fields.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            bytes += FIELD_BYTES + field.getKey().length() + field.getValue().length();
        }
        return bytes;
    }

    /** Notes how it stands now. */
    void look(@Nullable Exchange exchange) {
        if (exchange != null) {
            stalledSinceNanos = exchange.stalledSinceNanos();
        }
    }

    /** The exchange is over; what it held is held until its answer is out. */
    void answered() {
        stalledSinceNanos = System.nanoTime();
    }

    void close() {
        FairBudget.Lease held = lease;
        if (held != null) {
            held.close();
        }
    }

    @Override
    public boolean isReclaimable() {
        long since = stalledSinceNanos;
        return since != 0 && System.nanoTime() - since > PATIENCE_NANOS;
    }

    @Override
    public void reclaim() {
        handler.loop().execute(handler::reclaimed);
    }
}

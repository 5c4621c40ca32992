package egress.upstream;

import egress.exchange.Failure;
import egress.exchange.Upstreams.Attempt;
import egress.exchange.Upstreams.Listener;
import egress.exchange.Upstreams.Protocol;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

/** An exchange that waits for a connection: first for its place at the origin, then for the connection that it may have. */
final class Waiter implements Attempt, FairBudget.Reclaim {
    static final Attempt SERVED = () -> {};

    private final OriginPool pool;
    private final EventLoop loop;
    private final Claimant who;
    private final Protocol protocol;
    private final Listener listener;
    private @Nullable ScheduledFuture<?> timer;
    private FairBudget.@Nullable Lease waiting;
    private @Nullable Place place;
    private boolean placed;
    /** The attempt elsewhere, where the origin speaks h2 alone. */
    private @Nullable Attempt elsewhere;

    private boolean cancelled;
    /** Read by any thread. */
    private volatile boolean over;

    Waiter(OriginPool pool, EventLoop loop, Claimant who, Protocol protocol, Listener listener) {
        this.pool = pool;
        this.loop = loop;
        this.who = who;
        this.protocol = protocol;
        this.listener = listener;
    }

    Claimant who() {
        return who;
    }

    Protocol protocol() {
        return protocol;
    }

    Listener listener() {
        return listener;
    }

    boolean isCancelled() {
        return cancelled;
    }

    boolean isOver() {
        return over;
    }

    boolean isPlaced() {
        return placed;
    }

    /** Takes a place in the line; false where the caller has its share of that too. */
    boolean queues(FairBudget line, ScheduledFuture<?> timeout) {
        FairBudget.Lease lease = line.lease(who, this);
        waiting = lease;
        timer = timeout;
        return lease.take(1);
    }

    /** Takes its place at the origin, where there is one for its caller. */
    boolean takesPlace(FairBudget origin) {
        Place mine = place;
        if (placed && mine != null && mine.isOf(origin)) {
            return true;
        }
        if (mine == null || !mine.isOf(origin)) {
            if (mine != null) {
                mine.close();
            }
            mine = new Place(origin, who);
            place = mine;
        }
        placed = mine.take(1);
        return placed;
    }

    /** Waits no more: hands its place over. */
    Place served() {
        Place mine = place;
        if (mine == null) {
            throw new IllegalStateException("served without a place");
        }
        place = null;
        leave();
        return mine;
    }

    /** Waits no more, and gives everything back. */
    void leave() {
        over = true;
        if (timer != null) {
            timer.cancel(false);
        }
        if (waiting != null) {
            waiting.close();
        }
        if (place != null) {
            place.close();
            place = null;
            placed = false;
        }
    }

    void triesElsewhere(Attempt attempt) {
        elsewhere = attempt;
    }

    void fail(Failure failure) {
        listener.onFailed(failure);
    }

    @Override
    public void cancel() {
        cancelled = true;
        if (elsewhere != null) {
            elsewhere.cancel();
        }
        pool.onCancelled(this);
    }

    @Override
    public boolean isReclaimable() {
        return !over;
    }

    /** Others wait too, and have less. */
    @Override
    public void reclaim() {
        loop.execute(() -> pool.onGivesWay(this));
    }
}

package egress.downstream;

import egress.share.Caller;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.channel.Channel;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one connection holds of the budgets of all: a descriptor from its accept on, a handshake while it is made, and the memory outside
 * of the heap that is measured now and then. Without a request under way, or with one that its caller lets wait, it gives way.
 */
final class ConnectionPlace {
    /** How long a caller may stop and not count as stalled. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** What it does, as far as giving way is concerned. */
    enum State {
        /** Accepted, and nothing was read: what it sent may be complete, and its caller below its share. */
        NEW,
        /** What was read is of no use yet: half a head or a hello, or a request that its caller lets wait. */
        UNFINISHED,
        /** Between requests. */
        IDLE,
        BUSY
    }

    private final Channel channel;
    private final DownstreamContext context;
    private volatile Claimant claimant;
    private final FairBudget.Lease open;
    private final boolean refused;
    private FairBudget.@Nullable Lease handshake;
    private FairBudget.@Nullable Lease memory;
    private @Nullable DownstreamConnection connection;

    private volatile State state = State.NEW;
    private volatile boolean condemned;
    private volatile long handshakeSinceNanos;
    private volatile long stalledSinceNanos;
    private boolean closed;
    private long memoryBytes;
    private long memorySinceNanos;

    /** Takes a place for a connection just accepted. Called by the listener's loop. */
    ConnectionPlace(Channel channel, DownstreamContext context) {
        this.channel = channel;
        this.context = context;
        this.claimant = new Claimant(
                Caller.ofAddress(channel.remoteAddress()), context.connections().incrementAndGet());
        this.open = context.budgets().connections().lease(claimant, new Open());
        this.refused = !open.take(1);
        channel.closeFuture().addListener(closed -> close());
    }

    /** Whether the caller has its share of the connections already. */
    boolean isRefused() {
        return refused;
    }

    Claimant claimant() {
        return claimant;
    }

    void serves(DownstreamConnection served) {
        connection = served;
        if (condemned) {
            channel.close();
        }
    }

    /**
     * The caller has authenticated.
     *
     * @return false when that caller has its share of the connections
     */
    boolean transfer(Caller to) {
        if (to.equals(claimant.caller())) {
            return true;
        }
        claimant = new Claimant(to, claimant.connection());
        FairBudget.Lease measured = memory;
        if (measured != null) {
            measured.transfer(claimant);
        }
        return open.transfer(claimant);
    }

    /** What it sent was read; it counts as idle until it is of use again. */
    void heard() {
        if (state == State.NEW) {
            state = State.UNFINISHED;
        }
    }

    /** @return false when the caller has its share of the handshakes */
    boolean handshakeBegins() {
        handshakeSinceNanos = System.nanoTime();
        handshake = context.budgets().handshakes().take(claimant, 1, new Handshake());
        return handshake != null;
    }

    void handshakeEnds() {
        FairBudget.Lease held = handshake;
        if (held != null) {
            handshake = null;
            held.close();
        }
    }

    void is(State now) {
        state = now;
    }

    /** Notes how much memory outside of the heap it holds now. */
    void holds(long bytes, long nowNanos) {
        if (closed) {
            return; // a look that ended the connection goes on to measure it
        }
        if (bytes != memoryBytes) {
            memoryBytes = bytes;
            memorySinceNanos = nowNanos;
            measured(bytes);
        }
        stalledSinceNanos = bytes == 0 ? 0 : memorySinceNanos;
    }

    private void measured(long bytes) {
        FairBudget.Lease held = memory;
        if (bytes == 0 && held != null) {
            memory = null;
            held.close();
        } else if (bytes > 0) {
            if (held == null) {
                held = context.budgets().headroom().holdings().lease(claimant, new Memory());
                memory = held;
            }
            held.set(bytes);
        }
    }

    private void close() {
        closed = true;
        open.close();
        handshakeEnds();
        FairBudget.Lease held = memory;
        memory = null;
        if (held != null) {
            held.close();
        }
    }

    /** @param still looked at again on the loop: what got on meanwhile is not ended */
    private void giveWay(BooleanSupplier still, String words) {
        condemned = true;
        if (!channel.isRegistered()) {
            return; // closed as soon as it is
        }
        channel.eventLoop().execute(() -> {
            DownstreamConnection served = connection;
            if (served != null && channel.isActive() && still.getAsBoolean()) {
                served.giveWay(words);
            }
        });
    }

    private final class Open implements FairBudget.Reclaim {
        @Override
        public boolean isReclaimable() {
            return state != State.BUSY;
        }

        @Override
        public FairBudget.Turn turn() {
            return switch (state) {
                case UNFINISHED, BUSY -> FairBudget.Turn.FIRST;
                case NEW -> FairBudget.Turn.NEXT;
                case IDLE -> FairBudget.Turn.LAST;
            };
        }

        @Override
        public void reclaim() {
            Claimant asked = claimant;
            giveWay(() -> isReclaimable() && claimant.equals(asked), "other callers need the connection");
        }
    }

    private final class Handshake implements FairBudget.Reclaim {
        @Override
        public boolean isReclaimable() {
            return System.nanoTime() - handshakeSinceNanos > PATIENCE_NANOS;
        }

        @Override
        public void reclaim() {
            giveWay(() -> handshake != null, "the handshake stopped, and other callers need its place");
        }
    }

    private final class Memory implements FairBudget.Reclaim {
        @Override
        public boolean isReclaimable() {
            long since = stalledSinceNanos;
            return since != 0 && System.nanoTime() - since > PATIENCE_NANOS;
        }

        @Override
        public void reclaim() {
            giveWay(this::isReclaimable, "the caller reads or sends nothing, and others need the memory");
        }
    }
}

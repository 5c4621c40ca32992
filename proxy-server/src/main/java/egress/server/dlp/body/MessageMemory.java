package egress.server.dlp.body;

import egress.server.dlp.judge.ScanDispatcher;
import egress.share.Allowance;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * What the messages of one exchange hold of the memory: gathered, judged and unsent ones, and what reads them. While the gate waits for
 * the caller alone, others may need it more; the stream is then ended.
 */
public final class MessageMemory implements Allowance, FairBudget.Reclaim, AutoCloseable {
    private final FairBudget memory;
    private final Claimant who;
    private final EventLoop loop;
    private volatile FairBudget.@Nullable Lease lease;
    private volatile boolean waiting = true;
    private Runnable ending = () -> {};
    private boolean closed;

    /** @param loop the exchange's */
    public MessageMemory(FairBudget memory, Claimant who, EventLoop loop) {
        this.memory = memory;
        this.who = who;
        this.loop = loop;
    }

    /** What ends the stream when it has to give way, on the loop. */
    public void endsBy(Runnable end) {
        ending = end;
    }

    /** Says whether nothing is done but to wait for the caller. */
    public void waits(boolean forCaller) {
        waiting = forCaller;
    }

    @Override
    public boolean take(long bytes) {
        FairBudget.Lease mine = lease;
        if (mine == null) {
            if (closed) {
                return false;
            }
            mine = memory.lease(who, this);
            lease = mine;
        }
        return mine.take(bytes);
    }

    @Override
    public void give(long bytes) {
        FairBudget.Lease mine = lease;
        if (mine != null) {
            mine.give(bytes);
        }
    }

    @Override
    public boolean isReclaimable() {
        return waiting;
    }

    @Override
    public void reclaim() {
        ScanDispatcher.onLoop(loop, () -> {
            if (!closed) {
                ending.run();
            }
        });
    }

    @Override
    public void close() {
        closed = true;
        FairBudget.Lease mine = lease;
        if (mine != null) {
            mine.close();
        }
    }
}

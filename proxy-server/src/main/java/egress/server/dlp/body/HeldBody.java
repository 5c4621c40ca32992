package egress.server.dlp.body;

import egress.dlp.BodySource;
import egress.exchange.Failure;
import egress.policy.DenyReason;
import egress.server.dlp.judge.Denials;
import egress.server.dlp.judge.ScanDispatcher;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A body that waits for its verdict: its beginning on the heap, the rest in a spool file. Belongs to the exchange's loop; scanners
 * may read {@link #source} elsewhere once it is whole, and what they read stays until they have left.
 */
public final class HeldBody implements ScanDispatcher.Subject {
    /** Kept on the heap for each exchange, in bytes. */
    static final int IN_MEMORY = 64 * 1024;

    private static final int PIECE = 16 * 1024;

    static final Failure NO_SPOOL =
            new Failure.Overloaded("no spool space is left for bodies that wait for their verdict");
    static final Failure GAVE_WAY = new Failure.Overloaded(
            "the body came only in part, and what it held of --dlp-memory or --spool-max is needed by other callers");
    static final Failure UNREADABLE =
            new Failure.Denied(DenyReason.DLP_UNAVAILABLE, "a held body could not be spooled");

    /** Receives what becomes of the body, on the loop. */
    public interface Listener {
        /** {@link #hasRoom} has turned true. */
        void onRoom();

        /** After {@link #seal}: the body can be read, possibly before that returns. */
        void onSealed();

        void onBroken(Failure failure);
    }

    private final EventLoop loop;
    private final Claimant who;
    private final FairBudget memory;
    private final Spool spool;
    private final long expected;
    private final Listener listener;

    private final List<byte[]> pieces = new ArrayList<>(1);
    private byte[] current = {};
    private int filled;
    private long length;
    private FairBudget.@Nullable Lease memoryLease;
    private FairBudget.@Nullable Lease spoolLease;
    private @Nullable SpoolFile file;
    private boolean sealed;
    private boolean whole;
    private boolean closed;
    private int users;
    /** Until it is whole, others may need its place more. */
    private volatile boolean halfSent = true;

    /** @param expected the length that the head declares; -1 where it declares none */
    public HeldBody(EventLoop loop, Claimant who, FairBudget memory, Spool spool, long expected, Listener listener) {
        this.loop = loop;
        this.who = who;
        this.memory = memory;
        this.spool = spool;
        this.expected = expected;
        this.listener = listener;
    }

    /** In bytes, so far. */
    long length() {
        return length;
    }

    /** Whether more should be appended now. */
    boolean hasRoom() {
        return file == null || file.hasRoom();
    }

    /**
     * Copies what is readable; the buffer stays its owner's.
     *
     * @return why it could not be kept
     */
    Optional<Failure> append(ByteBuf bytes) {
        int at = bytes.readerIndex();
        int left = bytes.readableBytes();
        while (left > 0) {
            if (filled == current.length) {
                Optional<Failure> failure = grow(left);
                if (failure.isPresent()) {
                    return failure;
                }
            }
            int n = Math.min(left, current.length - filled);
            bytes.getBytes(at, current, filled, n);
            filled += n;
            at += n;
            left -= n;
            length += n;
        }
        return Optional.empty();
    }

    /** Another piece: as large as the declared rest, or double the last. */
    private Optional<Failure> grow(int incoming) {
        keepCurrent();
        if (file == null && length >= IN_MEMORY) {
            if (!take(SpoolFile.READ_AHEAD)) {
                return Optional.of(Denials.NO_MEMORY);
            }
            file = new SpoolFile(this, loop, spool);
        }
        int capacity;
        if (file != null) {
            if (!takeSpool(PIECE)) {
                return Optional.of(NO_SPOOL);
            }
            capacity = PIECE;
        } else {
            long told = expected < 0 ? PIECE : expected - length;
            long fair = Math.max(incoming, Math.max(PIECE / 4, length));
            capacity = (int) Math.clamp(Math.min(told, fair), 1, IN_MEMORY - length);
        }
        if (!take(capacity)) {
            return Optional.of(Denials.NO_MEMORY);
        }
        current = new byte[capacity];
        return Optional.empty();
    }

    private void keepCurrent() {
        if (filled > 0) {
            byte[] piece = filled == current.length ? current : Arrays.copyOf(current, filled);
            if (file == null) {
                pieces.add(piece);
            } else {
                file.write(piece, current.length);
            }
        }
        current = new byte[0];
        filled = 0;
    }

    boolean take(long bytes) {
        FairBudget.Lease lease = memoryLease;
        if (lease == null) {
            lease = memory.lease(who, new GivingWay());
            memoryLease = lease;
        }
        return lease.take(bytes);
    }

    void give(long bytes) {
        FairBudget.Lease lease = memoryLease;
        if (lease != null) {
            lease.give(bytes);
        }
    }

    /** @throws RejectedExecutionException where too much of its caller's waits for the disk */
    void onDisk(Runnable task) {
        spool.disk().execute(who, turn -> task.run());
    }

    private boolean takeSpool(long bytes) {
        FairBudget.Lease lease = spoolLease;
        if (lease == null) {
            lease = spool.quota().lease(who, new GivingWay());
            spoolLease = lease;
        }
        return lease.take(bytes);
    }

    /** Gives up its place while it is not whole. */
    private final class GivingWay implements FairBudget.Reclaim {
        @Override
        public boolean isReclaimable() {
            return halfSent;
        }

        @Override
        public void reclaim() {
            ScanDispatcher.onLoop(loop, () -> {
                if (halfSent && !closed) {
                    listener.onBroken(GAVE_WAY);
                }
            });
        }
    }

    /** Nothing more is appended. */
    void seal() {
        keepCurrent();
        sealed = true;
        halfSent = false;
        if (file == null) {
            whole = true;
            listener.onSealed();
        } else {
            file.finish();
        }
    }

    /** A write is done: what waits may be fewer bytes now. */
    void onWritten(boolean all) {
        if (closed) {
            return;
        }
        if (sealed && all && !whole) {
            whole = true;
            listener.onSealed();
        } else if (!sealed) {
            listener.onRoom();
        }
    }

    void onBroken() {
        if (!closed) {
            listener.onBroken(UNREADABLE);
        }
    }

    /** The body; whole since {@link Listener#onSealed}. */
    BodySource source() {
        BodySource inMemory = pieces.isEmpty() ? BodySource.empty() : BodySource.of(pieces);
        return file == null ? inMemory : BodySource.joined(List.of(inMemory, file.source()));
    }

    /** The body as it came, to be sent. */
    BodyReplay replay(Runnable onReady) {
        return new BodyReplay(this, pieces, file == null ? BodySource.empty() : file.source(), loop, onReady);
    }

    /** Another body made of this one's bytes. */
    BodyReplay replay(BodySource rewritten, Runnable onReady) {
        return new BodyReplay(this, List.of(), rewritten, loop, onReady);
    }

    boolean isOnDisk() {
        return file != null;
    }

    @Override
    public void enter() {
        users++;
    }

    @Override
    public void leave() {
        users--;
        freeIfUnused();
    }

    /** Frees what is held, as soon as no reader uses it. */
    void close() {
        if (!closed) {
            closed = true;
            freeIfUnused();
        }
    }

    boolean isClosed() {
        return closed;
    }

    private void freeIfUnused() {
        if (closed && users == 0) {
            pieces.clear();
            current = new byte[0];
            filled = 0;
            SpoolFile opened = file;
            file = null;
            if (opened != null) {
                opened.close();
            }
            end(memoryLease);
            end(spoolLease);
        }
    }

    private static void end(FairBudget.@Nullable Lease lease) {
        if (lease != null) {
            lease.close();
        }
    }
}

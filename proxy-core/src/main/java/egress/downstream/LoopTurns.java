package egress.downstream;

import egress.share.Caller;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The time of one event loop, in turns. In each pass of the loop over its channels what a caller sends is read for a {@link #sliceNanos slice};
 * the rest waits, and one slice of what waits is worked off after each pass, caller by caller, and each caller's connections one after
 * the other. So a thousand small requests in one read, or in one read each of a thousand connections, keep the loop from others
 * for a moment only. What one caller sends alone is read as fast as ever, in slices.
 */
final class LoopTurns {
    /** Some fifty requests, or one read of a body several times over; far less than others notice. */
    static final long SLICE_NANOS = 1_000_000;

    /** Where all connections are one caller's: sixty of them that are read in one pass need more than a slice. */
    static final long SLICE_ALONE_NANOS = 4_000_000;

    private final EventLoop loop;
    private final LongSupplier nanoTime;
    private final Map<Caller, Share> shares = new HashMap<>();
    /** Callers with something that waits. */
    private final ArrayDeque<Share> waiting = new ArrayDeque<>();

    private final Runnable passEnd = this::passEnds;

    private long pass;
    private boolean passEndAwaited;
    private boolean scheduled;
    /** Whose work is under way, since and until when. */
    private @Nullable Turn working;

    private long beganNanos;
    private long untilNanos;

    LoopTurns(EventLoop loop) {
        this(loop, System::nanoTime);
    }

    LoopTurns(EventLoop loop, LongSupplier nanoTime) {
        this.loop = loop;
        this.nanoTime = nanoTime;
    }

    /** One caller's. */
    private static final class Share {
        private final Caller caller;
        private final ArrayDeque<Turn> waiting = new ArrayDeque<>(0);
        private boolean isWaiting;
        private int connections;
        private long pass;
        private long usedNanos;

        Share(Caller caller) {
            this.caller = caller;
        }
    }

    /** The turn of a connection, which {@link Turn#leave leaves} in the end. */
    Turn enter(Caller caller) {
        return new Turn(join(caller));
    }

    private Share join(Caller caller) {
        Share share = shares.computeIfAbsent(caller, Share::new);
        share.connections++;
        return share;
    }

    private void leave(Share share) {
        share.connections--;
        if (share.connections == 0) {
            shares.remove(share.caller);
        }
    }

    private long sliceNanos() {
        return shares.size() > 1 ? SLICE_NANOS : SLICE_ALONE_NANOS;
    }

    private void passEnds() {
        passEndAwaited = false;
        pass++;
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            // A timed task runs after its loop has looked at all its channels once more; what is executed would run
            // before.
            loop.schedule(this::serve, 1, TimeUnit.NANOSECONDS);
        }
    }

    /** Works off one slice of what waits. */
    private void serve() {
        scheduled = false;
        long until = nanoTime.getAsLong() + sliceNanos();
        try {
            Turn next = next();
            while (next != null) {
                next.resume(until);
                next = nanoTime.getAsLong() - until < 0 ? next() : null;
            }
        } finally {
            if (!waiting.isEmpty()) {
                schedule();
            }
        }
    }

    private @Nullable Turn next() {
        Turn turn = null;
        while (turn == null && !waiting.isEmpty()) {
            Share share = waiting.remove();
            turn = share.waiting.poll(); // none where its last has become another caller's
            share.isWaiting = !share.waiting.isEmpty();
            if (share.isWaiting) {
                waiting.add(share);
            }
        }
        return turn;
    }

    /** One connection's part of the loop's time. */
    final class Turn {
        private Share share;
        private Share charged;
        /** Not empty while it waits. */
        private final ArrayDeque<Runnable> rests = new ArrayDeque<>(0);

        private boolean left;

        private Turn(Share share) {
            this.share = share;
            this.charged = share;
        }

        /** The connection is another caller's from now on. */
        void transfer(Caller to) {
            if (left || to.equals(share.caller)) {
                return;
            }
            share.waiting.remove(this);
            LoopTurns.this.leave(share);
            share = join(to);
            if (!rests.isEmpty()) {
                await();
            }
        }

        /** Nothing more of the connection is worked off. */
        void leave() {
            if (!left) {
                left = true;
                rests.clear(); // and passed over where it waits
                LoopTurns.this.leave(share);
            }
        }

        /**
         * Work of the connection begins, which counts until its {@link #end}.
         *
         * @return false where it is a part of other work, and has no end of its own
         */
        boolean begin() {
            if (working != null) {
                return false;
            }
            Share by = share;
            if (by.pass != pass) {
                by.pass = pass;
                by.usedNanos = 0;
            }
            if (!passEndAwaited) {
                passEndAwaited = true;
                loop.execute(passEnd);
            }
            charged = by;
            beganNanos = nanoTime.getAsLong();
            untilNanos = beganNanos + sliceNanos() - by.usedNanos;
            working = this;
            return true;
        }

        void end() {
            working = null;
            charged.usedNanos += nanoTime.getAsLong() - beganNanos;
        }

        /** Whether the caller has had its slice: what it sent besides is to wait. */
        boolean isSpent() {
            return working != null && nanoTime.getAsLong() - untilNanos >= 0;
        }

        /** Whether the caller had had its slice in this pass before the connection was read. */
        boolean hasNoTime() {
            return share.pass == pass && share.usedNanos >= sliceNanos();
        }

        /** Has it worked off when its turn comes, after what waits of the connection already. */
        void later(Runnable rest) {
            if (left) {
                return;
            }
            rests.add(rest);
            if (rests.size() == 1) {
                await();
            }
        }

        private void await() {
            share.waiting.add(this);
            if (!share.isWaiting) {
                share.isWaiting = true;
                waiting.add(share);
            }
            schedule();
        }

        private void resume(long until) {
            Runnable rest = rests.poll();
            if (rest == null) {
                return; // it has left
            }
            if (!rests.isEmpty()) {
                await();
            }
            untilNanos = until;
            working = this;
            try {
                rest.run();
            } finally {
                working = null;
            }
        }
    }
}

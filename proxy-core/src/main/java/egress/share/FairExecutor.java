package egress.share;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives callers turns at a bounded number of places (threads, connections), each caller the same time of them, and each connection of
 * a caller the same of the caller's. What runs long is paused where its thread lets it, while the turns of those who had less are due.
 * Waiting is bounded too, and shared as {@link FairBudget} shares. Safe for use by every thread.
 */
public final class FairExecutor {
    /** The least time, in nanoseconds, that a work runs before it may be paused. */
    private static final long SLICE = 1_000_000;
    /** Most works that are paused, each of which keeps a thread. */
    private static final int MOST_PAUSED = 32;
    /** Of those, the ones that gave way to another connection of the same caller. */
    private static final int PAUSED_FOR_SIBLINGS = 2;
    /** The part of the places that is kept for callers below their share, where works cannot be paused. */
    private static final int RESERVE = 8;

    private final int places;
    private final int reserve;
    private final FairBudget waiting;
    private final Executor runner;
    private final LongSupplier nanoTime;

    private final Object lock = new Object();
    private final FairQueue<Turn> queue = new FairQueue<>();
    private int running;
    private int paused;
    private boolean closed;

    /** What has a turn. */
    @FunctionalInterface
    public interface Work {
        /** Begins, on a thread of the runner. */
        void run(Turn turn);
    }

    private enum State {
        WAITING,
        RUNNING,
        PAUSED,
        /** Nobody wants it any more: it runs to its end without a place. */
        DISMISSED,
        ENDED
    }

    private FairExecutor(int places, int reserve, int waiting, Executor runner, LongSupplier nanoTime) {
        this.places = places;
        this.reserve = reserve;
        this.waiting = new FairBudget(waiting, nanoTime);
        this.runner = runner;
        this.nanoTime = nanoTime;
    }

    /**
     * For works that compute, and pause where they can.
     *
     * @param places that run at a time
     * @param waiting for a place, at the most
     * @param runner gives each work a thread at once
     */
    public static FairExecutor computing(int places, int waiting, Executor runner) {
        return computing(places, waiting, runner, System::nanoTime);
    }

    static FairExecutor computing(int places, int waiting, Executor runner, LongSupplier nanoTime) {
        return new FairExecutor(places, 0, waiting, runner, nanoTime);
    }

    /** For works that wait for something else, and cannot be paused: a part of the places is kept for callers below their share. */
    public static FairExecutor awaiting(int places, int waiting, Executor runner) {
        return awaiting(places, waiting, runner, System::nanoTime);
    }

    static FairExecutor awaiting(int places, int waiting, Executor runner, LongSupplier nanoTime) {
        int reserve = places == 1 ? 0 : Math.max(1, places / RESERVE);
        return new FairExecutor(places, reserve, waiting, runner, nanoTime);
    }

    /**
     * Has the work run when it is its caller's turn, which ends when the work returns.
     *
     * @throws RejectedExecutionException when the caller has its share of those that wait
     */
    public Turn execute(Claimant who, Work work) {
        return submit(who, work, true);
    }

    /** As {@link #execute}, but the turn goes on until {@link Turn#end}. */
    public Turn begin(Claimant who, Work work) {
        return submit(who, work, false);
    }

    private Turn submit(Claimant who, Work work, boolean endsOnReturn) {
        FairBudget.Lease place = waiting.lease(who, FairBudget.Reclaim.NEVER);
        if (!place.take(1)) {
            place.close();
            throw new RejectedExecutionException("too much waits of " + who.caller());
        }
        Turn turn;
        Turn next;
        synchronized (lock) {
            if (closed) {
                place.close();
                throw new RejectedExecutionException("closed");
            }
            turn = new Turn(queue.enter(who), work, place, endsOnReturn);
            queue.add(turn.line, turn);
            next = next();
        }
        start(next);
        return turn;
    }

    /** What waits for its turn. */
    public FairBudget.Statistics statistics() {
        return waiting.statistics();
    }

    /** How many run, of how many that may. */
    public int running() {
        synchronized (lock) {
            return running;
        }
    }

    /** Takes no more work; what waits is never begun. The runner is its owner's to end. */
    public void close() {
        synchronized (lock) {
            closed = true;
        }
    }

    /** With the lock held: takes the next for a free place, which it holds from now on. */
    private @Nullable Turn next() {
        if (running >= places || closed) {
            return null;
        }
        FairQueue.Line<Turn> line = queue.first(this::mayBegin);
        if (line == null) {
            return null;
        }
        Turn turn = queue.poll(line);
        running++;
        line.account.running++;
        turn.sinceNanos = nanoTime.getAsLong();
        return turn;
    }

    private boolean mayBegin(FairQueue.Account account) {
        return places - running > reserve
                || account.running < Math.max(1, (places - reserve) / Math.max(1, queue.active()));
    }

    /** Without the lock. */
    private void start(@Nullable Turn turn) {
        if (turn == null) {
            return;
        }
        if (turn.resumed()) {
            return;
        }
        try {
            runner.execute(() -> serve(turn));
        } catch (RejectedExecutionException | OutOfMemoryError e) { // no thread
            turn.isNotBegun();
        }
    }

    private void serve(Turn first) {
        Turn turn = first;
        while (turn != null) {
            turn.place.close();
            try {
                turn.work.run(turn);
            } catch (RuntimeException | Error e) {
                turn.end();
                throw e;
            }
            turn = turn.endsOnReturn ? turn.endHere() : null;
        }
    }

    /** A work's claim to a place, and its hold of one. */
    public final class Turn {
        private final FairQueue.Line<Turn> line;
        private final Work work;
        private final FairBudget.Lease place;
        private final boolean endsOnReturn;
        private volatile State state = State.WAITING;
        private volatile @Nullable Thread pausedThread;
        private long sinceNanos;
        private boolean unbegun;

        private Turn(FairQueue.Line<Turn> line, Work work, FairBudget.Lease place, boolean endsOnReturn) {
            this.line = line;
            this.work = work;
            this.place = place;
            this.endsOnReturn = endsOnReturn;
        }

        /**
         * To be called every now and then by a work that runs: stands still while the turns of those who had less time are due.
         * Returns at once where the turn is over, or was never had.
         */
        public void pause() {
            if (state != State.RUNNING || nanoTime.getAsLong() - sinceNanos < SLICE) {
                return;
            }
            Turn next;
            synchronized (lock) {
                if (state != State.RUNNING) {
                    return;
                }
                charge();
                if (!othersAreDue()) {
                    return;
                }
                pausedThread = Thread.currentThread();
                state = State.PAUSED;
                freePlace();
                paused++;
                line.account.paused++;
                queue.addFirst(line, this);
                next = next();
            }
            start(next);
            while (state == State.PAUSED) {
                LockSupport.park(this);
            }
        }

        private boolean othersAreDue() {
            if (running < places) {
                return false;
            }
            FairQueue.Line<Turn> first = queue.first(account -> true);
            if (first == null || line.ahead(first) < SLICE) {
                return false;
            }
            boolean goesOn = queue.peek(first).state == State.PAUSED; // so that no more stand still than now
            boolean sibling = first.account == line.account;
            return goesOn || paused < MOST_PAUSED && (!sibling || line.account.paused < PAUSED_FOR_SIBLINGS);
        }

        /** It got a place: it resumes where it was paused, or begins. */
        private boolean resumed() {
            Thread thread;
            synchronized (lock) {
                thread = pausedThread;
                if (state == State.PAUSED) {
                    paused--;
                    line.account.paused--;
                    pausedThread = null;
                }
                if (state == State.WAITING || state == State.PAUSED) {
                    state = State.RUNNING;
                }
            }
            LockSupport.unpark(thread);
            return thread != null;
        }

        /**
         * Nobody wants it any more.
         *
         * @return whether it was not begun, and never will be; what runs is to end by itself, and needs no place for that
         */
        public boolean cancel() {
            Thread thread;
            synchronized (lock) {
                if (unbegun) {
                    unbegun = false;
                    return true;
                }
                if ((state != State.WAITING && state != State.PAUSED) || !queue.remove(line, this)) {
                    return false;
                }
                thread = pausedThread;
                pausedThread = null;
                if (state == State.WAITING) {
                    state = State.ENDED;
                    queue.leave(line);
                } else {
                    state = State.DISMISSED;
                    paused--;
                    line.account.paused--;
                }
            }
            LockSupport.unpark(thread);
            place.close();
            return thread == null;
        }

        /** There is no thread for it: it ends, and {@link #cancel} is called. */
        private void isNotBegun() {
            place.close();
            synchronized (lock) {
                unbegun = true;
            }
            end();
        }

        /** Gives up the place; harmless afterwards. */
        public void end() {
            Turn next;
            synchronized (lock) {
                over();
                next = next();
            }
            start(next);
        }

        /** As {@link #end}; what this thread is to begin instead, if it is to begin something. */
        private @Nullable Turn endHere() {
            Turn next;
            synchronized (lock) {
                over();
                next = next();
            }
            return next == null || next.resumed() ? null : next;
        }

        private void over() {
            if (state == State.ENDED) {
                return;
            }
            if (state != State.DISMISSED) {
                charge();
                freePlace();
            }
            state = State.ENDED;
            queue.leave(line);
        }

        private void charge() {
            long now = nanoTime.getAsLong();
            queue.charge(line, now - sinceNanos);
            sinceNanos = now;
        }

        private void freePlace() {
            running--;
            line.account.running--;
        }
    }
}

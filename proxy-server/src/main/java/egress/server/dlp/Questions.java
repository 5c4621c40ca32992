package egress.server.dlp;

import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks scanners from an event loop and is back on it with an answer in time. What throws, takes too long, answers nothing or finds
 * no thread is a refusal: nothing leaves unless a scanner said that it may.
 */
final class Questions {
    /** What is scanned where it is asked, in bytes: tens of microseconds at most. */
    static final int SMALL = 8 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Questions.class);
    private static final ScanVerdict SLOW = new ScanVerdict.Refused(Reason.UNAVAILABLE, "no verdict in time");
    private static final ScanVerdict BUSY = new ScanVerdict.Refused(Reason.UNAVAILABLE, "too much waits to be scanned");
    private static final ScanVerdict BROKEN = new ScanVerdict.Refused(Reason.UNAVAILABLE, "the scanner failed");

    private final Executor executor;
    private final long timeoutNanos;

    /** @param executor bounded; what it rejects is refused */
    Questions(Executor executor, Duration timeout) {
        this.executor = executor;
        this.timeoutNanos = timeout.toNanos();
    }

    /** Something that must stay as it is while a scanner may still read it, even when nobody waits for the answer any more. */
    interface Subject {
        Subject NONE = new Subject() {};

        /** A scanner begins to read. */
        default void enter() {}

        /** It is done. */
        default void leave() {}
    }

    /**
     * Asks one question. Everything but the question itself happens on the loop.
     *
     * @param small whether it may be put on the loop, instead of on the executor
     * @param then hears the verdict, once, possibly before this returns
     */
    void ask(
            EventLoop loop,
            boolean small,
            Supplier<CompletionStage<ScanVerdict>> question,
            Subject subject,
            Consumer<ScanVerdict> then) {
        Pending pending = new Pending(loop, subject, then);
        subject.enter();
        if (small) {
            pending.follow(call(question));
        } else {
            try {
                executor.execute(() -> pending.follow(call(question)));
            } catch (RejectedExecutionException e) {
                pending.finish(BUSY);
            }
        }
        pending.limit(timeoutNanos);
    }

    /** As {@link #ask} where the answer comes with the question's return. */
    void askNow(
            EventLoop loop,
            boolean small,
            Supplier<ScanVerdict> question,
            Subject subject,
            Consumer<ScanVerdict> then) {
        ask(loop, small, () -> CompletableFuture.completedFuture(question.get()), subject, then);
    }

    private static CompletionStage<ScanVerdict> call(Supplier<CompletionStage<ScanVerdict>> question) {
        try {
            return question.get();
        } catch (RuntimeException | StackOverflowError e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Without the message: it might quote what was scanned. */
    private static ScanVerdict failed(Throwable e) {
        StackTraceElement[] trace = e.getStackTrace();
        LOG.error("a DLP scanner failed: {} at {}", e.getClass().getName(), trace.length == 0 ? "?" : trace[0]);
        return BROKEN;
    }

    /** A question that was put; belongs to the loop. */
    private static final class Pending {
        private final EventLoop loop;
        private final Subject subject;
        private final Consumer<ScanVerdict> then;
        private boolean settled;
        private @Nullable Future<?> timer;

        Pending(EventLoop loop, Subject subject, Consumer<ScanVerdict> then) {
            this.loop = loop;
            this.subject = subject;
            this.then = then;
        }

        void follow(CompletionStage<ScanVerdict> stage) {
            stage.whenComplete((@Nullable ScanVerdict verdict, @Nullable Throwable e) -> {
                ScanVerdict said = e != null ? failed(e) : verdict == null ? BROKEN : verdict;
                if (loop.inEventLoop()) {
                    finish(said);
                } else {
                    onLoop(loop, () -> finish(said));
                }
            });
        }

        void finish(ScanVerdict verdict) {
            settle(verdict);
            subject.leave();
        }

        void limit(long nanos) {
            if (!settled) {
                timer = loop.schedule(() -> settle(SLOW), nanos, TimeUnit.NANOSECONDS);
            }
        }

        private void settle(ScanVerdict verdict) {
            if (settled) {
                return;
            }
            settled = true;
            Future<?> armed = timer;
            if (armed != null) {
                armed.cancel(false);
            }
            then.accept(verdict);
        }
    }

    /** Goes back to the loop; once it is shut down nobody is left to tell. */
    static void onLoop(EventLoop loop, Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("an event loop is gone");
        }
    }
}

package egress.server.dlp.judge;

import egress.dlp.Pace;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Reason;
import egress.share.Claimant;
import egress.share.FairExecutor;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks scanners for one exchange, from its event loop, and is back on it with an answer in time. What throws, takes too long, answers
 * nothing or finds no place is a refusal: nothing leaves unless a scanner allowed it. Scans without a waiter are ended.
 */
public final class ScanDispatcher {
    /** The largest that is scanned on the event loop, in bytes: tens of microseconds, unless it is made to take long. */
    static final int SMALL = 8 * 1024;
    /** A scan that can be begun again leaves the loop after that. */
    private static final long LONGEST_ON_LOOP = 1_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(ScanDispatcher.class);
    private static final ScanVerdict SLOW = new ScanVerdict.Refused(Reason.UNAVAILABLE, "no verdict in time");
    private static final ScanVerdict BUSY =
            new ScanVerdict.Refused(Reason.OVERLOADED, "too much of yours waits to be scanned");
    private static final ScanVerdict BROKEN = new ScanVerdict.Refused(Reason.UNAVAILABLE, "the scanner failed");

    private final ScanPlaces places;
    private final EventLoop loop;
    private final Claimant who;
    private final LoopTime loopTime;
    private final List<Pending> pending = new ArrayList<>(1);

    /** @param loop the exchange's */
    public ScanDispatcher(ScanPlaces places, EventLoop loop, Claimant who) {
        this.places = places;
        this.loop = loop;
        this.who = who;
        this.loopTime = places.timeOn(loop);
    }

    /** Something that must stay as it is while a scanner may still read it, even when the answer is no longer needed. */
    public interface Subject {
        Subject NONE = new Subject() {};

        /** A scanner begins to read. */
        default void enter() {}

        /** It is done. */
        default void leave() {}
    }

    /** Where a scan of this process may run. */
    enum Where {
        /** On a thread that scans. */
        ELSEWHERE,
        /** On the loop, while its caller has its share of that left. */
        HERE,
        /** There too, but begun again elsewhere where it takes long. */
        HERE_AT_FIRST
    }

    /**
     * Asks a scanner of this process. Everything but the scan itself happens on the loop.
     *
     * @param bytes of what is scanned, about
     * @param then receives the verdict, once, possibly before this returns
     */
    void scan(
            Where where,
            long bytes,
            Function<Pace, CompletionStage<ScanVerdict>> question,
            Subject subject,
            Consumer<ScanVerdict> then) {
        Pending asked = new Pending(subject, then);
        subject.enter();
        if (where != Where.ELSEWHERE && loopTime.isLeft(who.caller()) && scanHere(where, bytes, question, asked)) {
            return;
        }
        asked.submit(
                places.scans(),
                true,
                turn -> asked.answered(watched(ScanWatch.Place.THREAD, bytes, () -> question.apply(asked.pace(turn)))));
    }

    /** @return false where it took too long for the loop */
    private boolean scanHere(
            Where where, long bytes, Function<Pace, CompletionStage<ScanVerdict>> question, Pending asked) {
        long began = places.nanoTime();
        boolean[] stopped = {false};
        Pace pace = where == Where.HERE
                ? Pace.FREE
                : () -> {
                    stopped[0] |= places.nanoTime() - began > LONGEST_ON_LOOP;
                    return !stopped[0];
                };
        CompletionStage<ScanVerdict> stage = watched(ScanWatch.Place.LOOP, bytes, () -> question.apply(pace));
        loopTime.used(who.caller(), places.nanoTime() - began);
        if (stopped[0]) {
            return false;
        }
        asked.answered(stage);
        asked.limit();
        return true;
    }

    /** As {@link #scan}, for a scanner elsewhere, which is asked without blocking. */
    void askOther(
            long bytes,
            Function<Pace, CompletionStage<ScanVerdict>> question,
            Subject subject,
            Consumer<ScanVerdict> then) {
        Pending asked = new Pending(subject, then);
        subject.enter();
        asked.submit(places.others(), false, turn -> {
            CompletionStage<ScanVerdict> stage = watched(ScanWatch.Place.EXTERNAL, bytes, () -> question.apply(asked));
            asked.answered(stage);
            stage.whenComplete((verdict, e) -> turn.end());
        });
    }

    private CompletionStage<ScanVerdict> watched(
            ScanWatch.Place place, long bytes, Supplier<CompletionStage<ScanVerdict>> question) {
        ScanWatch.Scan scan = places.watch().begins(place, bytes);
        CompletionStage<ScanVerdict> stage = call(question);
        if (!scan.equals(ScanWatch.Scan.UNWATCHED)) {
            stage.whenComplete((@Nullable ScanVerdict verdict, @Nullable Throwable e) -> scan.ended(word(verdict)));
        }
        return stage;
    }

    private static String word(@Nullable ScanVerdict verdict) {
        return switch (verdict) {
            case null -> "failed";
            case ScanVerdict.Clean c -> "clean";
            case ScanVerdict.Found f -> "found";
            case ScanVerdict.Denied d -> "denied";
            case ScanVerdict.Refused r -> "refused";
        };
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
        Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        StackTraceElement[] trace = cause.getStackTrace();
        LOG.error("a DLP scanner failed: {} at {}", cause.getClass().getName(), trace.length == 0 ? "?" : trace[0]);
        return BROKEN;
    }

    /** The answer is no longer needed: the scan ends, and its verdict is dropped. */
    public void close() {
        List.copyOf(pending).forEach(Pending::forgetAbout);
    }

    /** A question that was put; belongs to the loop, but for what is volatile. */
    private final class Pending implements Pace {
        private final Subject subject;
        private final Consumer<ScanVerdict> then;
        private boolean settled;
        private @Nullable Future<?> timer;
        private FairExecutor.@Nullable Turn turn;
        private boolean endsByAnswer;
        private volatile boolean unwanted;
        /** Under its own lock, as is the setting of {@link #unwanted}. */
        private Runnable whenEnded = () -> {};

        Pending(Subject subject, Consumer<ScanVerdict> then) {
            this.subject = subject;
            this.then = then;
            pending.add(this);
        }

        void submit(FairExecutor executor, boolean endsOnReturn, FairExecutor.Work work) {
            try {
                endsByAnswer = !endsOnReturn;
                turn = endsOnReturn ? executor.execute(who, work) : executor.begin(who, work);
            } catch (RejectedExecutionException e) {
                finish(BUSY);
            }
            limit();
        }

        /** Lets others go before it, too. */
        Pace pace(FairExecutor.Turn own) {
            return () -> {
                if (!unwanted) {
                    own.pause();
                }
                return !unwanted;
            };
        }

        @Override
        public boolean goOn() {
            return !unwanted;
        }

        @Override
        public void whenEnded(Runnable action) {
            synchronized (this) {
                if (!unwanted) {
                    whenEnded = action;
                    return;
                }
            }
            action.run();
        }

        void answered(CompletionStage<ScanVerdict> by) {
            by.whenComplete((@Nullable ScanVerdict verdict, @Nullable Throwable e) -> {
                ScanVerdict said = e != null ? failed(e) : verdict == null ? BROKEN : verdict;
                if (loop.inEventLoop()) {
                    finish(said);
                } else {
                    onLoop(loop, () -> finish(said));
                }
            });
        }

        private void finish(ScanVerdict verdict) {
            settle(verdict);
            subject.leave();
        }

        void limit() {
            if (!settled) {
                timer = loop.schedule(this::onTimeout, places.timeout().toNanos(), TimeUnit.NANOSECONDS);
            }
        }

        private void onTimeout() {
            end();
            settle(SLOW);
        }

        void forgetAbout() {
            boolean was = settled;
            settled = true;
            if (!was) {
                disarm();
                end();
            }
        }

        /** Whoever scans is to stop; who was not begun never is. */
        private void end() {
            Runnable action;
            synchronized (this) {
                unwanted = true;
                action = whenEnded;
            }
            action.run();
            FairExecutor.Turn place = turn;
            if (place != null && place.cancel()) {
                subject.leave();
            } else if (place != null && endsByAnswer) {
                place.end(); // its place is not kept for an answer that may never come
            }
        }

        private void settle(ScanVerdict verdict) {
            if (!settled) {
                settled = true;
                disarm();
                then.accept(verdict);
            }
        }

        private void disarm() {
            pending.remove(this);
            Future<?> armed = timer;
            if (armed != null) {
                armed.cancel(false);
            }
        }
    }

    /** Returns to the loop; once that is shut down, the result is dropped. */
    public static void onLoop(EventLoop loop, Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("an event loop is gone");
        }
    }
}

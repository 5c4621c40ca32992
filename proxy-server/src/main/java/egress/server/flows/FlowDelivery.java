package egress.server.flows;

import egress.server.log.LogEvent.Facts;
import egress.share.Caller;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recorder's thread: makes flows of what event loops hand over, and gives them to the sinks. The queue before it is bounded by the
 * memory that each entry holds of the recorder's budget until it is dealt with.
 */
final class FlowDelivery {
    private static final Logger LOG = LoggerFactory.getLogger(FlowDelivery.class);

    /** How long a burst is gathered, so that an event loop wakes the thread once and not for each exchange. */
    private static final long GATHER_NANOS = Duration.ofMillis(2).toNanos();

    /** What is under way is shown after this time, so that an exchange that is over by then is made a flow once and not three times. */
    private static final long SHOWN_AFTER_NANOS = Duration.ofMillis(20).toNanos();

    /** Where the queue never ends, that is just when flows are lost. */
    private static final int SAY_AFTER = 256;

    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final Duration GOOD_BYE = Duration.ofSeconds(1);

    private final Queue<Handover> queue = new ConcurrentLinkedQueue<>();
    /** What is to be shown, the first one first. */
    private final ArrayDeque<Progress> unshown = new ArrayDeque<>();

    private final Turns turns = new Turns();
    private final FlowMaker maker;
    private final List<FlowSink> all;
    private final List<FlowSink> live;
    private final FlowLosses losses;
    private final Runnable reopen;
    private final LongAdder recorded = new LongAdder();
    private final AtomicBoolean idle = new AtomicBoolean();
    private final Thread thread;
    private volatile boolean closing;
    private volatile boolean late;

    /** @param reopen opens the log's file anew */
    FlowDelivery(FlowMaker maker, List<FlowSink> sinks, FlowLosses losses, Runnable reopen) {
        this.maker = maker;
        this.all = List.copyOf(sinks);
        this.live = sinks.stream().filter(FlowSink::isLive).toList();
        this.losses = losses;
        this.reopen = reopen;
        this.thread = Thread.ofPlatform().daemon().name("egress-flows").start(this::run);
    }

    /** Whether anybody takes more than whole flows. */
    boolean isLive() {
        return !live.isEmpty();
    }

    /** Flows that were given to the sinks. */
    long recorded() {
        return recorded.sum();
    }

    /** Never blocks. */
    void offer(Handover next) {
        queue.add(next);
        if (idle.get() && idle.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (true) {
            boolean last = closing;
            if (drain()) {
                if (!last) {
                    LockSupport.parkNanos(this, GATHER_NANOS);
                }
                continue;
            }
            if (last) {
                return;
            }
            idle.set(true);
            if (queue.isEmpty() && !closing) {
                Progress first = unshown.peek();
                if (first == null) {
                    LockSupport.park(this);
                } else {
                    LockSupport.parkNanos(this, first.dueNanos - System.nanoTime());
                }
            }
            idle.set(false);
        }
    }

    /** Deals with what is there; false when nothing was. */
    private boolean drain() {
        boolean any = false;
        arrive();
        comeDue();
        Turns.Line line = turns.next();
        long began = System.nanoTime();
        for (int i = 1; line != null; i++) {
            any = true;
            Handover next = turns.poll(line);
            try {
                if (late) {
                    drop(next);
                } else {
                    deliver(next);
                }
            } catch (RuntimeException | Error e) {
                failed(next, e); // a flow less, rather than no record from here on
            }
            if (i % SAY_AFTER == 0) {
                losses.say();
            }
            long now = System.nanoTime();
            turns.charge(line, now - began);
            began = now;
            arrive();
            line = turns.next();
        }
        if (any) {
            paused();
        }
        losses.say();
        return any;
    }

    /** Gives what is to be shown by now its turn. */
    private void comeDue() {
        for (Progress first = unshown.peek();
                first != null && first.dueNanos - System.nanoTime() <= 0;
                first = unshown.peek()) {
            unshown.remove();
            Recording recording = first.recording;
            if (recording != null) {
                turns.add(recording.caller, new Handover.Due(recording));
            }
        }
    }

    /** Puts what has come in where it waits for its turn. */
    private void arrive() {
        for (Handover next = queue.poll(); next != null; next = queue.poll()) {
            Caller caller = next.caller();
            if (caller != null) {
                turns.add(caller, next);
                continue;
            }
            try {
                deliver(next);
            } catch (RuntimeException | Error e) {
                failed(next, e);
            }
        }
    }

    /** The gate ends, and there is no time for it. */
    private void drop(Handover next) {
        switch (next) {
            case Handover.Ended ended -> {
                ended.recording().close();
                losses.lose();
            }
            case Handover.Hello hello -> {
                hello.credit().close();
                losses.lose();
            }
            case Handover.Refused refused -> {
                refused.credit().close();
                losses.lose();
            }
            case Handover.Started _, Handover.Responded _, Handover.Due _, Handover.Message _ -> {
                // its end comes too
            }
            case Handover.Gap _, Handover.GiveWay _, Handover.Reopen _ -> {
                // there is no reader any more
            }
        }
    }

    private void failed(Handover next, Throwable e) {
        boolean whole = switch (next) {
            case Handover.Ended _, Handover.Hello _, Handover.Refused _ -> true;
            case Handover.Started _, Handover.Responded _, Handover.Due _, Handover.Message _ -> false;
            case Handover.Gap _, Handover.GiveWay _, Handover.Reopen _ -> false;
        };
        if (whole) {
            losses.lose();
        }
        LOG.error("a flow could not be recorded", e);
    }

    private void paused() {
        for (FlowSink sink : all) {
            try {
                sink.paused();
            } catch (RuntimeException e) {
                LOG.error("a sink of flows failed", e);
            }
        }
    }

    private void deliver(Handover next) {
        switch (next) {
            case Handover.Started started -> show(started.recording(), null);
            case Handover.Responded responded -> show(responded.recording(), responded.facts());
            case Handover.Due due -> shown(due.recording());
            case Handover.Message message -> deliver(message);
            case Handover.Gap gap -> {
                gap.recording().gap(gap.fromCaller(), false);
                gap.recording().messages.gap(gap.fromCaller());
            }
            case Handover.GiveWay giveWay -> giveWay.recording().giveWay();
            case Handover.Ended ended -> {
                try (Recording recording = ended.recording()) {
                    if (recording.unshown != null) {
                        recording.unshown.recording = null;
                        recording.unshown = null;
                    }
                    ended(maker.ended(recording, ended.facts()));
                }
            }
            case Handover.Hello hello -> {
                try (Credit _ = hello.credit()) {
                    ended(maker.hello(hello));
                }
            }
            case Handover.Refused refused -> {
                try (Credit _ = refused.credit()) {
                    ended(maker.refused(refused));
                }
            }
            case Handover.Reopen _ -> reopen.run();
        }
    }

    /** How far an exchange has come, which is to be shown. */
    static final class Progress {
        private final long dueNanos = System.nanoTime() + SHOWN_AFTER_NANOS;
        /** Null once it is over, so that it is not kept until then. */
        private @Nullable Recording recording;

        /** Null while there is no response. */
        private @Nullable Facts facts;

        private Progress(Recording recording) {
            this.recording = recording;
        }
    }

    private void show(Recording recording, @Nullable Facts facts) {
        Progress progress = recording.unshown;
        if (progress == null) {
            progress = new Progress(recording);
            recording.unshown = progress;
            unshown.add(progress);
        }
        progress.facts = facts;
    }

    private void shown(Recording recording) {
        Progress progress = recording.unshown;
        if (progress == null) {
            return; // over, or shown with its first message
        }
        recording.unshown = null;
        Facts facts = progress.facts;
        if (facts == null) {
            Flow flow = maker.started(recording);
            live.forEach(sink -> sink.started(flow));
        } else {
            Flow flow = maker.responded(recording, facts);
            live.forEach(sink -> sink.responded(flow));
        }
    }

    private void deliver(Handover.Message message) {
        Recording of = message.recording();
        shown(of); // before its messages
        Flow.Message whole = maker.message(of, message.part());
        if (whole != null) {
            of.messages.keep(whole, of.credit);
            live.forEach(sink -> sink.message(of.id, whole));
        }
    }

    /** What one sink throws is not the other's loss. */
    private void ended(Flow flow) {
        RuntimeException failed = null;
        for (FlowSink sink : all) {
            try {
                sink.ended(flow);
            } catch (RuntimeException e) {
                failed = e;
            }
        }
        if (failed != null) {
            throw failed;
        }
        recorded.increment();
    }

    /**
     * Deals with what waits, for at most two seconds; what is left then is lost, and counted.
     *
     * @return false where the thread has not ended, since a sink holds it
     */
    boolean close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (thread.join(LAST_WORDS)) {
                return true;
            }
            late = true;
            return thread.join(GOOD_BYE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

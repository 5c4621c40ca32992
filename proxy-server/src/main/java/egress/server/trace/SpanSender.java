package egress.server.trace;

import egress.server.config.TraceConfig;
import egress.server.log.Notices;
import io.opentelemetry.exporter.internal.FailedExportException;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.HttpResponse;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans of what is over and sends them, on a thread of its own, one export after the other. What does not fit into its queue, or
 * what the receiver does not take, is lost, counted, and said once until it works again.
 */
final class SpanSender {
    /** More than the exporter takes to give up by itself. */
    private static final Duration MARGIN = Duration.ofSeconds(1);
    /** Spans of an exchange, about: the queue counts exchanges, an export spans. */
    private static final int SPANS_OF_ONE = 8;

    private final TraceConfig config;
    private final Function<Recorded, List<SpanData>> spans;
    private final Supplier<SpanExporter> exporters;
    private final Notices notices;
    /** The library's own logger; referenced, since its level is lost when it is collected. */
    private final Logger words = Logger.getLogger("io.opentelemetry");

    private final Queue<Recorded> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean idle = new AtomicBoolean();
    private final LongAdder sent = new LongAdder();
    private final LongAdder failed = new LongAdder();
    /** For which there was no room. */
    private final LongAdder overflow = new LongAdder();

    private final Thread thread;
    private volatile boolean closing;
    private boolean saidFailure;
    private boolean saidOverflow;

    private SpanSender(
            TraceConfig config,
            Function<Recorded, List<SpanData>> spans,
            Supplier<SpanExporter> exporters,
            Notices notices) {
        this.config = config;
        this.spans = spans;
        this.exporters = exporters;
        this.notices = notices;
        this.thread = Thread.ofPlatform().daemon().name("egress-traces").unstarted(this::run);
    }

    /**
     * Sends from now on.
     *
     * @param spans makes the spans of one; on the sender's thread
     * @param exporters makes the exporter; there too, since that takes its time
     */
    static SpanSender start(
            TraceConfig config,
            Function<Recorded, List<SpanData>> spans,
            Supplier<SpanExporter> exporters,
            Notices notices) {
        SpanSender sender = new SpanSender(config, spans, exporters, notices);
        sender.words.setLevel(Level.OFF);
        sender.thread.start();
        return sender;
    }

    /** Takes it, or counts it as lost; never blocks. */
    void offer(Recorded ended) {
        int now = waiting.incrementAndGet();
        if (closing || now > config.batches().queue()) {
            waiting.decrementAndGet();
            ended.close();
            overflow.increment();
            return;
        }
        queue.add(ended);
        if (now >= enough() && idle.get() && idle.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
        }
    }

    /** There was no room for one. */
    void countLost() {
        overflow.increment();
    }

    /** Exchanges whose spans the receiver took. */
    long sent() {
        return sent.sum();
    }

    /** Sampled exchanges whose spans were lost. */
    long lost() {
        return failed.sum() + overflow.sum();
    }

    private int enough() {
        return Math.max(
                1,
                Math.min(
                        config.batches().most() / SPANS_OF_ONE, config.batches().queue() / 2));
    }

    private void run() {
        SpanExporter exporter = made(); // at once: what it loads takes its time, which the last export may not have
        boolean last = false;
        while (!last) {
            pause();
            last = closing;
            while (waiting.get() > 0 && !queue.isEmpty()) {
                exporter = exporter == null ? made() : exporter;
                send(exporter);
                sayOverflow();
            }
        }
        if (exporter != null) {
            exporter.shutdown();
        }
    }

    /** Waits for the time of the next export, or for enough to fill one. */
    private void pause() {
        long until = System.nanoTime() + config.batches().delay().toNanos();
        idle.set(true);
        long left = until - System.nanoTime();
        while (!closing && waiting.get() < enough() && left > 0) {
            LockSupport.parkNanos(this, left);
            left = until - System.nanoTime();
        }
        idle.set(false);
    }

    private @Nullable SpanExporter made() {
        try {
            return exporters.get();
        } catch (RuntimeException | LinkageError e) {
            lose(0, e);
            return null;
        }
    }

    private void send(@Nullable SpanExporter exporter) {
        List<SpanData> batch = new ArrayList<>();
        int exchanges = 0;
        Recorded next;
        while (batch.size() < config.batches().most() && (next = queue.poll()) != null) {
            waiting.decrementAndGet();
            try {
                batch.addAll(spans.apply(next));
                exchanges++;
            } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
                failed.increment(); // a trace less, rather than none from here on
            } finally {
                next.close();
            }
        }
        if (exporter == null) {
            failed.add(exchanges);
        } else if (exchanges > 0) {
            export(exporter, batch, exchanges);
        }
    }

    private void export(SpanExporter exporter, List<SpanData> batch, int exchanges) {
        try {
            CompletableResultCode result =
                    exporter.export(batch).join(config.timeout().plus(MARGIN).toMillis(), TimeUnit.MILLISECONDS);
            if (result.isSuccess()) {
                sent.add(exchanges);
                saidFailure = false;
            } else {
                lose(exchanges, result.getFailureThrowable());
            }
        } catch (RuntimeException e) {
            lose(exchanges, e);
        }
    }

    private void lose(int exchanges, @Nullable Throwable cause) {
        failed.add(exchanges);
        if (!saidFailure) {
            saidFailure = true;
            notices.say("traces cannot be sent to " + config.receiver() + ": " + reason(cause)
                    + "; they are lost and counted until they can be (egress_traces_lost_total)");
        }
    }

    private static String reason(@Nullable Throwable cause) {
        if (cause instanceof FailedExportException.HttpExportException answered && answered.failedWithResponse()) {
            HttpResponse response = answered.getResponse();
            return "it answers " + (response == null ? "an error" : response.getStatusCode());
        }
        Throwable known = cause;
        for (int depth = 0; known != null && known.getCause() != null && depth < 10; depth++) {
            known = known.getCause();
        }
        return known == null ? "no answer in time" : known.getClass().getSimpleName() + message(known);
    }

    private static String message(Throwable known) {
        return known.getMessage() == null ? "" : " " + known.getMessage();
    }

    private void sayOverflow() {
        if (!saidOverflow && overflow.sum() > 0) {
            saidOverflow = true;
            notices.say("traces are lost: there are more than can be sent, and those are counted"
                    + " (egress_traces_lost_total); a smaller OTEL_TRACES_SAMPLER_ARG samples fewer");
        }
    }

    /** Sends what waits, and ends; gives up after so long. */
    void close(Duration most) {
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (!most.isZero()) {
                thread.join(most);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

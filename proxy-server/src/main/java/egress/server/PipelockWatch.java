package egress.server;

import egress.dlp.pipelock.PipelockScanner;
import egress.server.Readiness.Part;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks pipelock what is known to be bad and what is known to be good, until both are answered rightly: the gate is not ready before. */
final class PipelockWatch implements AutoCloseable {
    private static final long AGAIN_MILLIS = 1_000;

    private final PipelockScanner scanner;
    private final Readiness readiness;
    private final Notices notices;
    private final ScheduledThreadPoolExecutor timer;
    private @Nullable String said;

    PipelockWatch(PipelockScanner scanner, Readiness readiness, Notices notices) {
        this.scanner = scanner;
        this.readiness = readiness;
        this.notices = notices;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("egress-pipelock").factory());
    }

    /** Begins, or begins again after a reload. */
    void check() {
        readiness.fault(Part.PIPELOCK, "pipelock has not answered the test questions yet");
        again(0);
    }

    private void again(long delayMillis) {
        try {
            timer.schedule(this::ask, delayMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return; // closed
        }
    }

    private void ask() {
        scanner.probe().whenComplete((result, e) -> {
            if (result != null && result.ready()) {
                readiness.clear(Part.PIPELOCK);
                say("pipelock answers as it should: " + result.words());
            } else {
                String words = result == null ? "pipelock cannot be asked" : result.words();
                readiness.fault(Part.PIPELOCK, words);
                say(words + ": requests that it is asked about are denied until it answers rightly");
                again(AGAIN_MILLIS);
            }
        });
    }

    private synchronized void say(String words) {
        if (!words.equals(said)) {
            said = words;
            notices.say(words);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}

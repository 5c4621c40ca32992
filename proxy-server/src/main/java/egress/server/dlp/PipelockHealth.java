package egress.server.dlp;

import egress.dlp.pipelock.PipelockScanner;
import egress.server.admin.Readiness;
import egress.server.admin.Readiness.Part;
import egress.server.log.Notices;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks pipelock what is known to be bad and what is known to be good, until both are answered rightly: the gate is not ready before. */
final class PipelockHealth implements AutoCloseable {
    private static final long AGAIN_MILLIS = 1_000;

    private final PipelockScanner scanner;
    private final Readiness readiness;
    private final Notices notices;
    private final ScheduledThreadPoolExecutor timer;
    /** Counts the checks: only the latest one's answers mean anything. Guarded by this. */
    private long round;

    private @Nullable String said;

    PipelockHealth(PipelockScanner scanner, Readiness readiness, Notices notices) {
        this.scanner = scanner;
        this.readiness = readiness;
        this.notices = notices;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("egress-pipelock").factory());
    }

    /** Begins, or begins again after a reload; what was asked before counts no more. */
    synchronized void check() {
        round++;
        readiness.fault(Part.PIPELOCK, "pipelock has not answered the test questions yet");
        ask(round, 0);
    }

    private void ask(long asked, long delayMillis) {
        try {
            timer.schedule(
                    () -> {
                        if (isLatest(asked)) {
                            scanner.probe().whenComplete((result, e) -> answered(asked, result));
                        }
                    },
                    delayMillis,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return; // closed
        }
    }

    private synchronized boolean isLatest(long asked) {
        return asked == round;
    }

    private synchronized void answered(long asked, egress.dlp.pipelock.@Nullable Readiness result) {
        if (asked != round) {
            return;
        }
        if (result != null && result.ready()) {
            readiness.clear(Part.PIPELOCK);
            say("pipelock answers as it should: " + result.words());
        } else {
            String words = result == null ? "pipelock cannot be asked" : result.words();
            readiness.fault(Part.PIPELOCK, words);
            say(words + ": requests that it is asked about are denied until it answers rightly");
            ask(asked, AGAIN_MILLIS);
        }
    }

    private void say(String words) {
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

package egress.dlp.pipelock;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The deadline of one request. When it passes, or the verdict is no longer needed, it closes every connection in use, which
 * ends their reads and writes.
 */
final class Deadline implements AutoCloseable {
    private final long end;
    private final Future<?> timer;
    private final Set<Closeable> inUse = new HashSet<>();
    private boolean passed;

    Deadline(ScheduledExecutorService timers, Duration time) {
        this.end = System.nanoTime() + time.toNanos();
        this.timer = timers.schedule(this::pass, time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Nanoseconds left; 0 or less when it has passed. */
    long left() {
        return hasPassed() ? 0 : end - System.nanoTime();
    }

    synchronized boolean hasPassed() {
        return passed;
    }

    /** Has that closed when the time is over. */
    void guard(Closeable connection) throws IOException {
        synchronized (this) {
            if (!passed) {
                inUse.add(connection);
                return;
            }
        }
        connection.close();
        throw new IOException("the time is over");
    }

    synchronized void release(Closeable connection) {
        inUse.remove(connection);
    }

    /** Ends everything at once. */
    void pass() {
        Set<Closeable> closing;
        synchronized (this) {
            passed = true;
            closing = Set.copyOf(inUse);
        }
        for (Closeable connection : closing) {
            try {
                connection.close();
            } catch (IOException ignored) {
                // It is closed all the same, and its user sees that.
            }
        }
    }

    @Override
    public void close() {
        timer.cancel(false);
    }
}

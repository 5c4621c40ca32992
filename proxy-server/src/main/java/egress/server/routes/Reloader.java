package egress.server.routes;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Loads the routes again on request, on a thread of its own: one load at a time, and any number of requests that come
 * during one make one more. A bad file changes nothing.
 */
public final class Reloader implements AutoCloseable {
    /** Where the routes come from. */
    interface Source {
        /** Reads everything anew, by path. */
        RoutesFile.Result load();

        /** A value that changes with the content of everything that {@link #load} reads. */
        String fingerprint();
    }

    /** Receives the result of each load. */
    public interface Listener {
        void loaded(RoutesFile.Loaded routes, long generation);

        /** The old routes stay. */
        void failed(List<String> errors);
    }

    private final Source source;
    private final Listener listener;
    private final Optional<Duration> interval;
    private final InstantSource clock;
    private final Semaphore requests = new Semaphore(0);
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final Thread thread;
    private volatile long generation;
    private volatile Instant lastSuccess;
    private volatile boolean held;
    private volatile boolean closed;

    /**
     * @param generation of the routes in use; 0 when there is none yet
     * @param interval how often to look whether the content has changed since {@code fingerprint}
     */
    public Reloader(
            Source source,
            Listener listener,
            Optional<Duration> interval,
            InstantSource clock,
            long generation,
            String fingerprint) {
        this.source = source;
        this.listener = listener;
        this.interval = interval;
        this.clock = clock;
        this.generation = generation;
        this.held = generation > 0;
        this.lastSuccess = generation == 0 ? Instant.EPOCH : clock.instant();
        this.thread = Thread.ofPlatform().daemon().name("egress-reload").unstarted(() -> run(fingerprint));
    }

    public void start() {
        thread.start();
    }

    /** Asks for a load; returns at once. */
    public void request() {
        requests.release();
    }

    /** Loads that held, since the start. */
    public long successes() {
        return successes.sum();
    }

    public long failures() {
        return failures.sum();
    }

    /** Of the routes in use; 0 before the first valid one. */
    public long generation() {
        return generation;
    }

    /** Whether the last load held. */
    public boolean lastHeld() {
        return held;
    }

    /** When the routes in use were loaded; the epoch before the first. */
    public Instant lastSuccess() {
        return lastSuccess;
    }

    private void run(String first) {
        String known = first;
        while (!closed) {
            try {
                boolean asked = await();
                if (closed) {
                    return;
                }
                requests.drainPermits(); // before reading: a request that comes later has a reason of its own
                String now = source.fingerprint();
                if (asked || !now.equals(known)) {
                    known = now;
                    load();
                }
            } catch (InterruptedException e) {
                return; // closed
            } catch (RuntimeException e) {
                held = false;
                failures.increment();
                listener.failed(List.of("reloading failed: " + e));
            }
        }
    }

    /** Whether a request came, rather than the time to look. */
    private boolean await() throws InterruptedException {
        if (interval.isPresent()) {
            return requests.tryAcquire(interval.get().toMillis(), TimeUnit.MILLISECONDS);
        }
        requests.acquire();
        return true;
    }

    private void load() {
        switch (source.load()) {
            case RoutesFile.Result.Invalid invalid -> {
                held = false;
                failures.increment();
                listener.failed(invalid.errors());
            }
            case RoutesFile.Result.Valid valid -> {
                long next = generation + 1;
                listener.loaded(valid.loaded(), next);
                generation = next;
                lastSuccess = clock.instant();
                held = true;
                successes.increment();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}

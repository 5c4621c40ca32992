package egress.server.dlp.judge;

import egress.share.FairExecutor;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Where scans run, and how long: threads for those of this process, questions to a scanner elsewhere. */
public final class ScanPlaces implements AutoCloseable {
    /** Scans that wait for a thread, and questions that wait for their turn. */
    private static final int WAITING = 1024;
    /** Questions to a scanner elsewhere at a time; as many as it takes connections. */
    private static final int OTHERS = 64;

    private final ExecutorService threads;
    private final FairExecutor scans;
    private final FairExecutor others = FairExecutor.awaiting(OTHERS, WAITING, Runnable::run);
    private final Duration timeout;
    private final ScanWatch watch;
    private final Map<EventLoop, LoopTime> loops = new ConcurrentHashMap<>();

    /** @param timeout of a verdict */
    public ScanPlaces(int most, Duration timeout, ScanWatch watch) {
        this.threads = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE, // as many as have a place, and those that are paused
                30,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name("egress-dlp-", 0).factory());
        this.scans = FairExecutor.computing(most, WAITING, threads);
        this.timeout = timeout;
        this.watch = watch;
    }

    public FairExecutor scans() {
        return scans;
    }

    public FairExecutor others() {
        return others;
    }

    Duration timeout() {
        return timeout;
    }

    ScanWatch watch() {
        return watch;
    }

    long nanoTime() {
        return System.nanoTime();
    }

    /** What scans may take of an event loop's time. */
    LoopTime timeOn(EventLoop loop) {
        LoopTime known = loops.get(loop);
        return known != null ? known : loops.computeIfAbsent(loop, _ -> new LoopTime(this::nanoTime));
    }

    @Override
    public void close() {
        scans.close();
        others.close();
        threads.shutdown();
    }
}

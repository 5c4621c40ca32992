package egress.server.dlp.judge;

import egress.server.dlp.body.SlowBodies;
import egress.share.FairExecutor;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Where scans run, and how long: threads for those of this process, questions to a scanner elsewhere, and what belongs to each loop. */
public final class ScanPlaces implements AutoCloseable {
    /** Scans that wait for a thread, and questions that wait for their turn. */
    private static final int WAITING = 1024;
    /** Questions to a scanner elsewhere at a time; as many as it takes connections. */
    private static final int OTHERS = 64;

    private final ExecutorService threads;
    private final FairExecutor scans;
    private final FairExecutor others = FairExecutor.awaiting(OTHERS, WAITING, Runnable::run);
    private final Duration timeout;
    private final SlowBodies.Rate rate;
    private final Map<EventLoop, OfLoop> loops = new ConcurrentHashMap<>();

    /** What belongs to one event loop. */
    public record OfLoop(LoopTime time, SlowBodies slow) {}

    /** @param timeout of a verdict */
    public ScanPlaces(int most, Duration timeout, SlowBodies.Rate rate) {
        this.threads = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE, // as many as have a place, and those that are paused
                30,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name("egress-dlp-", 0).factory());
        this.scans = FairExecutor.computing(most, WAITING, threads);
        this.timeout = timeout;
        this.rate = rate;
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

    long nanoTime() {
        return System.nanoTime();
    }

    public OfLoop on(EventLoop loop) {
        OfLoop known = loops.get(loop);
        return known != null ? known : loops.computeIfAbsent(loop, this::made);
    }

    private OfLoop made(EventLoop loop) {
        return new OfLoop(new LoopTime(this::nanoTime), new SlowBodies(loop, rate));
    }

    @Override
    public void close() {
        scans.close();
        others.close();
        threads.shutdown();
    }
}

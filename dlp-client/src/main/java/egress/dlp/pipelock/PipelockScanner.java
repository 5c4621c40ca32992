package egress.dlp.pipelock;

import egress.dlp.Pace;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import egress.dlp.Scanner;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Has pipelock scan each request. It allows only what pipelock clearly allowed; when pipelock is down, slow, full or odd it refuses with
 * {@link Reason#UNAVAILABLE}, and asks anew for the next request, so it recovers by itself. Thread-safe. Stages complete on threads of
 * its own; cancelling one ends its questions.
 */
public final class PipelockScanner implements Scanner, AutoCloseable {
    private final PipelockSettings settings;
    private final SecureRandom random;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("pipelock-", 0).factory());
    private final ScheduledThreadPoolExecutor timers;
    private final Set<Deadline> running = ConcurrentHashMap.newKeySet();
    private final PipelockClient asking;
    private final @Nullable Sink sink;
    private final @Nullable ScanApi scan;

    private PipelockScanner(
            PipelockSettings settings,
            SecureRandom random,
            PipelockClient asking,
            @Nullable Sink sink,
            @Nullable ScanApi scan) {
        this.settings = settings;
        this.random = random;
        this.asking = asking;
        this.sink = sink;
        this.scan = scan;
        this.timers = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("pipelock-timer").factory());
        timers.setRemoveOnCancelPolicy(true);
    }

    /**
     * Makes one, and opens its sink where the way has one.
     *
     * @throws IOException when the sink cannot listen where it should
     */
    public static PipelockScanner start(PipelockSettings settings, SecureRandom random) throws IOException {
        String token = settings.token();
        ScanApi scan = settings.scan() == null || token == null || settings.way() == PipelockMode.SCAN
                ? null
                : new ScanApi(settings.scan(), token, settings.connections());
        return switch (settings.way()) {
            case SINK -> {
                Sink sink = new Sink(settings.sink(), random);
                yield new PipelockScanner(settings, random, new ReverseProxyClient(settings, sink), sink, scan);
            }
            case SCAN -> {
                ScanApi api = new ScanApi(settings.base(), token == null ? "" : token, settings.connections());
                yield new PipelockScanner(settings, random, new ScanApiClient(api, settings.maxBody()), null, null);
            }
            case FORWARD -> new PipelockScanner(settings, random, new ForwardProxyClient(settings), null, scan);
        };
    }

    /** Where pipelock's reverse proxy must have its upstream; empty on the other ways. */
    public Optional<InetSocketAddress> sinkAddress() {
        return Optional.ofNullable(sink).map(Sink::address);
    }

    /**
     * Whether only whole requests can be asked, once each: the forward way sends on what it is asked, so a head without its body
     * would reach the host, and a body without its head has none.
     */
    @Override
    public boolean wantsWholeRequests() {
        return settings.way() == PipelockMode.FORWARD;
    }

    /** The warnings about this mode for an operator, at start. */
    public Optional<String> warning() {
        return switch (settings.way()) {
            case SINK -> Optional.empty();
            case SCAN ->
                Optional.of(
                        "pipelock's scan API sees texts, not requests: it finds less than the sink way, which is to be preferred");
            case FORWARD ->
                Optional.of(
                        "pipelock's forward proxy really sends a clear-text (http) copy of every allowed request to its host, so each"
                                + " POST runs twice; a block is told from the host's own answer by its form alone: prefer the sink way");
        };
    }

    @Override
    public CompletionStage<ScanVerdict> scan(ScanRequest request) {
        return scan(request, Pace.FREE);
    }

    @Override
    public CompletionStage<ScanVerdict> scan(ScanRequest request, Pace pace) {
        if (!RequestRendering.isSound(request)) {
            return CompletableFuture.completedFuture(
                    PipelockClient.denied("a control character in the request line or a field"));
        }
        return bounded(
                deadline -> judge(request, deadline),
                words -> new Refused(Reason.UNAVAILABLE, "pipelock: " + words),
                pace);
    }

    /**
     * Asks known-bad and known-good questions by the configured way: at start, after a reload, and until they are answered rightly. The
     * forward way sends its known-good question to a listener of its own on loopback.
     */
    public CompletionStage<Readiness> probe() {
        return bounded(this::selfTest, fault -> new Readiness(false, "pipelock: " + fault), Pace.FREE);
    }

    private Readiness selfTest(Deadline deadline) throws IOException {
        if (settings.way() != PipelockMode.FORWARD) {
            return new SelfTest(settings.way(), asking, scan, null, random).run(deadline);
        }
        try (Sink target = new Sink(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), random)) {
            return new SelfTest(settings.way(), asking, scan, target.address(), random).run(deadline);
        }
    }

    private ScanVerdict judge(ScanRequest request, Deadline deadline) throws IOException {
        try {
            return askAll(request, deadline);
        } catch (BodyRefusedException e) {
            return new Refused(e.reason(), String.valueOf(e.getMessage()));
        }
    }

    private ScanVerdict askAll(ScanRequest request, Deadline deadline) throws IOException {
        ScanApi urls = scan;
        if (urls == null) {
            return asking.ask(request, deadline);
        }
        Future<ScanVerdict> url = threads.submit(() -> urls.url(request, deadline));
        ScanVerdict verdict;
        try {
            verdict = asking.ask(request, deadline);
        } catch (IOException e) {
            url.cancel(true);
            throw e;
        }
        if (verdict instanceof Clean) {
            return joined(url);
        }
        url.cancel(true);
        return verdict;
    }

    private static ScanVerdict joined(Future<ScanVerdict> url) throws IOException {
        try {
            return url.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    private <T> CompletionStage<T> bounded(Judgement<T> judgement, Function<String, T> refusal, Pace pace) {
        CompletableFuture<T> out = new CompletableFuture<>();
        try {
            Deadline deadline = new Deadline(timers, settings.timeout());
            running.add(deadline);
            pace.whenEnded(deadline::pass);
            threads.execute(() -> out.complete(within(deadline, judgement, refusal)));
            out.whenComplete((v, e) -> {
                if (e instanceof CancellationException) {
                    deadline.pass();
                }
            });
        } catch (RejectedExecutionException closed) {
            out.complete(refusal.apply("the scanner is closed"));
        }
        return out;
    }

    private <T> T within(Deadline deadline, Judgement<T> judgement, Function<String, T> refusal) {
        try (deadline) {
            return judgement.of(deadline);
        } catch (IOException e) {
            return refusal.apply(
                    deadline.hasPassed()
                            ? "no answer within " + settings.timeout().toMillis() + " ms"
                            : words(e));
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return refusal.apply("asking failed: " + e.getClass().getSimpleName());
        } finally {
            running.remove(deadline);
        }
    }

    private static String words(IOException e) {
        return switch (e) {
            case WireException odd -> String.valueOf(odd.getMessage());
            case ConnectException refused -> "cannot be reached";
            case UnknownHostException unknown -> "its name cannot be resolved";
            case EOFException ended -> "closes the connection without an answer";
            case SocketException reset -> "broke the connection off";
            default -> "gives no answer";
        };
    }

    /** Ends every question: each is refused. */
    @Override
    public void close() {
        threads.shutdown();
        running.forEach(Deadline::pass);
        timers.shutdownNow();
        try {
            asking.close();
            if (scan != null) {
                scan.close();
            }
        } catch (IOException ignored) {
            // Nothing is left open that could be closed.
        }
    }

    @FunctionalInterface
    private interface Judgement<T> {
        T of(Deadline deadline) throws IOException;
    }
}

package egress.server.dlp;

import egress.dlp.Scanner;
import egress.dlp.builtin.BuiltInScanner;
import egress.dlp.injection.PromptInjectionDetector;
import egress.exchange.Inspector;
import egress.policy.Route;
import egress.server.config.DlpConfig;
import egress.server.dlp.body.SlowBodies;
import egress.server.dlp.body.Spool;
import egress.server.dlp.judge.CallerMemory;
import egress.server.dlp.judge.KnownHitLock;
import egress.server.dlp.judge.KnownSecrets;
import egress.server.dlp.judge.NameBudget;
import egress.server.dlp.judge.ScanPlaces;
import egress.server.dlp.judge.ScanWatch;
import egress.server.dlp.judge.Scanners;
import egress.server.dlp.judge.Supervision;
import egress.share.Claimant;
import egress.share.FairBudget;
import egress.share.FairExecutor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What inspection needs for as long as the process runs: threads, budgets, the key of the fingerprints. Safe for every thread. */
public final class DlpEngine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DlpEngine.class);

    /** Held for one message of a stream, in bytes, whatever the bound for bodies is: it lies in one array. */
    private static final int MAX_MESSAGE = 1 << 30;

    /** The part of the memory for held bodies that what is remembered of callers takes beside it. */
    private static final int REMEMBERED_PART = 8;

    private static final long LEAST_REMEMBERED = 512 * 1024;
    private static final int DISK_QUEUE = 4096;
    private static final int SPOOL_THREADS = 2;

    private final DlpConfig settings;
    private final Optional<Scanner> external;
    private final byte[] fingerprintKey;
    private final ScanPlaces places;
    private final ThreadPoolExecutor disk;
    private final DlpServices services;
    private final AtomicBoolean warm = new AtomicBoolean();
    private volatile @Nullable CompletableFuture<BuiltInScanner> newest;

    private DlpEngine(
            DlpConfig settings,
            Optional<Scanner> external,
            byte[] fingerprintKey,
            RandomGenerator random,
            ScanWatch watch) {
        this.settings = settings;
        this.external = external;
        this.fingerprintKey = fingerprintKey.clone();
        int most = Math.max(2, Runtime.getRuntime().availableProcessors());
        this.places = new ScanPlaces(most, settings.timeout(), watch);
        this.disk = diskThreads();
        FairExecutor turns = FairExecutor.computing(SPOOL_THREADS, DISK_QUEUE, disk);
        this.services = new DlpServices(
                places,
                settings.maxBody(),
                (int) Math.min(settings.maxBody(), MAX_MESSAGE),
                new FairBudget(settings.memory()),
                new Spool(settings.spoolDirectory(), new FairBudget(settings.spoolMax()), turns),
                new SlowBodies.PerLoop(settings.bodyRate()),
                new KnownHitLock(settings.knownHits(), System::nanoTime),
                new CallerMemory(
                        new FairBudget(Math.max(LEAST_REMEMBERED, settings.memory() / REMEMBERED_PART)),
                        random,
                        System::nanoTime),
                new NameBudget(System::nanoTime),
                () -> new PromptInjectionDetector(this.fingerprintKey),
                random);
    }

    /**
     * Starts it.
     *
     * @param external another scanner that looks too, without blocking its caller; it stays its owner's
     * @param fingerprintKey the same key calls a value the same, so that an operator can allow it
     * @param random not to be foretold by an agent
     * @param watch is notified of each scan
     * @throws IOException when bodies cannot be spooled to the directory
     */
    public static DlpEngine start(
            DlpConfig settings,
            Optional<Scanner> external,
            byte[] fingerprintKey,
            RandomGenerator random,
            ScanWatch watch)
            throws IOException {
        DlpEngine engine = new DlpEngine(settings, external, fingerprintKey, random, watch);
        if (engine.isOn()) {
            try (FileChannel probe = engine.services.spool().open()) {
                probe.size();
            } catch (IOException e) {
                engine.close();
                throw new IOException("--spool-dir: " + settings.spoolDirectory() + ": " + e, e);
            }
        }
        return engine;
    }

    private static ThreadPoolExecutor diskThreads() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                SPOOL_THREADS,
                SPOOL_THREADS,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(DISK_QUEUE),
                Thread.ofPlatform().daemon().name("egress-spool-", 0).factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /**
     * The inspector of one snapshot. Its scanner is made in the background, from the patterns and the secrets.
     *
     * @param secrets that must not leave, besides the routes' credentials
     * @param environment of the process, for the secrets in it
     */
    public Inspector inspector(Collection<Route> routes, Collection<String> secrets, Map<String, String> environment) {
        return inspector(routes, secrets, environment, Supervision.NOBODY);
    }

    /**
     * The same.
     *
     * @param supervision who is asked about hits on routes that supervise
     */
    public Inspector inspector(
            Collection<Route> routes,
            Collection<String> secrets,
            Map<String, String> environment,
            Supervision supervision) {
        if (!isOn()) {
            return routes.stream().anyMatch(Route::isPattern) ? new NamesOnly(services.names()) : Inspector.NONE;
        }
        Optional<Scanners.BuiltIn> builtIn = Optional.empty();
        if (settings.builtIn()) {
            CompletableFuture<BuiltInScanner> made = make(KnownSecrets.of(routes, secrets, environment));
            newest = made;
            builtIn =
                    Optional.of(new Scanners.BuiltIn(made.thenApply(scanner -> new Scanners.Faces(scanner, scanner))));
        }
        return new DlpInspector(services, new Scanners(builtIn, external), routes, settings, supervision);
    }

    /** The scanner of this process that the newest inspector asks; empty where none does. */
    Optional<CompletableFuture<BuiltInScanner>> scanner() {
        return Optional.ofNullable(newest);
    }

    private CompletableFuture<BuiltInScanner> make(Collection<byte[]> secrets) {
        Supplier<BuiltInScanner> making = () -> {
            // On the asking thread, always: who asks knows best which thread that should be.
            BuiltInScanner scanner = new BuiltInScanner(secrets, fingerprintKey, Runnable::run);
            scanner.test();
            if (warm.compareAndSet(false, true)) {
                warmUp(scanner);
            }
            return scanner;
        };
        try {
            Executor asGate = task -> places.scans().execute(Claimant.SELF, turn -> task.run());
            return CompletableFuture.supplyAsync(making, asGate);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture(making.get());
        }
    }

    // Beside the first requests, if there are any already: they need not wait for it.
    private void warmUp(BuiltInScanner scanner) {
        try {
            places.scans().execute(Claimant.SELF, turn -> scanner.warmUp());
        } catch (RejectedExecutionException e) {
            LOG.debug("the scanner is not warmed up: nobody has the time");
        }
    }

    /** Whether anybody looks at all. */
    public boolean isOn() {
        return settings.builtIn() || external.isPresent();
    }

    /**
     * How it stands.
     *
     * @param memory for bodies that wait for their verdict
     * @param spool for those of them that are too large for memory
     * @param scans that wait for a thread
     * @param questions to another scanner that wait for their turn
     * @param remembered of callers, from exchange to exchange
     * @param running scans
     */
    public record Statistics(
            FairBudget.Statistics memory,
            FairBudget.Statistics spool,
            FairBudget.Statistics scans,
            FairBudget.Statistics questions,
            FairBudget.Statistics remembered,
            int running) {}

    public Statistics statistics() {
        return new Statistics(
                services.memory().statistics(),
                services.spool().quota().statistics(),
                places.scans().statistics(),
                places.others().statistics(),
                services.callers().statistics(),
                places.scans().running());
    }

    @Override
    public void close() {
        places.close();
        disk.shutdown();
    }
}

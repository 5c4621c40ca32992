package egress.dlp.builtin;

import egress.dlp.MessageScanner;
import egress.dlp.Place;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.Scanner;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;

/**
 * The scanner that the jar brings along. Thread-safe; one instance serves until the secrets change. What is small is scanned at once
 * on the caller's thread, the rest on the executor.
 */
public final class BuiltInScanner implements Scanner, MessageScanner.Factory {
    /** In bytes: a body up to this is scanned where the caller is, in well under a millisecond. */
    public static final int INLINE = 32 * 1024;

    private static final int SHORTEST_SECRET = 8;
    private static final int IDLE = 16;

    private final Catalogue catalogue;
    private final Catalogue folded;
    private final Fingerprints fingerprints;
    private final Executor executor;
    private final ConcurrentLinkedQueue<Scratch> idle = new ConcurrentLinkedQueue<>();

    /**
     * @param secrets the values to guard, as bytes; those shorter than 8 are left out, since they stand everywhere
     * @param fingerprintKey for the fingerprints: the same key makes the same ones
     * @param executor for what takes longer than a caller's thread should be kept
     */
    public BuiltInScanner(Collection<byte[]> secrets, byte[] fingerprintKey, Executor executor) {
        List<TokenRule> rules = DetectorFile.read();
        List<byte[]> guarded =
                secrets.stream().filter(s -> s.length >= SHORTEST_SECRET).toList();
        this.catalogue = Catalogue.of(rules, guarded);
        this.folded = Catalogue.folded(rules);
        this.fingerprints = new Fingerprints(fingerprintKey);
        this.executor = executor;
    }

    @Override
    public CompletionStage<ScanVerdict> scan(ScanRequest request) {
        if (request.body().length() <= INLINE) {
            return CompletableFuture.completedFuture(scanNow(request));
        }
        return CompletableFuture.supplyAsync(() -> scanNow(request), executor);
    }

    /** As {@link #scan}, on this thread. */
    public ScanVerdict scanNow(ScanRequest request) {
        Scratch scratch = borrow();
        ScanRun run = run(request.options(), scratch);
        HeadScan head = new HeadScan(run, folded);
        head.head(request);
        new BodyScan(run).body(request);
        head.trailers(request.trailers());
        giveBack(scratch);
        return run.verdict();
    }

    @Override
    public MessageScanner open(Place place, ScanOptions options) {
        return new BuiltInMessageScanner(run(options, new Scratch()), place);
    }

    /** What a value is called in findings and in {@code allow_fingerprints}. */
    public String fingerprint(byte[] value) {
        return fingerprints.of(value);
    }

    ScanRun run(ScanOptions options, Scratch scratch) {
        return new ScanRun(catalogue, options, fingerprints, scratch);
    }

    Scratch borrow() {
        Scratch scratch = idle.poll();
        return scratch == null ? new Scratch() : scratch;
    }

    // Not reached when a scan threw: then its buffers are nobody's.
    private void giveBack(Scratch scratch) {
        if (idle.size() < IDLE) {
            idle.offer(scratch);
        }
    }
}

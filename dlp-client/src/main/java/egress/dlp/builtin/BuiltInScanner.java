package egress.dlp.builtin;

import egress.dlp.BodySource;
import egress.dlp.HeaderField;
import egress.dlp.Leaving;
import egress.dlp.MessageScanner;
import egress.dlp.Pace;
import egress.dlp.Place;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.dlp.Scanner;
import egress.dlp.SentBefore;
import egress.dlp.SentValues;
import egress.dlp.builtin.decode.Decoders;
import egress.dlp.builtin.join.Structure;
import egress.dlp.builtin.rule.DetectorFile;
import egress.dlp.builtin.rule.DetectorIndex;
import egress.dlp.builtin.rule.TokenRule;
import egress.dlp.builtin.scan.BufferPool;
import egress.dlp.builtin.scan.Fingerprints;
import egress.dlp.builtin.scan.ScanContext;
import egress.dlp.builtin.scan.SegmentScanner;
import egress.dlp.builtin.scan.SmallValues;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The scanner inside the jar. Thread-safe; one instance serves until the secrets change. A small body is scanned on the caller's
 * thread, a larger one on the executor.
 */
public final class BuiltInScanner implements Scanner, MessageScanner.Factory {
    /** What every scanning route blocks, as {@code egress_test_value}, in each dress: for operators to try. */
    public static final String TEST_VALUE = "egress-test-value-Zq7Xw2Lm9Kd4Tn8Rv5Hb3Yc6Jp1Gs0Ft";

    /** The largest body in bytes that is scanned on the caller's thread, in well under a millisecond. */
    public static final int INLINE = 32 * 1024;

    private static final int SHORTEST_SECRET = 8;
    private static final int IDLE = 16;
    private static final int WARM_SCANS = 20;

    private final SegmentScanner passes;
    private final SplitSearch search;
    private final DetectorIndex folded;
    private final Fingerprints fingerprints;
    private final CleanHeads clean = new CleanHeads();
    private final Executor executor;
    private final ConcurrentLinkedQueue<BufferPool> idle = new ConcurrentLinkedQueue<>();

    /**
     * @param secrets the values to guard, as bytes; those shorter than 8 are left out, since they stand everywhere
     * @param fingerprintKey for the fingerprints: the same key makes the same ones
     * @param executor for what takes longer than a caller's thread should be kept
     */
    public BuiltInScanner(Collection<byte[]> secrets, byte[] fingerprintKey, Executor executor) {
        List<TokenRule> rules = DetectorFile.read();
        List<byte[]> guarded =
                secrets.stream().filter(s -> s.length >= SHORTEST_SECRET).toList();
        DetectorIndex detectors = DetectorIndex.of(rules, guarded, Decoders.literals());
        this.passes = new ScanPasses(detectors);
        this.search = new SplitSearch(detectors);
        this.folded = DetectorIndex.folded(rules, guarded);
        this.fingerprints = new Fingerprints(fingerprintKey);
        this.executor = executor;
    }

    @Override
    public CompletionStage<ScanVerdict> scan(ScanRequest request) {
        return scan(request, Pace.FREE);
    }

    @Override
    public CompletionStage<ScanVerdict> scan(ScanRequest request, Pace pace) {
        if (request.body().length() <= INLINE) {
            return CompletableFuture.completedFuture(scanNow(request, pace, null));
        }
        return CompletableFuture.supplyAsync(() -> scanNow(request, pace, null), executor);
    }

    @Override
    public CompletionStage<ScanVerdict> scan(ScanRequest request, Pace pace, SentBefore sent) {
        if (request.body().length() <= INLINE) {
            return CompletableFuture.completedFuture(scanNow(request, pace, sent));
        }
        return CompletableFuture.supplyAsync(() -> scanNow(request, pace, sent), executor);
    }

    /** As {@link #scan}, on this thread. */
    public ScanVerdict scanNow(ScanRequest request) {
        return scanNow(request, Pace.FREE, null);
    }

    private ScanVerdict scanNow(ScanRequest request, Pace pace, @Nullable SentBefore sent) {
        BufferPool scratch = borrow();
        ScanContext run = run(request.options(), scratch);
        run.pacedBy(pace);
        run.gathers(sent == null ? null : new SmallValues(sent.values().get()));
        Leaving leaving = sent == null || sent.to() == null ? null : new Leaving(sent.to());
        run.leaves(leaving);
        HeadScan head = new HeadScan(run, folded, clean);
        long bytes = head.head(request, leaving);
        new BodyScan(run).body(request);
        if (leaving != null && !request.trailers().isEmpty()) {
            leaving.trailers(request.trailers());
        }
        head.trailers(request.trailers());
        Optional<SentValues.State> state = sent == null ? Optional.empty() : search.compare(run, sent.leavesAnyway());
        giveBack(scratch);
        ScanVerdict verdict = run.verdict();
        // What is known is not kept anew: what of it was sent is forgotten in time, however often it comes.
        boolean found = !(verdict instanceof ScanVerdict.Clean passes
                && passes.warnings().isEmpty());
        if (!found && !run.excused() && !head.isRepeated()) {
            clean.keep(request, bytes, leaving == null ? null : state.orElse(null));
        }
        if (leaving != null && sent != null && (verdict instanceof ScanVerdict.Clean || sent.leavesAnyway())) {
            leaving.left();
        }
        return verdict;
    }

    /** Scans bytes that belong to no message. */
    ScanVerdict scanBytes(byte[] bytes, ScanOptions options) {
        BufferPool scratch = borrow();
        ScanContext run = run(options, scratch);
        new BodyScan(run).bytes(bytes);
        giveBack(scratch);
        return run.verdict();
    }

    /**
     * Scans a made-up request that exercises most code: the first scan loads classes and tables and takes a hundred times as long as
     * the second.
     */
    public void warmUp() {
        String text =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"line one\\n\\tline \\u00e9 two\\n"
                        + "a%20b &amp; c \u00e9\u2026 QmFzZTY0IHRleHQgaW4gYSBib2R5LCBubyBrZXk= 686578206f66206120746578742c20706c61696e\"}]}";
        byte[] body = text.repeat(8).getBytes(StandardCharsets.UTF_8);
        List<HeaderField> fields = List.of(
                new HeaderField("content-type", "application/json"), new HeaderField("authorization", "Bearer none"));
        ScanRequest request = new ScanRequest(
                "warm.example",
                "POST",
                "/v1/a?b=c&d=e",
                fields,
                BodySource.of(body),
                List.of(),
                ScanOptions.defaults());
        for (int i = 0; i < WARM_SCANS; i++) {
            scanNow(request);
        }
    }

    /**
     * Tries the scanner with the test value that operators try it with, in a nested dress.
     *
     * @throws IllegalStateException when it is not found: nothing may leave by such a scanner
     */
    public void test() {
        String base64 = Base64.getEncoder().encodeToString(TEST_VALUE.getBytes(StandardCharsets.US_ASCII));
        for (String text : List.of(TEST_VALUE, "{\"note\": \"" + base64 + "\"}")) {
            ScanVerdict verdict = scanBytes(text.getBytes(StandardCharsets.US_ASCII), ScanOptions.listed(List.of()));
            if (!(verdict instanceof ScanVerdict.Found)) {
                throw new IllegalStateException("the scanner does not find its own test value");
            }
        }
    }

    @Override
    public MessageScanner open(Place place, ScanOptions options, List<HeaderField> head) {
        return new BuiltInMessageScanner(run(options, new BufferPool()), place, Structure.Types.of(head), search);
    }

    /** The fingerprint of a value in findings and in {@code allow_fingerprints}. */
    public String fingerprint(byte[] value) {
        return fingerprints.of(value);
    }

    ScanContext run(ScanOptions options, BufferPool scratch) {
        return new ScanContext(passes, options, fingerprints, scratch);
    }

    BufferPool borrow() {
        BufferPool scratch = idle.poll();
        return scratch == null ? new BufferPool() : scratch;
    }

    // Skipped when a scan throws: its buffers may then still be in use.
    private void giveBack(BufferPool scratch) {
        if (idle.size() < IDLE) {
            idle.offer(scratch);
        }
    }
}

package egress.dlp;

import egress.dlp.ScanVerdict.Clean;
import egress.dlp.ScanVerdict.Denied;
import egress.dlp.ScanVerdict.Found;
import egress.dlp.ScanVerdict.Reason;
import egress.dlp.ScanVerdict.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Several scanners as one: only what all of them find clean is clean. They are asked one after the other, so the cheapest comes
 * first: what it does not find clean is not put to the next, which may be another process. What one of them throws denies.
 */
public final class AllOf implements Scanner {
    private final List<Scanner> scanners;

    private AllOf(List<Scanner> scanners) {
        this.scanners = scanners;
    }

    /**
     * One scanner that asks all of these.
     *
     * @throws IllegalArgumentException when there is none: nothing would be scanned
     */
    public static Scanner of(List<Scanner> scanners) {
        if (scanners.isEmpty()) {
            throw new IllegalArgumentException("scanners: none (expected: at least one)");
        }
        return new AllOf(List.copyOf(scanners));
    }

    @Override
    public CompletionStage<ScanVerdict> scan(ScanRequest request) {
        return scan(request, Pace.FREE);
    }

    @Override
    public CompletionStage<ScanVerdict> scan(ScanRequest request, Pace pace) {
        CompletionStage<ScanVerdict> verdict = ask(scanners.getFirst(), request, pace);
        for (Scanner next : scanners.subList(1, scanners.size())) {
            verdict = verdict.thenCompose(so -> switch (so) {
                case Clean clean -> ask(next, request, pace).thenApply(other -> with(clean.warnings(), other));
                case Found found -> CompletableFuture.completedFuture(found);
                case Denied denied -> CompletableFuture.completedFuture(denied);
                case Refused refused -> CompletableFuture.completedFuture(refused);
            });
        }
        return verdict;
    }

    private static CompletionStage<ScanVerdict> ask(Scanner scanner, ScanRequest request, Pace pace) {
        CompletionStage<ScanVerdict> stage;
        try {
            stage = scanner.scan(request, pace);
        } catch (RuntimeException e) {
            stage = CompletableFuture.failedFuture(e);
        }
        return stage.exceptionally(e -> new Refused(Reason.UNAVAILABLE, "a scanner failed"));
    }

    private static ScanVerdict with(List<Finding> warnings, ScanVerdict verdict) {
        if (warnings.isEmpty()) {
            return verdict;
        }
        return switch (verdict) {
            case Clean clean -> new Clean(joined(warnings, clean.warnings()));
            case Found found -> new Found(joined(warnings, found.findings()));
            case Denied denied -> denied;
            case Refused refused -> refused;
        };
    }

    private static List<Finding> joined(List<Finding> first, List<Finding> second) {
        List<Finding> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }
}

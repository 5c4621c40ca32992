package egress.server.dlp.judge;

import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.exchange.Admission;
import egress.exchange.Failure;
import egress.policy.DenyReason;
import egress.policy.Route;
import egress.share.Caller;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Judges a name that only a pattern allows, before it is looked up: by what its labels say, and by how many its caller brought. While the
 * scanner is being made the labels are left to the inspection of the request, which waits for it.
 */
public final class NameJudge {
    private static final Admission FAILED = new Admission.Refused(
            new Failure.Denied(DenyReason.DLP_UNAVAILABLE, "the name could not be scanned"));

    private final NameBudget names;
    private final KnownHitLock lock;
    private final Scanners scanners;

    /**
     * @param names of all callers
     * @param lock hears of the hits on known secrets
     */
    public NameJudge(NameBudget names, KnownHitLock lock, Scanners scanners) {
        this.names = names;
        this.lock = lock;
        this.scanners = scanners;
    }

    /**
     * Whether the caller may ask for it.
     *
     * @param host as it would be looked up
     * @param written as the caller wrote it
     */
    public Admission judge(Caller caller, Route pattern, RouteScanPolicy plan, String host, String written) {
        Optional<Scanners.BuiltIn> scanner =
                scanners.builtIn().filter(each -> plan.outbound() && each.isReady());
        if (scanner.isPresent() && !names.isKnown(caller, pattern, host, scanner.get())) {
            if (names.hasRoom(caller, pattern, host) instanceof Admission.Refused full) {
                return full;
            }
            if (scan(scanner.get(), caller, pattern, plan, host, written) instanceof Admission.Refused found) {
                return found;
            }
        }
        return names.bring(caller, pattern, host, scanner.orElse(null));
    }

    private Admission scan(
            Scanners.BuiltIn scanner,
            Caller caller,
            Route pattern,
            RouteScanPolicy plan,
            String host,
            String written) {
        ScanRequest request = ScanRequest.head(written, "", "", List.of(), plan.options())
                .withOpenLabels(pattern.openLabels(host));
        CompletableFuture<ScanVerdict> asked = scanner.scan(request).toCompletableFuture();
        if (!asked.isDone() || asked.isCompletedExceptionally()) { // it answers on the thread that asks
            return FAILED;
        }
        // The refusal itself is recorded; an exchange, to which hits are told, there is none yet.
        FindingReporter hits = new FindingReporter(lock, caller, hit -> {});
        return Denials.of(asked.join(), plan, hits)
                .<Admission>map(Admission.Refused::new)
                .orElse(Admission.ADMITTED);
    }
}

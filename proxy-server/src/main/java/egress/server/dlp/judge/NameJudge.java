package egress.server.dlp.judge;

import egress.dlp.ScanRequest;
import egress.dlp.ScanVerdict;
import egress.exchange.Admission;
import egress.exchange.Failure;
import egress.policy.DenyReason;
import egress.policy.Route;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Judges a name that only a pattern allows, before it is looked up: by what its labels say, and by how many its caller brought. While the
 * scanner is being made the labels are left to the inspection of the request, which waits for it.
 */
public final class NameJudge {
    private static final Admission FAILED =
            new Admission.Refused(new Failure.Denied(DenyReason.DLP_UNAVAILABLE, "the name could not be scanned"));

    private final NameBudget names;
    private final Scanners scanners;

    /** @param names of all callers */
    public NameJudge(NameBudget names, Scanners scanners) {
        this.names = names;
        this.scanners = scanners;
    }

    /**
     * Whether the caller may ask for it.
     *
     * @param host as it would be looked up
     * @param written as the caller wrote it
     * @param hits of that caller
     */
    public Admission judge(Route pattern, RouteScanPolicy plan, String host, String written, FindingReporter hits) {
        Optional<Scanners.BuiltIn> scanner = scanners.builtIn().filter(each -> plan.outbound() && each.isReady());
        if (scanner.isPresent() && !names.isKnown(hits.caller(), pattern, host, scanner.get())) {
            if (names.hasRoom(hits.caller(), pattern, host) instanceof Admission.Refused full) {
                return full;
            }
            ScanRequest request = ScanRequest.head(written, "", "", List.of(), plan.options())
                    .withOpenLabels(pattern.openLabels(host));
            CompletableFuture<ScanVerdict> asked = scanner.get().scan(request).toCompletableFuture();
            if (!asked.isDone() || asked.isCompletedExceptionally()) { // it answers on the thread that asks
                return FAILED;
            }
            Optional<Failure> found = Denials.of(asked.join(), plan, hits);
            if (found.isPresent()) {
                return new Admission.Refused(found.get());
            }
        }
        return names.bring(hits.caller(), pattern, host, scanner.orElse(null));
    }
}

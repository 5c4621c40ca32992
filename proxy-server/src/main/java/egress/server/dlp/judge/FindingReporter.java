package egress.server.dlp.judge;

import egress.dlp.Detector;
import egress.dlp.Finding;
import egress.dlp.ScanVerdict;
import egress.exchange.Inspection.Effect;
import egress.exchange.Inspection.Hit;
import egress.share.Caller;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** What was found in one exchange, each thing said once, and not without end. */
public final class FindingReporter {
    private static final int MOST = 32;

    private final KnownHitLock lock;
    private final Caller caller;
    private final Consumer<Hit> told;
    private final Set<Hit> said = new HashSet<>(0);

    /**
     * @param lock is notified of hits on known secrets
     * @param caller whose they are
     */
    public FindingReporter(KnownHitLock lock, Caller caller, Consumer<Hit> told) {
        this.lock = lock;
        this.caller = caller;
        this.told = told;
    }

    Caller caller() {
        return caller;
    }

    /** @param effect of the findings that block; the others warn */
    public void tell(List<Finding> findings, Effect effect) {
        for (Finding finding : findings) {
            Effect its = finding.blocks() ? effect : Effect.WARNED;
            tell(new Hit(finding.detector(), finding.place().text(), finding.fingerprint(), its));
            boolean known = finding.category() == Detector.KNOWN_SECRETS && its != Effect.WARNED;
            if (known && lock.hit(caller, finding.matched())) {
                told.accept(new Hit("known_secrets", lock.words(caller), "", Effect.LOCKED));
            }
        }
    }

    /** A verdict service's own words stand in the denial; here its name is enough. */
    void tell(ScanVerdict.Denied denied, Effect effect) {
        tell(new Hit(denied.by(), "request", "", effect));
    }

    /** What could not be scanned, where that only warns. */
    void tell(ScanVerdict.Refused refused) {
        tell(new Hit(refused.reason().name().toLowerCase(Locale.ROOT), "request", "", Effect.WARNED));
    }

    private void tell(Hit hit) {
        if (said.size() < MOST && said.add(hit)) {
            told.accept(hit);
        }
    }
}

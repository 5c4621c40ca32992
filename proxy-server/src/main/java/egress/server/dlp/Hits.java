package egress.server.dlp;

import egress.dlp.Finding;
import egress.dlp.ScanVerdict;
import egress.exchange.Inspection.Effect;
import egress.exchange.Inspection.Hit;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** What was found in one exchange, each thing said once, and not without end. */
final class Hits {
    private static final int MOST = 32;

    private final Consumer<Hit> told;
    private final Set<Hit> said = new HashSet<>(0);

    Hits(Consumer<Hit> told) {
        this.told = told;
    }

    /** @param effect of the findings that block; the others warn */
    void tell(List<Finding> findings, Effect effect) {
        for (Finding finding : findings) {
            Effect its = finding.blocks() ? effect : Effect.WARNED;
            tell(new Hit(finding.detector(), finding.place().text(), finding.fingerprint(), its));
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

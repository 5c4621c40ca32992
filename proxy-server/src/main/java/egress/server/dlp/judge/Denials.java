package egress.server.dlp.judge;

import egress.dlp.Finding;
import egress.dlp.ScanVerdict;
import egress.exchange.Failure;
import egress.exchange.Inspection.Effect;
import egress.policy.DenyReason;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Optional;

/** What a verdict becomes for the caller: a code and a sentence, neither with what was found. */
public final class Denials {
    /** The caller's share of the memory for held bodies is spent. */
    public static final Failure NO_MEMORY =
            new Failure.Overloaded("no memory is left for bodies that wait for their verdict");

    private Denials() {}

    /**
     * What a verdict means on a route: reports what was found, and why nothing may leave.
     *
     * @return empty where it may
     */
    static Optional<Failure> of(ScanVerdict verdict, RouteScanPolicy plan, FindingReporter hits) {
        Optional<Failure> failure = switch (verdict) {
            case ScanVerdict.Clean clean -> {
                hits.tell(clean.warnings(), Effect.WARNED);
                yield Optional.empty();
            }
            case ScanVerdict.Found found -> {
                hits.tell(found.findings(), plan.denialEffect());
                yield Optional.of(of(found.first()));
            }
            case ScanVerdict.Denied denied -> {
                hits.tell(denied, plan.denialEffect());
                yield Optional.of(new Failure.Denied(DenyReason.DLP_MATCH, denied.by() + ": " + denied.reason()));
            }
            case ScanVerdict.Refused refused -> {
                if (plan.warnsOnly()) {
                    hits.tell(refused);
                }
                yield Optional.of(of(refused));
            }
        };
        return plan.warnsOnly() ? Optional.empty() : failure;
    }

    static Failure of(Finding hit) {
        return new Failure.Denied(
                DenyReason.DLP_MATCH,
                hit.detector() + " found in " + hit.place().text());
    }

    private static Failure of(ScanVerdict.Refused refused) {
        return switch (refused.reason()) {
            case UNKNOWN_ENCODING, UNDECODABLE, BOMB, BUDGET_SPENT ->
                new Failure.Denied(DenyReason.DLP_UNSCANNABLE, refused.detail());
            case UNREADABLE, UNAVAILABLE -> new Failure.Denied(DenyReason.DLP_UNAVAILABLE, refused.detail());
            case OVERLOADED -> new Failure.Overloaded(refused.detail());
        };
    }

    public static Failure unscannable(String words) {
        return new Failure.Denied(DenyReason.DLP_UNSCANNABLE, words);
    }

    /** A message over the bound. */
    public static Failure oversizeMessage(long bound) {
        return new Failure.DownstreamMalformed(
                HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                "a message of the request is larger than " + bound
                        + " bytes (--dlp-max-body), and is not sent unscanned");
    }

    /** A body over the bound. */
    public static Failure oversize(long bound) {
        return new Failure.DownstreamMalformed(
                HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                "the request's body is larger than " + bound + " bytes (--dlp-max-body), and is not sent unscanned");
    }
}

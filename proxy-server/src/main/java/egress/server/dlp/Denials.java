package egress.server.dlp;

import egress.dlp.Finding;
import egress.dlp.ScanVerdict;
import egress.exchange.Failure;
import egress.policy.DenyReason;
import io.netty.handler.codec.http.HttpResponseStatus;

/** What a verdict becomes for the caller: a code and a sentence, neither with what was found. */
final class Denials {
    private Denials() {}

    static Failure of(Finding hit) {
        return new Failure.Denied(
                DenyReason.DLP_MATCH,
                hit.detector() + " found in " + hit.place().text());
    }

    static Failure of(ScanVerdict.Refused refused) {
        DenyReason why = switch (refused.reason()) {
            case UNKNOWN_ENCODING, UNDECODABLE, BOMB, BUDGET_SPENT -> DenyReason.DLP_UNSCANNABLE;
            case UNREADABLE, UNAVAILABLE -> DenyReason.DLP_UNAVAILABLE;
        };
        return new Failure.Denied(why, refused.detail());
    }

    static Failure unscannable(String words) {
        return new Failure.Denied(DenyReason.DLP_UNSCANNABLE, words);
    }

    /** A body over the bound. */
    static Failure oversize(long bound) {
        return new Failure.DownstreamMalformed(
                HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                "the request's body is larger than " + bound + " bytes (--dlp-max-body), and is not sent unscanned");
    }
}

package egress.server.ask;

import egress.http.Authority;
import egress.policy.Ask;
import egress.policy.DlpRules.OnMatch;
import egress.policy.Match;
import egress.policy.Policy;
import egress.policy.Route;
import egress.share.Caller;

/**
 * What makes two questions the same.
 *
 * @param rule the narrowest that would let it pass
 * @param fingerprint of what DLP found; empty for other kinds
 */
record QuestionKey(
        Question.Kind kind, Caller caller, boolean tls, Authority authority, Match rule, String fingerprint) {
    /** Whether these rules ask an operator about it. */
    boolean isAskedAbout(Policy policy) {
        return switch (kind) {
            case ROUTE -> policy.askAt(authority) != Ask.NEVER;
            case TOKEN ->
                policy.routeAt(authority)
                        .map(Route::dlp)
                        .filter(dlp -> dlp.outboundOnMatch() == OnMatch.SUPERVISE)
                        .isPresent();
            case LOCK -> true;
        };
    }
}

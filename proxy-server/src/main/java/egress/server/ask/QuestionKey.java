package egress.server.ask;

import egress.http.Authority;
import egress.policy.Match;
import egress.share.Caller;

/**
 * What makes two questions the same.
 *
 * @param rule the narrowest that would let it pass
 * @param fingerprint of what DLP found; empty for other kinds
 */
record QuestionKey(
        Question.Kind kind, Caller caller, boolean tls, Authority authority, Match rule, String fingerprint) {}

package egress.exchange;

import egress.policy.DenyReason;
import java.util.Locale;

/** Whether trying again can help: the value of {@code X-Egress-Hint} beside {@code X-Egress-Deny}, for agents that read it. */
enum Hint {
    /** The same request will be answered in the same way; another one may do. */
    NEVER,
    /** The same request may be answered differently some time later, without anybody doing anything about the rules. */
    LATER,
    /** An operator could open it: by a rule of the routes file, a token, or a fingerprint that may leave. */
    ASK;

    private final String code = name().toLowerCase(Locale.ROOT);

    /** The value of {@code X-Egress-Hint}. */
    String code() {
        return code;
    }

    /** The hint for this failure. */
    static Hint of(Failure failure) {
        return switch (failure) {
            case Failure.Denied denied -> of(denied.why());
            case Failure.Unauthenticated u -> NEVER;
            case Failure.DownstreamMalformed m -> NEVER;
            case Failure.DownstreamGone g -> LATER;
            case Failure.DownstreamTimedOut t -> LATER;
            case Failure.DownstreamTooSlow t -> LATER;
            case Failure.UpstreamUnreachable u -> LATER;
            case Failure.UpstreamUntrusted u -> NEVER;
            case Failure.UpstreamForbidden f -> ASK;
            case Failure.UpstreamRefused r -> LATER;
            case Failure.UpstreamClosedEarly c -> LATER;
            case Failure.UpstreamMalformed m -> LATER;
            case Failure.UpstreamTimedOut t -> LATER;
            case Failure.Overloaded o -> LATER;
        };
    }

    private static Hint of(DenyReason why) {
        return switch (why) {
            case HOST_NOT_ALLOWED, PORT_NOT_ALLOWED, PATH_NOT_ALLOWED, METHOD_NOT_ALLOWED, HEADER_NOT_ALLOWED -> ASK;
            case GIT_FETCH, CREDENTIAL_UNAVAILABLE, DLP_MATCH -> ASK;
            // https instead, the git gate, plain HTTP or WebSocket, a coding that can be read: another request, not
            // another rule.
            case SCHEME_NOT_ALLOWED, GIT_PUSH, CREDENTIAL_NEEDS_TLS, UPGRADE_NOT_ALLOWED, DLP_UNSCANNABLE -> NEVER;
            case DLP_UNAVAILABLE, DLP_LOCKED, DLP_NAMES, POLICY_UNAVAILABLE, RECORD_UNAVAILABLE, ASK_PENDING -> LATER;
        };
    }
}

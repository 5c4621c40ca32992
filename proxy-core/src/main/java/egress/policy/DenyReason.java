package egress.policy;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Locale;

/** Why policy denies: a stable code each, which callers may match on. */
public enum DenyReason {
    HOST_NOT_ALLOWED,
    PORT_NOT_ALLOWED,
    /** Plain http where the route is https, or the other way round. */
    SCHEME_NOT_ALLOWED,
    PATH_NOT_ALLOWED,
    METHOD_NOT_ALLOWED,
    HEADER_NOT_ALLOWED,
    GIT_PUSH,
    GIT_FETCH,
    /** The route's token is unset or empty. */
    CREDENTIAL_UNAVAILABLE,
    /** Plain http to a route that injects a credential. */
    CREDENTIAL_NEEDS_TLS,
    UPGRADE_NOT_ALLOWED,
    DLP_MATCH,
    /** What cannot be scanned completely, such as an unknown content coding, does not leave. */
    DLP_UNSCANNABLE,
    DLP_UNAVAILABLE,
    /** Too many hits on known secrets: nothing of this caller leaves for a while. */
    DLP_LOCKED,
    /** Too many new names under one pattern: a name can carry data. */
    DLP_NAMES,
    /** There is no valid routes file, so nothing is allowed. */
    POLICY_UNAVAILABLE,
    /** An operator is asked: it may be asked for again. */
    ASK_PENDING,
    /** Every request must be recorded, and this one cannot be: it may be asked again later. */
    RECORD_UNAVAILABLE;

    private final String code = name().toLowerCase(Locale.ROOT);

    /** The value of {@code X-Egress-Deny}. */
    public String code() {
        return code;
    }

    public HttpResponseStatus status() {
        return this == RECORD_UNAVAILABLE ? HttpResponseStatus.SERVICE_UNAVAILABLE : HttpResponseStatus.FORBIDDEN;
    }
}

package egress.policy;

import io.netty.handler.codec.http.HttpResponseStatus;

/** Why policy said no: a stable code each, which callers may match on. */
public enum DenyReason {
    HOST_NOT_ALLOWED,
    PORT_NOT_ALLOWED,
    PATH_NOT_ALLOWED,
    METHOD_NOT_ALLOWED,
    HEADER_NOT_ALLOWED,
    GIT_PUSH,
    GIT_FETCH,
    CREDENTIAL_UNAVAILABLE,
    CREDENTIAL_NEEDS_TLS,
    UPGRADE_NOT_ALLOWED,
    DLP_MATCH,
    DLP_UNAVAILABLE;

    /** The value of {@code X-Egress-Deny}. */
    public String code() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    public HttpResponseStatus status() {
        return HttpResponseStatus.FORBIDDEN;
    }
}

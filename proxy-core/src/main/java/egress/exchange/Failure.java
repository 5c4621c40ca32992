package egress.exchange;

import egress.policy.DenyReason;
import egress.policy.RuleNames;
import egress.policy.Verdict;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Why an exchange did not end as asked. One type, one mapping to a status. */
public sealed interface Failure {
    /** A sentence for people and logs; holds no secret and nothing matched by DLP. */
    String words();

    /**
     * Policy or DLP denied it.
     *
     * @param rule what decided, as {@link Verdict.Deny} names it
     */
    record Denied(DenyReason why, String words, String rule) implements Failure {
        /** Where no rule of a route is nearer than the reason. */
        public Denied(DenyReason why, String words) {
            this(why, words, RuleNames.of(why));
        }

        /** With the words of policy. */
        static Denied by(Verdict.Deny deny) {
            return new Denied(deny.why(), deny.words(), deny.rule());
        }
    }

    /** The listener asks for a user and a password, and none or a wrong one came. */
    record Unauthenticated(String words) implements Failure {}

    /** What the caller sent is no valid request. */
    record DownstreamMalformed(HttpResponseStatus as, String words) implements Failure {}

    /** The caller went away, or reset its stream. */
    record DownstreamGone(String words) implements Failure {}

    /** The caller sent nothing for too long. */
    record DownstreamTimedOut(String words) implements Failure {}

    /** The caller sent a body that is held for its verdict slower than the least rate. */
    record DownstreamTooSlow(String words) implements Failure {}

    /** No name, no address, no connection, or the connection broke. */
    record UpstreamUnreachable(String words) implements Failure {}

    /** The certificate does not prove the host, or TLS failed. */
    record UpstreamUntrusted(String words) implements Failure {}

    /** The address guard refused every address of the name. */
    record UpstreamForbidden(String words) implements Failure {}

    /** The origin stated that it did not process the request: safe to send again (RFC 9113 §8.7). */
    record UpstreamRefused(String words) implements Failure {}

    /**
     * A connection broke before any byte of the response.
     *
     * @param requestWritten whether any byte of the request may have reached the origin
     */
    record UpstreamClosedEarly(boolean requestWritten, String words) implements Failure {}

    /** The origin sent something that is no HTTP. */
    record UpstreamMalformed(String words) implements Failure {}

    record UpstreamTimedOut(String words) implements Failure {}

    /** A bound is reached or the proxy is draining. */
    record Overloaded(String words) implements Failure {}

    /** The status the caller gets while no response head is out. */
    default HttpResponseStatus status() {
        return switch (this) {
            case Denied d -> d.why().status();
            case Unauthenticated u -> HttpResponseStatus.PROXY_AUTHENTICATION_REQUIRED;
            case DownstreamMalformed m -> m.as();
            case DownstreamGone g -> HttpResponseStatus.BAD_REQUEST;
            case DownstreamTimedOut t -> HttpResponseStatus.REQUEST_TIMEOUT;
            case DownstreamTooSlow t -> HttpResponseStatus.REQUEST_TIMEOUT;
            case UpstreamUnreachable u -> HttpResponseStatus.BAD_GATEWAY;
            case UpstreamUntrusted u -> HttpResponseStatus.BAD_GATEWAY;
            case UpstreamForbidden f -> HttpResponseStatus.FORBIDDEN;
            case UpstreamRefused r -> HttpResponseStatus.BAD_GATEWAY;
            case UpstreamClosedEarly c -> HttpResponseStatus.BAD_GATEWAY;
            case UpstreamMalformed m -> HttpResponseStatus.BAD_GATEWAY;
            case UpstreamTimedOut t -> HttpResponseStatus.GATEWAY_TIMEOUT;
            case Overloaded o -> HttpResponseStatus.SERVICE_UNAVAILABLE;
        };
    }

    /** The stable code in {@code X-Egress-Deny}. */
    default String code() {
        return switch (this) {
            case Denied d -> d.why().code();
            case Unauthenticated u -> "proxy_authentication_required";
            case DownstreamMalformed m when m.as().equals(HttpResponseStatus.MISDIRECTED_REQUEST) -> "misdirected";
            case DownstreamMalformed m
            when m.as().equals(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE) -> "body_too_large";
            case DownstreamMalformed m -> "malformed";
            case DownstreamGone g -> "downstream_gone";
            case DownstreamTimedOut t -> "downstream_timeout";
            case DownstreamTooSlow t -> "body_too_slow";
            case UpstreamUnreachable u -> "upstream_unreachable";
            case UpstreamUntrusted u -> "upstream_untrusted";
            case UpstreamForbidden f -> "address_not_allowed";
            case UpstreamRefused r -> "upstream_refused";
            case UpstreamClosedEarly c -> "upstream_closed";
            case UpstreamMalformed m -> "upstream_malformed";
            case UpstreamTimedOut t -> "upstream_timeout";
            case Overloaded o -> "overloaded";
        };
    }
}

package egress.exchange;

import egress.policy.BodyJudge;
import egress.policy.DenyReason;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import io.netty.handler.codec.http.HttpResponseStatus;
import org.jspecify.annotations.Nullable;

/** What follows for an exchange from its head. */
sealed interface Ruling {
    /** @param body who reads the body before it leaves; null where the head decides */
    record Allowed(Route route, @Nullable BodyJudge body) implements Ruling {}

    record Refused(Failure failure) implements Ruling {}

    /** TRACE would echo the injected credential, and CONNECT would be a tunnel in the tunnel: no policy allows them. */
    static Ruling on(RequestHead head, Policy policy) {
        if (head.method().equals("TRACE") || head.method().equals("CONNECT")) {
            return new Refused(
                    new Failure.Denied(DenyReason.METHOD_NOT_ALLOWED, head.method() + " is not allowed here"));
        }
        return switch (policy.judge(head)) {
            case Verdict.Allow allow -> new Allowed(allow.route(), null);
            case Verdict.Inspect inspect -> new Allowed(inspect.route(), inspect.body());
            case Verdict.Deny deny -> new Refused(new Failure.Denied(deny.why(), deny.words()));
            case Verdict.Malformed malformed ->
                new Refused(new Failure.DownstreamMalformed(HttpResponseStatus.BAD_REQUEST, malformed.words()));
            case Verdict.Misdirected misdirected ->
                new Refused(
                        new Failure.DownstreamMalformed(HttpResponseStatus.MISDIRECTED_REQUEST, misdirected.words()));
        };
    }
}

package egress.exchange;

import egress.policy.RequestHead;
import egress.policy.Route;
import egress.share.Caller;
import egress.share.Claimant;
import io.netty.channel.EventLoop;

/** Port: looks at what an exchange carries before it leaves (DLP). */
@FunctionalInterface
public interface Inspector {
    /** Looks at nothing. */
    Inspector NONE = (loop, who, head, route) -> Inspection.NONE;

    /**
     * Begins to inspect an exchange as the agent made it, before a credential is injected. Never blocks.
     *
     * @param loop the exchange's
     * @param who whose share of the budgets it takes
     */
    Inspection inspect(EventLoop loop, Claimant who, RequestHead head, Route route);

    /** Whether anything of that caller may leave for now. From any thread, for each of its requests. */
    default Admission admit(Caller caller) {
        return Admission.ADMITTED;
    }
}

package egress.exchange;

import egress.policy.RequestHead;
import egress.policy.Route;
import io.netty.channel.EventLoop;

/** Port: looks at what an exchange carries before it leaves (DLP). */
@FunctionalInterface
public interface Inspector {
    /** Looks at nothing. */
    Inspector NONE = (loop, head, route) -> Inspection.NONE;

    /**
     * Begins to inspect an exchange as the agent made it, before a credential is injected. Never blocks.
     *
     * @param loop the exchange's
     */
    Inspection inspect(EventLoop loop, RequestHead head, Route route);
}

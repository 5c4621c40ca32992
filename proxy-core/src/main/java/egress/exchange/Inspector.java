package egress.exchange;

import egress.http.Authority;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.share.Caller;
import egress.share.Claimant;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/** Port: looks at what an exchange carries before it leaves (DLP). */
@FunctionalInterface
public interface Inspector {
    /** Looks at nothing. */
    Inspector NONE = (loop, who, head, route) -> Inspection.NONE;

    /**
     * Begins to inspect an exchange as the agent made it, before a credential is injected. Never blocks.
     *
     * @param loop the exchange's
     * @param who takes it out of its share of the budgets
     */
    Inspection inspect(EventLoop loop, Claimant who, RequestHead head, Route route);

    /**
     * Whether that caller may ask for a name that only a pattern allows, since a name can carry data: tried before a certificate is made for
     * the name, and before it is looked up. Never blocks. From any thread, for each request.
     *
     * @param written the host as the caller wrote it
     * @param hits receives what was found in it
     */
    default Admission admitName(
            Caller caller, Route route, Authority authority, String written, Consumer<Inspection.Hit> hits) {
        return Admission.ADMITTED;
    }

    /** A connection of that caller passes through to there, where what leaves is not inspected. From any thread. */
    default void passesUnread(Caller caller, Authority authority) {}

    /** Whether anything of that caller may leave for now. From any thread, for each of its requests. */
    default Admission admit(Caller caller) {
        return Admission.ADMITTED;
    }
}

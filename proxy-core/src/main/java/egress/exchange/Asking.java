package egress.exchange;

import egress.policy.Ask;
import egress.policy.Grant;
import egress.policy.RequestHead;
import egress.policy.Verdict;
import egress.share.Claimant;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Optional;

/** Port: asks an operator about what policy or DLP holds back. Called on the exchange's loop, and never blocks it. */
public interface Asking {
    /** Denies without asking. */
    Asking NOBODY = new Asking() {
        @Override
        public Pending ask(RulePlea plea, Listener listener) {
            Verdict.Deny deny = plea.deny();
            listener.onReply(new Reply.Refused(new Failure.Denied(deny.why(), deny.words(), deny.rule())));
            return Pending.NONE;
        }

        @Override
        public Pending ask(ValuePlea plea, Listener listener) {
            listener.onReply(new Reply.Refused(plea.denial()));
            return Pending.NONE;
        }
    };

    /** A request that no rule allows, on a route, or to a host, that says to ask. A request that was granted already is answered at once. */
    Pending ask(RulePlea plea, Listener listener);

    /** A value that DLP found, on a route that says to ask. */
    Pending ask(ValuePlea plea, Listener listener);

    /**
     * A caller is locked out after hits on known secrets: asks whether that may end, and does not wait for the answer.
     *
     * @param head of the request that was one hit too many, valid during the call alone
     * @param release ends it, on any thread
     * @return the id of the question; empty where no operator is asked
     */
    default Optional<String> locked(Claimant who, RequestHead head, long ofGeneration, Failure why, Runnable release) {
        return Optional.empty();
    }

    /**
     * The fingerprints of values that such a request may bring by grants, each with the id of its grant: those for one request are used up
     * by it. For what is scanned as it passes, and cannot wait.
     */
    default Map<String, String> granted(Claimant who, RequestHead head) {
        return Map.of();
    }

    /**
     * A request that no rule allows.
     *
     * @param snapshot that denied it
     * @param head valid during the call alone
     */
    record RulePlea(
            EventLoop loop,
            Claimant who,
            SocketAddress client,
            ProxySnapshot snapshot,
            RequestHead head,
            Verdict.Deny deny) {}

    /**
     * A value that was found in a request: never the value itself.
     *
     * @param generation of the policy that says to ask
     * @param how whether the request can wait
     * @param head valid during the call alone
     * @param denial the failure where the answer is no
     */
    record ValuePlea(
            EventLoop loop,
            Claimant who,
            long generation,
            Ask how,
            RequestHead head,
            String detector,
            String place,
            String fingerprint,
            Failure denial) {}

    /** The answer. */
    sealed interface Reply {
        /** It may leave under this grant, once it was judged by it. */
        record Granted(Grant grant) implements Reply {}

        /** It may not. */
        record Refused(Failure failure) implements Reply {}
    }

    /** Receives the answer, on the exchange's loop. */
    interface Listener {
        /** There is a question, perhaps an older one, that has this id. */
        void onAsked(String id);

        /** Once, possibly before {@link Asking#ask} returns; never after {@link Pending#close}. */
        void onReply(Reply reply);
    }

    /** Who waits for a reply. */
    interface Pending {
        Pending NONE = new Pending() {
            @Override
            public long deadlineNanos() {
                return System.nanoTime();
            }

            @Override
            public void close() {
                // nobody waits
            }
        };

        /** When the reply is there at the latest ({@link System#nanoTime}). */
        long deadlineNanos();

        /** It waits no more; harmless afterwards. */
        void close();
    }
}

package egress.server.dlp.judge;

import egress.dlp.Finding;
import egress.exchange.Admission;
import egress.exchange.Asking;
import egress.exchange.Failure;
import egress.policy.Ask;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.share.Claimant;
import io.netty.channel.EventLoop;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks an operator about the values found in one exchange, one after the other. A yes lets that value alone pass; what holds it is scanned
 * again, so that the next one is asked about too.
 */
public final class Supervisor {
    /** More values than that in one request are nothing to decide one by one. */
    private static final int MOST = 16;
    /** Whoever answers keeps its own time; that it may fail to is no reason to wait for ever. */
    private static final long GRACE_NANOS = 5_000_000_000L;

    private final Supervision supervision;
    private final KnownHitLock lock;
    private final EventLoop loop;
    private final Claimant who;
    private final RequestHead head;
    private final Ask how;
    private final Consumer<String> onAsked;
    private final Set<String> granted = new HashSet<>(0);
    private Asking.@Nullable Pending pending;
    private boolean closed;

    /**
     * @param head of the exchange, whose fields stay as they are while it lasts
     * @param onAsked receives the id of each question
     */
    public Supervisor(
            Supervision supervision,
            KnownHitLock lock,
            EventLoop loop,
            Claimant who,
            RequestHead head,
            Route route,
            Consumer<String> onAsked) {
        this.supervision = supervision;
        this.lock = lock;
        this.loop = loop;
        this.who = who;
        this.head = head;
        this.how = route.ask() == Ask.LATER ? Ask.LATER : Ask.HOLD;
        this.onAsked = onAsked;
    }

    /** The fingerprints of values that may pass, beside those that the routes name. */
    Set<String> granted() {
        return granted;
    }

    /**
     * Asks about a value.
     *
     * @param denial the failure where it may not leave
     * @param then receives, on the loop and possibly at once, why it may not; empty where it may
     */
    void ask(Finding finding, Failure denial, Consumer<Optional<Failure>> then) {
        ask(finding, denial, how, then);
    }

    /** The same of a stream, which cannot wait: the answer is for the next one. */
    void askForNext(Finding finding, Failure denial, Consumer<Failure> then) {
        ask(finding, denial, Ask.LATER, failure -> then.accept(failure.orElse(denial)));
    }

    private void ask(Finding finding, Failure denial, Ask by, Consumer<Optional<Failure>> then) {
        if (lock.admit(who.caller()) instanceof Admission.Refused locked) {
            then.accept(Optional.of(locked.failure()));
            return;
        }
        if (closed
                || finding.fingerprint().isEmpty()
                || granted.size() >= MOST
                || granted.contains(finding.fingerprint())) {
            then.accept(Optional.of(denial));
            return;
        }
        Asking.ValuePlea plea = new Asking.ValuePlea(
                loop,
                who,
                supervision.generation(),
                by,
                head,
                finding.detector(),
                finding.place().text(),
                finding.fingerprint(),
                denial);
        Waiting waiting = new Waiting(finding.fingerprint(), then);
        Asking.Pending asked = supervision.asking().ask(plea, waiting);
        if (!waiting.over) {
            pending = asked;
        }
    }

    private final class Waiting implements Asking.Listener {
        private final String fingerprint;
        private final Consumer<Optional<Failure>> then;
        private boolean over;

        Waiting(String fingerprint, Consumer<Optional<Failure>> then) {
            this.fingerprint = fingerprint;
            this.then = then;
        }

        @Override
        public void onAsked(String id) {
            onAsked.accept(id);
        }

        @Override
        public void onReply(Asking.Reply reply) {
            if (over || closed) {
                return;
            }
            over = true;
            pending = null;
            switch (reply) {
                case Asking.Reply.Refused refused -> then.accept(Optional.of(refused.failure()));
                case Asking.Reply.Granted given -> {
                    onAsked.accept(given.grant().name());
                    if (lock.admit(who.caller()) instanceof Admission.Refused locked) {
                        then.accept(Optional.of(locked.failure()));
                        return;
                    }
                    granted.add(fingerprint);
                    then.accept(Optional.empty());
                }
            }
        }
    }

    /** The caller was locked out by what was found in this exchange: asks whether that may end. */
    public void locked() {
        if (lock.admit(who.caller()) instanceof Admission.Refused refused) {
            supervision
                    .asking()
                    .locked(who, head, supervision.generation(), refused.failure(), () -> lock.release(who.caller()))
                    .ifPresent(onAsked);
        }
    }

    /** What was granted already to streams like this one. */
    public Set<String> grantedBefore() {
        Map<String, String> ids = supervision.asking().granted(who, head);
        ids.values().forEach(onAsked);
        return ids.keySet();
    }

    /** Until when an operator is asked, as {@link System#nanoTime}; 0 where no question is open. */
    public long untilNanos() {
        Asking.Pending waiting = pending;
        return waiting == null ? 0 : waiting.deadlineNanos() + GRACE_NANOS;
    }

    public void close() {
        closed = true;
        Asking.Pending waiting = pending;
        pending = null;
        if (waiting != null) {
            waiting.close();
        }
    }
}

package egress.exchange;

import egress.http.InterimResponse;
import egress.policy.Ask;
import egress.policy.Grant;
import egress.policy.RequestHead;
import egress.policy.Verdict;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What an exchange does while an operator is asked about it: nothing, until there is an answer or it ends. */
final class Appeal implements Asking.Listener {
    /** The desk has a deadline of its own; this one bounds the wait where the desk fails to answer. */
    private static final long GRACE_NANOS = 5_000_000_000L;

    private final Exchange exchange;
    private final ExchangeContext context;
    private final DownstreamPeer downstream;
    private final boolean grpc;
    private Asking.@Nullable Pending pending;
    private @Nullable Grant grant;
    private @Nullable Consumer<Grant> then;
    private boolean over;

    Appeal(Exchange exchange, ExchangeContext context, DownstreamPeer downstream, boolean grpc) {
        this.exchange = exchange;
        this.context = context;
        this.downstream = downstream;
        this.grpc = grpc;
    }

    /** Whether this denial may be asked about: once for an exchange. */
    boolean isOpenFor(Verdict.Deny deny) {
        return deny.ask() != Ask.NEVER && then == null;
    }

    /** What was granted; null where nothing was, or no operator was asked. */
    @Nullable
    Grant grant() {
        return grant;
    }

    boolean isPending() {
        return pending != null;
    }

    /** Until when the answer is waited for, as {@link System#nanoTime}. */
    long deadlineNanos() {
        Asking.Pending waiting = pending;
        return (waiting == null ? System.nanoTime() : waiting.deadlineNanos()) + GRACE_NANOS;
    }

    void begin(ProxySnapshot snapshot, RequestHead head, Verdict.Deny deny, Consumer<Grant> granted) {
        then = granted;
        Asking.Pending asked = context.asking()
                .ask(
                        new Asking.RulePlea(
                                downstream.loop(),
                                downstream.claimant(),
                                downstream.remoteAddress(),
                                snapshot,
                                head,
                                deny),
                        exchange.failClosed());
        if (over) {
            asked.close();
        } else {
            pending = asked;
        }
    }

    @Override
    public void onAsked(String id) {
        exchange.entry().ask = id;
        if (downstream.isHttp2() && !grpc && downstream.takesInterim(HttpResponseStatus.EARLY_HINTS.code()) && !over) {
            HttpHeaders fields = new DefaultHttpHeaders();
            fields.set(LocalResponse.ASK_FIELD, id);
            downstream.write(new InterimResponse(HttpResponseStatus.EARLY_HINTS, fields));
            downstream.flush();
        }
    }

    @Override
    public void onReply(Asking.Reply reply) {
        Consumer<Grant> goOn = then;
        if (over || goOn == null) {
            return;
        }
        over = true;
        pending = null;
        switch (reply) {
            case Asking.Reply.Refused refused -> exchange.fail(refused.failure());
            case Asking.Reply.Granted granted -> {
                grant = granted.grant();
                exchange.entry().ask = granted.grant().name();
                goOn.accept(granted.grant());
            }
        }
    }

    /** The exchange is over. */
    void close() {
        over = true;
        Asking.Pending waiting = pending;
        pending = null;
        if (waiting != null) {
            waiting.close();
        }
    }
}

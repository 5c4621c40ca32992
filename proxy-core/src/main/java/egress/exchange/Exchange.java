package egress.exchange;

import egress.http.Authority;
import egress.http.HopByHop;
import egress.policy.BodyJudge;
import egress.policy.DenyReason;
import egress.policy.Grant;
import egress.policy.Policy;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.ReferenceCountUtil;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its response, between two peers that never see each other. Plain fields: everything happens on one
 * event loop.
 *
 * <p>Both sides have a state of their own, and the exchange is over when both are {@link Side#DONE}; an origin may
 * answer before it has read the request. Nothing is held but what inspection holds: a part that comes is written at
 * once, and more is asked for only when the other side takes it.
 */
public final class Exchange implements Upstreams.Listener, Inspection.Listener, Asking.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    private static final Admission ONLY_WEB_SOCKET = new Admission.Refused(
            new Failure.Denied(DenyReason.UPGRADE_NOT_ALLOWED, "only WebSocket may be upgraded to"));

    private final ExchangeContext context;
    private final DownstreamPeer downstream;
    private final ProxySnapshot snapshot;
    private final ExchangeRecord entry;
    private final HttpRequest asked;
    private final RequestRelay request;
    private final ResponseRelay response;
    private final FailClosedListener failClosed = new FailClosedListener(this);
    private final Appeal appeal;

    /** What is sent to the local site; null of what goes elsewhere. */
    private @Nullable LocalPost post;

    private boolean webSocket;
    private boolean ended;
    private long activityNanos;

    /**
     * An exchange whose head is there; {@link #begin} judges it.
     *
     * @param asked its fields are the caller's; owned by the exchange
     * @param target origin-form, exactly as sent
     */
    public Exchange(
            ExchangeContext context,
            DownstreamPeer downstream,
            ProxySnapshot snapshot,
            HttpRequest asked,
            Authority authority,
            boolean tls,
            String target) {
        this.context = context;
        this.downstream = downstream;
        this.snapshot = snapshot;
        this.asked = asked;
        this.activityNanos = System.nanoTime();
        this.request = new RequestRelay(this, context, downstream, asked);
        this.response = new ResponseRelay(this, downstream, asked.method(), request);
        this.appeal = new Appeal(this, context, downstream, GrpcStatus.isCall(asked));
        this.entry = new ExchangeRecord(
                context.ids().incrementAndGet(),
                downstream.remoteAddress(),
                downstream.claimant().caller(),
                authority,
                tls,
                asked.protocolVersion().text(),
                asked.method().name(),
                target,
                activityNanos);
    }

    /** What is known so far. */
    public ExchangeRecord entry() {
        return entry;
    }

    /** As the upstream side and the inspection may call it. */
    FailClosedListener failClosed() {
        return failClosed;
    }

    /** Whether a WebSocket was asked for. */
    boolean mayUpgrade() {
        return webSocket;
    }

    boolean isEnded() {
        return ended;
    }

    /** Refuses the request unread: there is no room for it. */
    public void refuse(Failure failure) {
        start();
        fail(failure);
    }

    /** Judges the head, and asks for an upstream or answers by itself. */
    public void begin() {
        start();
        switch (snapshot.inspector().admit(downstream.claimant().caller())) {
            case Admission.Refused refused -> fail(refused.failure());
            case Admission.Admitted _ -> {
                if (entry.authority.host().equals(LocalSite.HOST)) {
                    answerLocally();
                } else {
                    judgeHead(asked.headers());
                }
            }
        }
    }

    private void judgeHead(HttpHeaders fields) {
        webSocket = Heads.asksForWebSocket(asked);
        boolean otherUpgrade = !webSocket && Heads.asksForOtherUpgrade(asked);
        HopByHop.stripRequest(fields);
        judge(entry.target, fields, route -> {
            switch (otherUpgrade ? ONLY_WEB_SOCKET : room(route)) {
                case Admission.Refused refused -> fail(refused.failure());
                case Admission.Admitted _ -> inspect(fields, route);
            }
        });
    }

    /** Whether there is memory for it, a place in the record where it needs one, and one for its name where only a pattern allows it. */
    private Admission room(Route route) {
        Admission memory = context.budgets().headroom().admit(downstream.claimant());
        Admission room = memory instanceof Admission.Refused
                ? memory
                : context.observer().admit(entry);
        return room instanceof Admission.Refused || !route.isPattern()
                ? room
                : snapshot.inspector()
                        .admitName(
                                downstream.claimant().caller(),
                                route,
                                entry.authority,
                                entry.authority.host(),
                                this::onHit);
    }

    private void inspect(HttpHeaders fields, Route route) {
        RequestHead head = new RequestHead(entry.tls, entry.authority, entry.method, entry.target, fields);
        Inspection inspection = snapshot.inspector().inspect(downstream.loop(), downstream.claimant(), head, route);
        request.inspectedBy(inspection);
        inspection.judgeHead(failClosed);
        request.goOn();
    }

    private void start() {
        entry.requestFields = asked.headers();
        tell(new Event.Started(entry));
    }

    /** Passes an event to the observers. */
    void tell(Event event) {
        context.observer().on(event);
    }

    /**
     * Judges a head; one that policy does not allow ends the exchange.
     *
     * @param then what to do with one that it allows
     */
    private void judge(String target, HttpHeaders fields, Consumer<Route> then) {
        RequestHead head = new RequestHead(entry.tls, entry.authority, entry.method, target, fields);
        Grant grant = appeal.grant();
        Policy policy = snapshot.policy();
        switch (grant == null ? policy.judge(head) : policy.judge(head, grant)) {
            case Verdict.Allow allow -> allowed(allow.route(), allow.rule(), null, then);
            case Verdict.Inspect inspect -> allowed(inspect.route(), inspect.rule(), inspect.body(), then);
            case Verdict.Deny deny when appeal.isOpenFor(deny) && mayAsk() -> ask(head, deny, then);
            case Verdict.Deny deny -> fail(Failure.Denied.by(deny));
            case Verdict.Malformed malformed ->
                fail(new Failure.DownstreamMalformed(HttpResponseStatus.BAD_REQUEST, malformed.words()));
            case Verdict.Misdirected misdirected ->
                fail(new Failure.DownstreamMalformed(HttpResponseStatus.MISDIRECTED_REQUEST, misdirected.words()));
        }
    }

    /** Whether it could leave if an operator allowed it. */
    private boolean mayAsk() {
        return request.state() == Side.AWAITING_HEAD
                && (webSocket || !Heads.asksForOtherUpgrade(asked))
                && context.budgets().headroom().admit(downstream.claimant()) instanceof Admission.Admitted;
    }

    /** Asks an operator; the request is neither judged further nor sent before the answer. */
    private void ask(RequestHead head, Verdict.Deny deny, Consumer<Route> then) {
        request.holdBack();
        appeal.begin(snapshot, head, deny, grant -> {
            switch (snapshot.inspector().admit(downstream.claimant().caller())) {
                case Admission.Refused refused -> fail(refused.failure());
                case Admission.Admitted _ -> judge(head.target(), head.fields(), then);
            }
        });
    }

    @Override
    public void onAsked(String id) {
        if (!ended) {
            appeal.onAsked(id);
        }
    }

    @Override
    public void onReply(Asking.Reply reply) {
        if (!ended) {
            touch();
            appeal.onReply(reply);
        }
    }

    /** @param body who reads the body before it leaves; null where the head decides */
    private void allowed(Route route, String rule, @Nullable BodyJudge body, Consumer<Route> then) {
        entry.route = route;
        entry.rule = rule;
        request.judgedBy(body);
        then.accept(route);
    }

    private void answerLocally() {
        HttpMethod method = asked.method();
        int query = entry.target.indexOf('?');
        String path = query < 0 ? entry.target : entry.target.substring(0, query);
        if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
            answer(LocalResponse.of(context.localSite().page(entry.caller, path), method));
            return;
        }
        LocalSite.Posting posting = method.equals(HttpMethod.POST)
                ? context.localSite().posting(path).orElse(null)
                : null;
        if (posting == null) {
            fail(new Failure.Denied(DenyReason.METHOD_NOT_ALLOWED, LocalSite.HOST + " only answers GET and HEAD"));
            return;
        }
        post = new LocalPost(this, downstream, context.budgets().replays(), posting, asked);
        post.begin(request.isRead());
    }

    @Override
    public void onHeadVerdict(Inspection.Outcome outcome) {
        Route route = entry.route;
        if (ended || route == null) {
            return;
        }
        switch (outcome) {
            case Inspection.Outcome.Fail failed -> fail(failed.failure());
            case Inspection.Outcome.Pass pass -> request.approach(route, entry.target, asked.headers(), webSocket);
            case Inspection.Outcome.Rewritten rewritten ->
                judge(
                        rewritten.target(),
                        rewritten.fields(),
                        again -> request.approach(again, rewritten.target(), rewritten.fields(), webSocket));
        }
    }

    @Override
    public void onBodyVerdict(Inspection.Outcome outcome) {
        if (ended) {
            return;
        }
        switch (outcome) {
            case Inspection.Outcome.Fail failed -> fail(failed.failure());
            case Inspection.Outcome.Pass pass -> request.release();
            case Inspection.Outcome.Rewritten rewritten ->
                judge(
                        rewritten.target(),
                        rewritten.fields(),
                        again -> request.release(again, rewritten.target(), rewritten.fields()));
        }
    }

    @Override
    public void onInspectionReady() {
        if (!ended) {
            request.sendInspected();
        }
    }

    @Override
    public void onHit(Inspection.Hit hit) {
        tell(new Event.Found(entry, hit));
    }

    @Override
    public void onInspectionFailed(Failure failure) {
        fail(failure);
    }

    @Override
    public void onAcquired(UpstreamPeer peer, boolean reused) {
        touch();
        request.acquired(peer, reused);
    }

    /** A part of the request's body, owned by the exchange from now on. */
    public void onRequestPart(HttpContent part) {
        entry.requestBytes += part.content().readableBytes();
        if (!ended) {
            tell(new Event.RequestPart(entry, part));
        }
        LocalPost kept = post;
        if (kept != null && !ended) {
            request.note(part);
            try {
                kept.take(part);
            } finally {
                discard(part);
            }
        } else {
            request.take(part);
        }
    }

    /** The end of a burst of request parts. */
    public void onRequestReadComplete() {
        touch();
        request.readComplete();
    }

    @Override
    public void onUpstreamWritable() {
        touch();
        request.writable();
    }

    /** The caller takes more again. */
    public void onDownstreamWritable() {
        touch();
        response.pull();
    }

    @Override
    public void onResponsePart(HttpObject part) {
        if (ended) {
            discard(part);
            return;
        }
        response.take(part);
    }

    /** The last part of the response was written. */
    void onResponseWhole(@Nullable HttpHeaders upgradeFields) {
        if (upgradeFields != null) {
            becomeTunnel(upgradeFields);
        } else if (request.awaitsContinue()) {
            endWithoutRequestBody();
        } else {
            endIfBothDone();
        }
    }

    /**
     * The origin answered instead of asking for the body, so that the caller need not send it (RFC 9110 §10.1.1): on
     * neither side may the next request be read as that body.
     */
    private void endWithoutRequestBody() {
        letGo();
        request.done();
        downstream.flush();
        close();
        downstream.ended(false);
    }

    private void becomeTunnel(HttpHeaders fields) {
        downstream.flush();
        UpstreamPeer peer = ended ? null : request.handOver();
        if (peer == null) {
            return;
        }
        ended = true; // to every event of HTTP; the record is closed with the tunnel
        downstream.upgraded(
                peer.upgraded(),
                context.observer().webSocket(entry, fields),
                request.inspection().webSocket(fields),
                this::close);
    }

    @Override
    public void onResponseReadComplete() {
        touch();
        downstream.flush();
        response.pull();
    }

    @Override
    public void onFailed(Failure failure) {
        request.lost();
        if (ended) {
            return;
        }
        if (response.state() == Side.DONE) {
            request.done(); // answered before the request was read, and gone: the rest is not needed
            endIfBothDone();
        } else if (response.state() != Side.AWAITING_HEAD || !request.retry(failure)) {
            fail(failure);
        }
    }

    /** The caller's connection closed, or its stream was reset. */
    public void onDownstreamGone(String words) {
        if (!ended) {
            entry.failure = new Failure.DownstreamGone(words);
            letGo();
            close();
        }
    }

    /** Ends the exchange: with an answer while there is none, with a reset or close once the head is out. */
    public void fail(Failure failure) {
        if (ended) {
            return;
        }
        note(failure);
        if (response.state() == Side.AWAITING_HEAD) {
            answer(LocalResponse.of(failure, asked, downstream.isHttp2()).about(failure, entry.ask));
        } else {
            letGo();
            downstream.flush(); // a head that broke off is an error; nothing at all looks like a stale connection
            downstream.abort();
            close();
        }
    }

    /** Also whose rules it failed at: a denial on a listed host is its route's. */
    private void note(Failure failure) {
        entry.failure = failure;
        if (entry.route == null) {
            entry.route = snapshot.policy().routeOf(entry.authority);
        }
        if (failure instanceof Failure.Denied denied) {
            entry.rule = denied.rule();
        }
    }

    /** Ends the exchange with an answer of our own. */
    void answer(LocalResponse local) {
        entry.status = local.recorded().code();
        entry.answered = local.head().status();
        entry.responseFields = local.head().headers();
        entry.responseBytes = local.body().content().readableBytes();
        letGo();
        request.done();
        response.done();
        tell(new Event.ResponseHead(entry));
        downstream.write(local.head());
        tell(new Event.ResponsePart(entry, local.body()));
        downstream.write(local.body());
        downstream.flush();
        close();
        downstream.ended(request.isRead());
    }

    void endIfBothDone() {
        if (ended || request.state() != Side.DONE || response.state() != Side.DONE) {
            return;
        }
        ended = true;
        UpstreamPeer peer = request.handOver();
        if (peer != null) {
            peer.flush();
        }
        downstream.flush();
        close();
        downstream.ended(request.isRead());
    }

    /** An error of our own: the exchange fails closed, as one whose origin failed. */
    public void onUnexpected(Throwable cause) {
        LOG.error("exchange {} with {}: unexpected", entry.id, entry.authority, cause);
        try {
            fail(new Failure.UpstreamUnreachable("the proxy failed, and says why in its log"));
        } catch (RuntimeException | Error e) {
            LOG.error("exchange {}: could not be ended well", entry.id, e);
            downstream.abort();
        }
    }

    /** Lets go of the upstream side. */
    private void letGo() {
        ended = true;
        request.letGo();
    }

    private void close() {
        appeal.close();
        request.close();
        if (post != null) {
            post.close();
        }
        entry.endedNanos = System.nanoTime();
        tell(new Event.Ended(entry));
    }

    private void touch() {
        activityNanos = System.nanoTime();
    }

    /** Whether the request was, or may be, answered without being read to its end. */
    public boolean isCutShort() {
        return (ended || request.awaitsContinue()) && !request.isRead();
    }

    /** A reload took its host out of the routes. */
    public void onRouteGone() {
        fail(new Failure.Denied(DenyReason.HOST_NOT_ALLOWED, entry.authority.host() + " is no longer allowed"));
    }

    /**
     * Since when nothing has come that the caller owes: more of its request, or that it reads the response; 0 where it owes nothing.
     * As {@link System#nanoTime}.
     */
    public long stalledSinceNanos() {
        boolean unread = response.state() == Side.STREAMING && !downstream.isWritable();
        boolean unsent = response.state() == Side.AWAITING_HEAD && request.awaitsCaller();
        return !ended && (unread || unsent) ? activityNanos : 0;
    }

    /** Others need more what a stalled exchange holds. */
    public void onReclaimed() {
        if (stalledSinceNanos() != 0) {
            fail(
                    response.state() == Side.AWAITING_HEAD
                            ? new Failure.DownstreamTimedOut("the request stopped, and other callers need its place")
                            : new Failure.Overloaded("the response is not read, and other callers need its place"));
        }
    }

    /** When the exchange has waited too long ({@link System#nanoTime}). */
    public long deadlineNanos() {
        if (appeal.isPending()) {
            return appeal.deadlineNanos();
        }
        long asked = request.inspection().askedUntilNanos();
        if (asked != 0) {
            return asked;
        }
        boolean thinking = request.isRead() && response.state() == Side.AWAITING_HEAD;
        Timeouts timeouts = context.timeouts();
        if (post != null && !request.isRead()) {
            return entry.startedNanos + timeouts.head().toNanos(); // all of it, however it drips
        }
        return activityNanos + (thinking ? timeouts.responseHead() : timeouts.idle()).toNanos();
    }

    /** The deadline has passed. */
    public void onDeadline() {
        if (appeal.isPending()) {
            fail(new Failure.Denied(DenyReason.HOST_NOT_ALLOWED, "an operator was asked, and there was no answer"));
            return;
        }
        boolean awaitsBody = !request.isRead() && response.state() == Side.AWAITING_HEAD;
        fail(
                awaitsBody
                        ? new Failure.DownstreamTimedOut("the request's body did not come in time")
                        : new Failure.UpstreamTimedOut("the origin did not answer in time"));
    }

    /** The only place where a part is dropped. */
    static void discard(HttpObject part) {
        ReferenceCountUtil.release(part);
    }
}

package egress.exchange;

import egress.http.Authority;
import egress.http.HopByHop;
import egress.http.InterimResponse;
import egress.policy.DenyReason;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.policy.Verdict;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.ReferenceCountUtil;
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
public final class Exchange implements Upstreams.Listener, Inspection.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final ExchangeContext context;
    private final DownstreamPeer downstream;
    private final ProxySnapshot snapshot;
    private final ExchangeRecord entry;
    private final HttpRequest asked;
    private final RequestSide request;
    private final ResponseSide response;
    private final Guarded guarded = new Guarded(this);

    private Inspection inspection = Inspection.NONE;
    /** Whether the head may be written: always, but where the whole body must be judged before. */
    private boolean released = true;

    private boolean webSocket;
    private boolean retried;
    private boolean reused;
    private boolean ended;
    /** Whether the caller holds its body back for a 100 that has not come, and has sent none of it. */
    private boolean awaitsContinue;

    private int acquisitions;
    private long activityNanos;
    private Upstreams.@Nullable Attempt attempt;
    private @Nullable UpstreamPeer upstream;
    private @Nullable HttpRequest toOrigin;

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
        this.request = new RequestSide(context.replayBudget(), !Heads.hasBody(asked.headers()));
        this.response = new ResponseSide(downstream, asked.method());
        this.entry = new ExchangeRecord(
                context.ids().incrementAndGet(),
                downstream.remoteAddress(),
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

    /** Judges the head, and asks for an upstream or answers by itself. */
    public void begin() {
        HttpHeaders fields = asked.headers();
        entry.requestFields = fields;
        if (entry.authority.host().equals(LocalSite.HOST)) {
            answerLocally();
            return;
        }
        webSocket = Heads.asksForWebSocket(asked);
        boolean otherUpgrade = !webSocket && Heads.asksForOtherUpgrade(asked);
        HopByHop.stripRequest(fields);
        Route route = judge(entry.target, fields);
        if (route == null) {
            return;
        }
        if (otherUpgrade) {
            fail(new Failure.Denied(DenyReason.UPGRADE_NOT_ALLOWED, "only WebSocket may be upgraded to"));
            return;
        }
        request.enter(Side.DECIDING);
        RequestHead head = new RequestHead(entry.tls, entry.authority, entry.method, entry.target, fields);
        inspection = snapshot.inspector().inspect(downstream.loop(), head, route);
        inspection.judgeHead(guarded);
    }

    /** @return null when the exchange was ended */
    private @Nullable Route judge(String target, HttpHeaders fields) {
        if (asked.method().equals(HttpMethod.TRACE) || asked.method().equals(HttpMethod.CONNECT)) {
            fail(new Failure.Denied(DenyReason.METHOD_NOT_ALLOWED, entry.method + " is not allowed here"));
            return null;
        }
        RequestHead head = new RequestHead(entry.tls, entry.authority, entry.method, target, fields);
        switch (snapshot.policy().judge(head)) {
            case Verdict.Deny deny -> fail(new Failure.Denied(deny.why(), deny.words()));
            case Verdict.Malformed malformed ->
                fail(new Failure.DownstreamMalformed(HttpResponseStatus.BAD_REQUEST, malformed.words()));
            case Verdict.Allow allow -> {
                entry.route = allow.route();
                return allow.route();
            }
        }
        return null;
    }

    private void answerLocally() {
        boolean reads = asked.method().equals(HttpMethod.GET) || asked.method().equals(HttpMethod.HEAD);
        int query = entry.target.indexOf('?');
        String path = query < 0 ? entry.target : entry.target.substring(0, query);
        if (reads) {
            answer(LocalResponse.of(context.localSite().page(path), asked.method()));
        } else {
            fail(new Failure.Denied(DenyReason.METHOD_NOT_ALLOWED, LocalSite.HOST + " only answers GET and HEAD"));
        }
    }

    @Override
    public void onHeadVerdict(Inspection.Outcome outcome) {
        Route route = entry.route;
        if (ended || route == null) {
            return;
        }
        switch (outcome) {
            case Inspection.Outcome.Fail failed -> fail(failed.failure());
            case Inspection.Outcome.Pass pass -> approach(route, entry.target, asked.headers());
            case Inspection.Outcome.Rewritten rewritten -> {
                Route again = judge(rewritten.target(), rewritten.fields());
                if (again != null) {
                    approach(again, rewritten.target(), rewritten.fields());
                }
            }
        }
    }

    /** The head may go: gets an upstream, at once or with the body's verdict. */
    private void approach(Route route, String target, HttpHeaders fields) {
        entry.judgedNanos = System.nanoTime();
        entry.injected = entry.tls && route.credential().isPresent();
        context.observer().requested(entry);
        toOrigin = Heads.forOrigin(asked, target, fields, route, entry.tls, webSocket);
        boolean holds = inspection.mode() == Inspection.Mode.HOLD && Heads.hasBody(fields);
        boolean expects = fields.contains(HttpHeaderNames.EXPECT, "100-continue", true);
        released = !holds || expects;
        awaitsContinue = expects && !request.isRead();
        request.enter(Side.CONNECTING);
        if (released || request.isRead()) {
            acquire();
        }
        if (!ended) {
            pullRequest();
        }
    }

    private void acquire() {
        Upstreams.Origin origin = new Upstreams.Origin(
                entry.authority, entry.tls, context.upstreamHttp().protocolFor(webSocket, downstream.isHttp2()));
        int before = acquisitions;
        Upstreams.Attempt started = context.upstreams().acquire(downstream.loop(), origin, guarded);
        if (!ended && before == acquisitions) {
            attempt = started;
        }
    }

    @Override
    public void onBodyVerdict(Inspection.Outcome outcome) {
        Route route = entry.route;
        if (ended || route == null) {
            return;
        }
        switch (outcome) {
            case Inspection.Outcome.Fail failed -> fail(failed.failure());
            case Inspection.Outcome.Pass pass -> release();
            case Inspection.Outcome.Rewritten rewritten -> {
                Route again = judge(rewritten.target(), rewritten.fields());
                if (again != null && request.state() == Side.CONNECTING) {
                    toOrigin =
                            Heads.forOrigin(asked, rewritten.target(), rewritten.fields(), again, entry.tls, webSocket);
                    release();
                } else if (again != null) {
                    // The head is at the origin already, with the framing of another body.
                    fail(new Failure.Denied(DenyReason.DLP_MATCH, "a body that cannot be rewritten any more"));
                }
            }
        }
    }

    private void release() {
        released = true;
        UpstreamPeer peer = upstream;
        if (peer == null && attempt == null && request.state() == Side.CONNECTING) {
            acquire(); // the verdict did not need the whole body
        } else if (peer != null && request.state() == Side.CONNECTING) {
            sendHead(peer);
        } else {
            sendInspected(peer);
        }
    }

    @Override
    public void onInspectionReady() {
        if (!ended) {
            sendInspected(upstream);
        }
    }

    private void sendInspected(@Nullable UpstreamPeer peer) {
        int acquisition = acquisitions;
        sendBody(peer);
        if (peer != null
                && upstream != null
                && acquisition == acquisitions
                && request.state().compareTo(Side.STREAMING) >= 0) {
            peer.flush();
        }
        pullRequest();
    }

    @Override
    public void onHit(Inspection.Hit hit) {
        context.observer().found(entry, hit);
    }

    @Override
    public void onInspectionFailed(Failure failure) {
        fail(failure);
    }

    @Override
    public void onAcquired(UpstreamPeer peer, boolean isReused) {
        acquisitions++;
        attempt = null;
        if (ended) {
            peer.abort();
            return;
        }
        upstream = peer;
        reused = isReused;
        touch();
        entry.acquiredNanos = activityNanos;
        entry.upstreamAddress = peer.remoteAddress();
        entry.upstreamVersion = peer.isHttp2() ? "HTTP/2.0" : "HTTP/1.1";
        entry.upstreamReused = isReused;
        entry.connectNanos = peer.timings().connectNanos();
        entry.tlsNanos = peer.timings().tlsNanos();
        if (released) {
            sendHead(peer);
        }
    }

    private void sendHead(UpstreamPeer peer) {
        HttpRequest head = toOrigin;
        if (head == null) {
            throw new IllegalStateException("an upstream before the head was judged");
        }
        int acquisition = acquisitions; // a write may fail at once, and the retry may succeed at once
        request.writeHead(peer, head);
        sendBody(peer);
        if (upstream != null && acquisition == acquisitions) {
            peer.flush();
            peer.read();
            pullRequest();
        }
    }

    /** Sends what may be sent and is here. */
    private void sendBody(@Nullable UpstreamPeer peer) {
        int acquisition = acquisitions;
        while (peer != null && acquisition == acquisitions && upstream != null && request.state() == Side.STREAMING) {
            HttpContent part = request.nextKept();
            if (part == null && inspection.mode() != Inspection.Mode.PASS && peer.isWritable()) {
                part = inspection.next();
            }
            if (part == null) {
                return;
            }
            write(peer, part);
        }
    }

    private void write(UpstreamPeer peer, HttpContent part) {
        request.write(peer, part, entry.route);
        endIfBothDone();
    }

    /** A part of the request's body, owned by the exchange from now on. */
    public void onRequestPart(HttpContent part) {
        entry.requestBytes += part.content().readableBytes();
        request.came(part);
        awaitsContinue = false;
        UpstreamPeer peer = upstream;
        if (ended || request.state() == Side.DONE) {
            discard(part);
            endIfBothDone();
        } else if (inspection.mode() != Inspection.Mode.PASS) {
            inspection.take(part);
            if (!ended && request.isRead() && request.state() == Side.CONNECTING && peer == null && attempt == null) {
                acquire(); // while the body's verdict is pending
            }
        } else if (request.state() == Side.STREAMING && peer != null) {
            write(peer, part);
        } else {
            request.keep(part);
        }
    }

    /** The end of a burst of request parts. */
    public void onRequestReadComplete() {
        touch();
        if (!ended && inspection.mode() != Inspection.Mode.PASS) {
            sendBody(upstream);
        }
        UpstreamPeer peer = upstream;
        if (peer != null && request.state().compareTo(Side.STREAMING) >= 0) {
            peer.flush();
        }
        pullRequest();
    }

    /**
     * Asks the caller for more where it can be taken. Also when the request is whole: one read stays outstanding, or a
     * caller that goes away would not be noticed.
     */
    private void pullRequest() {
        if (ended) {
            return;
        }
        UpstreamPeer peer = upstream;
        boolean inspects = inspection.mode() != Inspection.Mode.PASS;
        boolean wanted = switch (request.state()) {
            case AWAITING_HEAD, DECIDING, CONNECTING -> inspects ? inspection.wantsMore() : request.hasRoom();
            case STREAMING -> inspects ? inspection.wantsMore() : peer != null && peer.isWritable();
            case DONE -> true;
        };
        if (wanted) {
            downstream.read();
        }
    }

    @Override
    public void onUpstreamWritable() {
        touch();
        UpstreamPeer peer = upstream;
        if (!ended && peer != null && inspection.mode() != Inspection.Mode.PASS) {
            sendBody(peer);
            peer.flush();
        }
        pullRequest();
    }

    /** The caller takes more again. */
    public void onDownstreamWritable() {
        touch();
        pullResponse();
    }

    @Override
    public void onResponsePart(HttpObject part) {
        if (ended) {
            discard(part);
            return;
        }
        switch (part) {
            case InterimResponse interim -> {
                awaitsContinue &= interim.status().code() != HttpResponseStatus.CONTINUE.code();
                if (!response.relayInterim(interim)) {
                    fail(new Failure.UpstreamMalformed("the origin sent interim responses without end"));
                }
            }
            case HttpResponse head -> onResponseHead(head);
            case HttpContent content -> onResponseBody(content);
            default -> discard(part);
        }
    }

    private void onResponseHead(HttpResponse head) {
        touch();
        request.answered();
        if (ResponseSide.isUpgrade(head) && !webSocket) {
            fail(new Failure.UpstreamMalformed("the origin answered 101 unasked"));
            return;
        }
        entry.firstByteNanos = activityNanos;
        entry.status = head.status().code();
        HttpHeaders fields = response.relayHead(head);
        entry.responseFields = fields;
        inspection.observeResponse(fields);
    }

    private void onResponseBody(HttpContent content) {
        entry.responseBytes += content.content().readableBytes();
        try {
            inspection.observeResponse(content);
        } catch (RuntimeException | Error e) {
            discard(content);
            throw e;
        }
        response.relayBody(content);
        HttpHeaders upgraded = response.upgradeFields();
        if (response.state() == Side.DONE && upgraded != null) {
            becomeTunnel(upgraded);
        } else if (response.state() == Side.DONE && awaitsContinue) {
            endWithoutRequestBody();
        } else if (response.state() == Side.DONE) {
            endIfBothDone();
        }
    }

    /**
     * The origin answered instead of asking for the body, so that the caller need not send it (RFC 9110 §10.1.1): on
     * neither side may the next request be read as that body.
     */
    private void endWithoutRequestBody() {
        letGo();
        request.enter(Side.DONE);
        downstream.flush();
        close();
        downstream.ended(false);
    }

    private void becomeTunnel(HttpHeaders fields) {
        UpstreamPeer peer = upstream;
        downstream.flush();
        if (peer == null || ended) {
            return;
        }
        upstream = null;
        ended = true; // to every event of HTTP; the record is closed with the tunnel
        downstream.upgraded(peer.upgraded(), inspection.webSocket(fields), this::close);
    }

    @Override
    public void onResponseReadComplete() {
        touch();
        downstream.flush();
        pullResponse();
    }

    private void pullResponse() {
        UpstreamPeer peer = upstream;
        if (!ended && peer != null && response.state() != Side.DONE && downstream.isWritable()) {
            peer.read();
        }
    }

    @Override
    public void onFailed(Failure failure) {
        acquisitions++;
        attempt = null;
        upstream = null;
        if (ended) {
            return;
        }
        if (response.state() == Side.DONE) {
            request.enter(Side.DONE); // answered before the request was read, and gone: nobody wants the rest
            endIfBothDone();
        } else if (!retried
                && response.state() == Side.AWAITING_HEAD
                && request.canReplay()
                && Retries.may(failure, reused, entry.method, request.isWithoutBody())) {
            retry();
        } else {
            fail(failure);
        }
    }

    private void retry() {
        retried = true;
        HttpRequest head = toOrigin;
        if (head != null && !webSocket) {
            head.headers().remove(HttpHeaderNames.CONNECTION); // TE, of an h1 peer
        }
        request.rewind();
        request.enter(Side.CONNECTING);
        acquire();
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
        entry.failure = failure;
        if (response.state() == Side.AWAITING_HEAD) {
            answer(LocalResponse.of(failure, asked.method()));
        } else {
            letGo();
            downstream.flush(); // a head that broke off is an error; nothing at all looks like a stale connection
            downstream.abort();
            close();
        }
    }

    private void answer(LocalResponse local) {
        entry.status = local.head().status().code();
        entry.responseFields = local.head().headers();
        entry.responseBytes = local.body().content().readableBytes();
        letGo();
        request.enter(Side.DONE);
        response.done();
        downstream.write(local.head());
        downstream.write(local.body());
        downstream.flush();
        close();
        downstream.ended(request.isRead());
    }

    private void endIfBothDone() {
        if (ended || request.state() != Side.DONE || response.state() != Side.DONE) {
            return;
        }
        ended = true;
        UpstreamPeer peer = upstream;
        upstream = null;
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

    /** Lets go of the upstream side and of every part not yet written. */
    private void letGo() {
        ended = true;
        Upstreams.Attempt started = attempt;
        attempt = null;
        if (started != null) {
            started.cancel();
        }
        UpstreamPeer peer = upstream;
        upstream = null;
        if (peer != null) {
            peer.abort();
        }
    }

    private void close() {
        request.discardAll();
        inspection.close();
        entry.endedNanos = System.nanoTime();
        context.observer().ended(entry);
    }

    private void touch() {
        activityNanos = System.nanoTime();
    }

    /** Whether the request was, or may be, answered without being read to its end. */
    public boolean isCutShort() {
        return (ended || awaitsContinue) && !request.isRead();
    }

    /** A reload took its host out of the routes. */
    public void onRouteGone() {
        fail(new Failure.Denied(DenyReason.HOST_NOT_ALLOWED, entry.authority.host() + " is no longer allowed"));
    }

    /** When the exchange has waited too long ({@link System#nanoTime}). */
    public long deadlineNanos() {
        boolean thinking = request.isRead() && response.state() == Side.AWAITING_HEAD;
        Timeouts timeouts = context.timeouts();
        return activityNanos + (thinking ? timeouts.responseHead() : timeouts.idle()).toNanos();
    }

    /** The deadline has passed. */
    public void onDeadline() {
        boolean awaitsBody = !request.isRead() && response.state() == Side.AWAITING_HEAD;
        fail(
                awaitsBody
                        ? new Failure.DownstreamTimedOut("the request's body did not come in time")
                        : new Failure.UpstreamTimedOut("the origin did not answer in time"));
    }

    /** The one place where a part is dropped. */
    static void discard(HttpObject part) {
        ReferenceCountUtil.release(part);
    }
}

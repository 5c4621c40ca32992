package egress.exchange;

import egress.http.Authority;
import egress.http.HopByHop;
import egress.policy.BodyJudge;
import egress.policy.DenyReason;
import egress.policy.Route;
import egress.policy.Verdict;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings the request of an exchange to its origin: an upstream is asked for when the head may go, parts go as they come
 * or as their verdict lets them, more is asked for when the origin takes it, and what was lost unread is sent once more.
 */
final class RequestRelay {
    /** Parts that may wait while no upstream takes them; more is not read. */
    private static final int MAX_PENDING_BYTES = 64 * 1024;

    private final Exchange exchange;
    private final ExchangeContext context;
    private final DownstreamPeer downstream;
    private final HttpRequest asked;

    private final Deque<HttpContent> pending = new ArrayDeque<>(2);
    private final Replay replay;
    /** Whether the head declares no body. */
    private final boolean bodiless;

    private Side state = Side.AWAITING_HEAD;
    private int pendingBytes;
    /** Whether the caller has sent its request to the end, whatever became of it. */
    private boolean read;

    private Inspection inspection = Inspection.NONE;
    /** Reads the body for policy, where the head did not decide; null where it did. */
    private @Nullable BodyJudge judge;

    /** Null unless an operator is asked. */
    private @Nullable HeldParts heldParts;

    private boolean judgedWhole;
    /** Whether the head may be written: always, but where the whole body must be judged before. */
    private boolean released = true;
    /** Whether the caller holds its body back for a 100 that has not come, and has sent none of it. */
    private boolean awaitsContinue;

    private boolean webSocket;
    private boolean retried;
    private boolean reused;
    private int acquisitions;
    private Upstreams.@Nullable Attempt attempt;
    private @Nullable UpstreamPeer upstream;
    private @Nullable HttpRequest toOrigin;

    RequestRelay(Exchange exchange, ExchangeContext context, DownstreamPeer downstream, HttpRequest asked) {
        this.exchange = exchange;
        this.context = context;
        this.downstream = downstream;
        this.asked = asked;
        this.replay = new Replay(context.budgets().replays(), downstream.claimant());
        this.bodiless = !Heads.hasBody(asked.headers());
        this.read = bodiless;
    }

    Side state() {
        return state;
    }

    /** Nothing more of it is sent. */
    void done() {
        state = Side.DONE;
    }

    boolean isRead() {
        return read;
    }

    /** Sets the inspection of what is sent. */
    void inspectedBy(Inspection judge) {
        inspection = judge;
        state = Side.DECIDING;
    }

    /** Sets the judge of the body for policy: the first one, since a head that was masked asks for nothing more. */
    void judgedBy(@Nullable BodyJudge body) {
        if (state == Side.AWAITING_HEAD) {
            judge = body;
        } else if (body != null) {
            body.close();
        }
    }

    Inspection inspection() {
        return inspection;
    }

    /** Null before there is one, and when it was lost or given up. */
    @Nullable
    UpstreamPeer upstream() {
        return upstream;
    }

    boolean awaitsContinue() {
        return awaitsContinue;
    }

    /** The origin has answered: nothing is sent a second time. */
    void answered() {
        replay.giveUp();
    }

    /** The origin asked for the body (100). */
    void wanted() {
        awaitsContinue = false;
    }

    /**
     * The head may go: gets an upstream, at once or with the body's verdict.
     *
     * @param target and the fields are the caller's, or what inspection made of them
     */
    void approach(Route route, String target, HttpHeaders fields, boolean upgrade) {
        ExchangeRecord entry = exchange.entry();
        entry.judgedNanos = System.nanoTime();
        exchange.tell(new Event.Allowed(entry));
        webSocket = upgrade;
        toOrigin = forOrigin(route, target, fields);
        boolean holds = inspection.mode() == Inspection.Mode.HOLD;
        boolean expects = fields.contains(HttpHeaderNames.EXPECT, "100-continue", true);
        released = !holds && !waitsForJudge() || expects;
        awaitsContinue = expects && !read;
        state = Side.CONNECTING;
        if (released || read && inspection.isHeadJudged()) {
            acquire();
        }
        if (!exchange.isEnded()) {
            pull();
        }
    }

    private HttpRequest forOrigin(Route route, String target, HttpHeaders fields) {
        ExchangeRecord entry = exchange.entry();
        return Heads.forOrigin(asked, target, fields, route, entry.tls, webSocket, entry.trace);
    }

    private void acquire() {
        Authority authority = exchange.entry().authority;
        Upstreams.Origin origin = new Upstreams.Origin(
                authority, exchange.entry().tls, context.upstreamHttp().protocolFor(webSocket, downstream.isHttp2()));
        int before = acquisitions;
        Upstreams.Attempt started =
                context.upstreams().acquire(downstream.loop(), downstream.claimant(), origin, exchange.failClosed());
        if (!exchange.isEnded() && before == acquisitions) {
            attempt = started;
        }
    }

    /** The body may go as it came. */
    void release() {
        released = true;
        UpstreamPeer peer = upstream;
        if (peer == null && attempt == null && state == Side.CONNECTING) {
            acquire(); // the verdict did not need the whole body
        } else if (peer != null && state == Side.CONNECTING) {
            sendHead(peer);
        } else {
            sendInspected();
        }
    }

    /** The body may go as inspection wrote it anew, behind a head that was judged anew. */
    void release(Route route, String target, HttpHeaders fields) {
        if (state == Side.CONNECTING) {
            toOrigin = forOrigin(route, target, fields);
            release();
        } else {
            // The head is at the origin already, with the framing of another body.
            exchange.fail(new Failure.Denied(DenyReason.DLP_MATCH, "a body that cannot be rewritten any more"));
        }
    }

    /** Sends what inspection let go. */
    void sendInspected() {
        UpstreamPeer peer = upstream;
        int acquisition = acquisitions;
        sendBody(peer);
        if (peer != null && upstream != null && acquisition == acquisitions && state.compareTo(Side.STREAMING) >= 0) {
            peer.flush();
        }
        pull();
    }

    /** There is an upstream: the head goes where its verdict does not wait for the body. */
    void acquired(UpstreamPeer peer, boolean isReused) {
        acquisitions++;
        attempt = null;
        if (exchange.isEnded()) {
            peer.abort();
            return;
        }
        upstream = peer;
        reused = isReused;
        exchange.entry().acquired(peer, isReused);
        if (released) {
            sendHead(peer);
        }
    }

    private void sendHead(UpstreamPeer peer) {
        HttpRequest head = toOrigin;
        if (head == null) {
            throw new IllegalStateException("an upstream before the head was judged");
        }
        ExchangeRecord entry = exchange.entry();
        Route route = entry.route;
        entry.injected = entry.tls && route != null && route.credential().isPresent();
        int acquisition = acquisitions; // a write may fail at once, and the retry may succeed at once
        state = Side.STREAMING;
        if (!peer.isHttp2()) {
            Heads.nameTeInConnection(head.headers());
        }
        peer.write(head);
        sendBody(peer);
        if (upstream != null && acquisition == acquisitions) {
            peer.flush();
            peer.read();
            pull();
        }
    }

    /** Sends what may be sent and is here. */
    private void sendBody(@Nullable UpstreamPeer peer) {
        int acquisition = acquisitions;
        while (peer != null && acquisition == acquisitions && upstream != null && state == Side.STREAMING) {
            HttpContent part = nextPending();
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
        if (part instanceof LastHttpContent last) {
            state = Side.DONE;
            stripTrailers(last);
        }
        replay.add(part);
        peer.write(part);
        exchange.endIfBothDone();
    }

    private void stripTrailers(LastHttpContent last) {
        if (last.trailingHeaders().isEmpty()) {
            return;
        }
        if (bodiless) {
            // Over h2 they may follow a content-length of 0, and were not judged.
            last.trailingHeaders().clear();
            return;
        }
        HopByHop.stripTrailers(last.trailingHeaders());
        Route route = exchange.entry().route;
        if (route != null) {
            route.stripTrailers(last.trailingHeaders());
        }
    }

    private boolean hasRoom() {
        return pendingBytes < MAX_PENDING_BYTES;
    }

    /** Keeps a part until there is an upstream. */
    private void keep(HttpContent part) {
        pendingBytes += part.content().readableBytes();
        pending.add(part);
    }

    private @Nullable HttpContent nextPending() {
        HttpContent part = pending.poll();
        if (part != null) {
            pendingBytes -= part.content().readableBytes();
        }
        return part;
    }

    /** A part came from the caller that goes nowhere from here: the local site reads it. */
    void note(HttpContent part) {
        read |= part instanceof LastHttpContent;
    }

    /** Nothing that comes is judged or sent before {@link #goOn}. */
    void holdBack() {
        if (heldParts == null) {
            heldParts = new HeldParts(context.budgets().exchanges(), downstream.claimant());
        }
    }

    /** Treats what came meanwhile like all parts. */
    void goOn() {
        HeldParts parts = heldParts;
        if (parts == null) {
            return;
        }
        HttpContent part;
        while ((part = parts.next()) != null) {
            feed(part); // another may come at once, and waits its turn
        }
        heldParts = null;
        parts.close();
        readComplete();
    }

    /** A part came from the caller. */
    void take(HttpContent part) {
        read |= part instanceof LastHttpContent;
        HeldParts parts = heldParts;
        if (parts == null || exchange.isEnded()) {
            feed(part);
        } else if (!parts.add(part)) {
            exchange.fail(new Failure.Overloaded("no memory is left for bodies that wait for an answer"));
        }
    }

    private void feed(HttpContent part) {
        awaitsContinue = false;
        if (judged(part) instanceof Admission.Refused refused) {
            Exchange.discard(part);
            exchange.fail(refused.failure());
            return;
        }
        UpstreamPeer peer = upstream;
        if (exchange.isEnded() || state == Side.DONE) {
            Exchange.discard(part);
            exchange.endIfBothDone();
        } else if (inspection.mode() != Inspection.Mode.PASS) {
            inspection.take(part);
            releaseJudged();
            if (!exchange.isEnded()
                    && read
                    && inspection.isHeadJudged()
                    && state == Side.CONNECTING
                    && peer == null
                    && attempt == null) {
                acquire(); // while the body's verdict is pending
            }
        } else if (state == Side.STREAMING && peer != null) {
            write(peer, part);
        } else {
            keep(part);
            releaseJudged();
        }
    }

    /** Whether the head waits for the verdict on the body: while that is short, nothing leaves before all of it was read. */
    private boolean waitsForJudge() {
        BodyJudge reads = judge;
        boolean room = inspection.mode() == Inspection.Mode.PASS ? hasRoom() : inspection.wantsMore();
        return reads != null && reads.holdsHead() && !judgedWhole && room;
    }

    /** Lets a head go that waited for policy alone. */
    private void releaseJudged() {
        boolean held = inspection.mode() == Inspection.Mode.HOLD; // by its own verdict
        if (judge != null && !released && !held && state == Side.CONNECTING && !waitsForJudge()) {
            release();
        }
    }

    /** The verdict of policy on a part, before anything of it is kept, scanned or sent. */
    private Admission judged(HttpContent part) {
        BodyJudge reads = judge;
        if (reads == null || exchange.isEnded()) {
            return Admission.ADMITTED;
        }
        Verdict.Deny deny = reads.take(part.content());
        if (deny == null && part instanceof LastHttpContent) {
            deny = reads.end();
            judgedWhole = true;
        }
        return deny == null ? Admission.ADMITTED : new Admission.Refused(Failure.Denied.by(deny));
    }

    /** The end of a burst of parts. */
    void readComplete() {
        if (!exchange.isEnded() && inspection.mode() != Inspection.Mode.PASS) {
            sendBody(upstream);
        }
        UpstreamPeer peer = upstream;
        if (peer != null && state.compareTo(Side.STREAMING) >= 0) {
            peer.flush();
        }
        pull();
    }

    /** The origin takes more again. */
    void writable() {
        UpstreamPeer peer = upstream;
        if (!exchange.isEnded() && peer != null && inspection.mode() != Inspection.Mode.PASS) {
            sendBody(peer);
            peer.flush();
        }
        pull();
    }

    /**
     * Asks the caller for more where it can be taken. Also when the request is complete: one read stays outstanding, or a
     * caller that goes away would not be noticed.
     */
    private void pull() {
        if (!exchange.isEnded() && wantsMore()) {
            downstream.read();
        }
    }

    /** Whether the exchange waits for the caller to send more of its request, and for nothing else. */
    boolean awaitsCaller() {
        return !exchange.isEnded() && !read && !awaitsContinue && wantsMore();
    }

    private boolean wantsMore() {
        HeldParts parts = heldParts;
        if (parts != null) {
            return parts.bytes() < MAX_PENDING_BYTES;
        }
        UpstreamPeer peer = upstream;
        boolean inspects = inspection.mode() != Inspection.Mode.PASS;
        return switch (state) {
            case AWAITING_HEAD, DECIDING, CONNECTING -> inspects ? inspection.wantsMore() : hasRoom();
            case STREAMING -> inspects ? inspection.wantsMore() : peer != null && peer.isWritable();
            case DONE -> true;
        };
    }

    /** The upstream is gone, or was never there. */
    void lost() {
        acquisitions++;
        attempt = null;
        upstream = null;
    }

    /**
     * Sends an unanswered request once more after the upstream was lost, where that is safe.
     *
     * @return false where it is not
     */
    boolean retry(Failure failure) {
        if (retried
                || !replay.isPossible()
                || !Retries.may(failure, reused, exchange.entry().method, isWithoutBody())) {
            return false;
        }
        retried = true;
        HttpRequest head = toOrigin;
        if (head != null && !webSocket) {
            head.headers().remove(HttpHeaderNames.CONNECTION); // TE, of an h1 peer
        }
        rewind();
        state = Side.CONNECTING;
        acquire();
        return true;
    }

    private boolean isWithoutBody() {
        return read
                && replay.isEmpty()
                && pending.stream().noneMatch(part -> part.content().isReadable());
    }

    /** Puts what was sent in front of what is yet to be sent. */
    private void rewind() {
        List<HttpContent> sent = replay.parts();
        for (int i = sent.size() - 1; i >= 0; i--) {
            pending.addFirst(sent.get(i));
            pendingBytes += sent.get(i).content().readableBytes();
        }
        replay.giveUp();
    }

    /** Gives the upstream to a new owner. */
    @Nullable
    UpstreamPeer handOver() {
        UpstreamPeer peer = upstream;
        upstream = null;
        return peer;
    }

    /** Gives up the upstream, or what is done to get one. */
    void letGo() {
        Upstreams.Attempt started = attempt;
        attempt = null;
        if (started != null) {
            started.cancel();
        }
        UpstreamPeer peer = handOver();
        if (peer != null) {
            peer.abort();
        }
    }

    /** Drops the parts that wait. */
    void close() {
        replay.giveUp();
        HttpContent part;
        while ((part = nextPending()) != null) {
            Exchange.discard(part);
        }
        if (heldParts != null) {
            heldParts.close();
        }
        inspection.close();
        if (judge != null) {
            judge.close();
        }
    }
}

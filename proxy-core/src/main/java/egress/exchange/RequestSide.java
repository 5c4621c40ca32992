package egress.exchange;

import egress.http.HopByHop;
import egress.policy.Route;
import egress.share.Claimant;
import egress.share.FairBudget;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The request on its way to the origin: what waits for an upstream, and what was sent of it. */
final class RequestSide {
    /** Parts that may wait while no upstream takes them; more is not read. */
    private static final int MAX_PENDING_BYTES = 64 * 1024;

    private final Deque<HttpContent> pending = new ArrayDeque<>(2);
    private final Replay replay;
    private final boolean bodiless;
    private Side state = Side.AWAITING_HEAD;
    private int pendingBytes;
    /** Whether the caller has sent its request to the end, whatever became of it. */
    private boolean read;

    /** @param bodiless whether the head says that nothing follows it */
    RequestSide(FairBudget replays, Claimant who, boolean bodiless) {
        this.replay = new Replay(replays, who);
        this.bodiless = bodiless;
        this.read = bodiless;
    }

    Side state() {
        return state;
    }

    void enter(Side next) {
        state = next;
    }

    boolean isRead() {
        return read;
    }

    /** Notes that a part came from the caller. */
    void came(HttpContent part) {
        read |= part instanceof LastHttpContent;
    }

    boolean hasRoom() {
        return pendingBytes < MAX_PENDING_BYTES;
    }

    /** Keeps a part until there is an upstream. */
    void keep(HttpContent part) {
        pendingBytes += part.content().readableBytes();
        pending.add(part);
    }

    @Nullable
    HttpContent nextKept() {
        HttpContent part = pending.poll();
        if (part != null) {
            pendingBytes -= part.content().readableBytes();
        }
        return part;
    }

    /** Begins the request at the origin. */
    void writeHead(UpstreamPeer peer, HttpRequest head) {
        state = Side.STREAMING;
        if (!peer.isHttp2()) {
            Heads.nameTeInConnection(head.headers());
        }
        peer.write(head);
    }

    /** Sends a part; after the last the side is done. */
    void write(UpstreamPeer peer, HttpContent part, @Nullable Route route) {
        if (part instanceof LastHttpContent last) {
            state = Side.DONE;
            stripTrailers(last, route);
        }
        replay.add(part);
        peer.write(part);
    }

    private void stripTrailers(LastHttpContent last, @Nullable Route route) {
        if (last.trailingHeaders().isEmpty()) {
            return;
        }
        if (bodiless) {
            // Over h2 they may follow a content-length of 0; nobody has judged them.
            last.trailingHeaders().clear();
        } else {
            HopByHop.stripTrailers(last.trailingHeaders());
            if (route != null) {
                route.stripTrailers(last.trailingHeaders());
            }
        }
    }

    /** Whether everything sent so far could be sent again. */
    boolean canReplay() {
        return replay.isPossible();
    }

    boolean isWithoutBody() {
        return read
                && replay.isEmpty()
                && pending.stream().noneMatch(part -> part.content().isReadable());
    }

    /** Puts what was sent in front of what is yet to be sent. */
    void rewind() {
        List<HttpContent> sent = replay.parts();
        for (int i = sent.size() - 1; i >= 0; i--) {
            pending.addFirst(sent.get(i));
            pendingBytes += sent.get(i).content().readableBytes();
        }
        replay.giveUp();
    }

    /** The origin has answered: nothing is sent a second time. */
    void answered() {
        replay.giveUp();
    }

    /** Drops what is kept. */
    void discardAll() {
        replay.giveUp();
        HttpContent part;
        while ((part = nextKept()) != null) {
            Exchange.discard(part);
        }
    }
}

package egress.upstream;

import egress.exchange.Failure;
import egress.exchange.TlsFacts;
import egress.exchange.UpstreamPeer;
import egress.exchange.Upstreams.Listener;
import egress.http.InterimResponse;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** One request and its response on an upstream channel: the state of both, and the calls to the exchange. */
abstract class UpstreamStream implements UpstreamPeer {
    /** What moves fewer bytes in the time after which it counts as stalled is stalled. */
    private static final int STALLED_BYTES = 1_024;

    private static final Failure GIVES_WAY =
            new Failure.Overloaded("the exchange stood still, and others need its place at the origin");

    /** Of the connection. */
    final Channel channel;

    private final Listener listener;
    private final Timings timings;
    private final String remoteAddress;
    private final Place place;
    private boolean muted;
    private boolean headWritten;
    private boolean requestWritten;
    private boolean requestDone;
    private boolean requestBroken;
    private boolean interimSeen;
    private boolean responseStarted;
    private boolean responseDone;
    /** Bytes of both bodies; and how many there were at the last look that saw it get on, and when that was. */
    private long moved;

    private long movedBefore = -STALLED_BYTES;
    private long movedNanos;
    /** A 101 came: until the exchange takes the channel or gives it up, nothing is over. */
    private boolean switching;

    UpstreamStream(Channel channel, Listener listener, Place place, Timings timings, String remoteAddress) {
        this.channel = channel;
        this.listener = listener;
        this.timings = timings;
        this.remoteAddress = remoteAddress;
        this.place = place;
    }

    /** Writes the request's head. */
    abstract void writeHead(HttpRequest head);

    /** Writes what follows the head. */
    abstract void writePart(HttpObject part);

    /** What was written leaves, at the latest when the turn of the loop ends. */
    abstract void flushWritten();

    abstract boolean takesMore();

    abstract void readMore();

    /** Whether what is written can still leave. */
    boolean isActive() {
        return channel.isActive();
    }

    /** The request has been written wholly. */
    abstract void onRequestDone();

    /** Ends the stream before it is complete. */
    abstract void breakOff();

    @Override
    public final void write(HttpObject part) {
        if (muted || requestDone || requestBroken) {
            ReferenceCountUtil.release(part);
            return;
        }
        boolean last = part instanceof LastHttpContent;
        requestDone = last;
        if (part instanceof HttpRequest head) {
            headWritten = true;
            writeHead(head);
        } else {
            moved += bytes(part);
            writePart(part);
        }
        if (last) {
            onRequestDone();
        }
    }

    @Override
    public final void flush() {
        if (!muted) {
            requestWritten |= headWritten && isActive();
            flushWritten();
        }
    }

    @Override
    public final boolean isWritable() {
        return requestBroken || takesMore();
    }

    @Override
    public final void read() {
        if (!muted) {
            readMore();
        }
    }

    @Override
    public final void abort() {
        if (muted) {
            return;
        }
        muted = true;
        if (!isWhole()) {
            breakOff();
        }
    }

    @Override
    public final Timings timings() {
        return timings;
    }

    @Override
    public final @Nullable TlsFacts tls() {
        return UpstreamPipelines.facts(channel);
    }

    @Override
    public final String remoteAddress() {
        return remoteAddress;
    }

    /** Hands a part on, and notes what it means for the stream. */
    final void deliver(HttpObject part) {
        if (part instanceof InterimResponse) {
            interimSeen = true;
        } else if (part instanceof HttpResponse head) {
            responseStarted = true;
            switching = head.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code();
        }
        responseDone |= part instanceof LastHttpContent;
        int bytes = bytes(part);
        moved += bytes;
        if (muted) {
            ReferenceCountUtil.release(part);
        } else {
            listener.onResponsePart(part);
        }
        if (bytes > 0) {
            onBytes(moved);
        }
    }

    private static int bytes(HttpObject part) {
        return part instanceof HttpContent content ? content.content().readableBytes() : 0;
    }

    /** So many bytes of both bodies have moved. */
    void onBytes(long all) {
        // what an h2 stream does by that concerns it alone
    }

    /** Looks whether it gets on: what stands still can be ended where others need its place. */
    void tick(long nowNanos, long stalledNanos) {
        if (moved - movedBefore >= STALLED_BYTES) {
            movedBefore = moved;
            movedNanos = nowNanos;
            mayEnd(null);
        } else if (nowNanos - movedNanos >= stalledNanos) {
            mayEnd(this::askToGiveWay);
        }
    }

    /** @param action null while it gets on */
    void mayEnd(@Nullable Runnable action) {
        place.mayEnd(action);
    }

    private void giveWay() {
        boolean gotOn = moved - movedBefore >= STALLED_BYTES; // since the last look
        if (!muted && !isWhole() && !gotOn) {
            fail(GIVES_WAY);
            breakOff();
        }
    }

    /** From any thread. */
    private void askToGiveWay() {
        channel.eventLoop().execute(this::giveWay);
    }

    final Place place() {
        return place;
    }

    final void readComplete() {
        if (!muted) {
            listener.onResponseReadComplete();
        }
    }

    final void writable() {
        if (!muted) {
            listener.onUpstreamWritable();
        }
    }

    /** Ends the stream for the exchange, unless both messages are complete and there is nothing to report. */
    final void fail(Failure failure) {
        requestBroken = true;
        if (!muted && !(responseDone && requestDone)) {
            muted = true;
            listener.onFailed(failure);
        }
    }

    /**
     * Fails for a connection that is gone.
     *
     * @param what has become of it: "the origin closed the connection"
     */
    final void failBroken(String what) {
        if (responseStarted) {
            fail(new Failure.UpstreamUnreachable(what + " in the middle of the response"));
        } else if (interimSeen) {
            fail(new Failure.UpstreamUnreachable(what + " after an interim response"));
        } else {
            fail(new Failure.UpstreamClosedEarly(requestWritten, what + " before the response"));
        }
    }

    /**
     * Nothing more of the request can be written; the response may still come. What is written from now on is dropped,
     * so that a caller who reads only after its upload gets to read.
     */
    final void requestBroken() {
        if (!requestBroken) {
            requestBroken = true;
            writable();
        }
    }

    /** No further callback, whatever comes. */
    final void mute() {
        muted = true;
    }

    final boolean isHeadWritten() {
        return headWritten;
    }

    final boolean isRequestDone() {
        return requestDone;
    }

    final boolean isAnswered() {
        return responseStarted || interimSeen;
    }

    final boolean isResponseDone() {
        return responseDone;
    }

    final boolean isWhole() {
        return requestDone && responseDone && !switching;
    }
}

package egress.downstream;

import egress.exchange.DownstreamPeer;
import egress.exchange.Exchange;
import egress.exchange.Failure;
import egress.http.HttpFormatException;
import egress.share.Claimant;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where h1 connections and h2 streams end: translates their events into the exchange's calls and back. It decides nothing; what
 * differs between the versions is how a side ends.
 */
abstract class DownstreamStream implements DownstreamPeer {
    private static final Failure NO_PLACE =
            new Failure.Overloaded("this caller has its share of the memory for requests under way: try again later");

    final DownstreamContext context;
    final DownstreamConnection connection;

    private @Nullable Exchange exchange;
    private @Nullable ExchangePlace place;

    DownstreamStream(DownstreamContext context, DownstreamConnection connection) {
        this.context = context;
        this.connection = connection;
    }

    /** Whom a request asks for what. */
    abstract RequestedTarget requestedTarget(HttpRequest request);

    /**
     * A request that cannot be served, while no exchange is under way.
     *
     * @param request its head; null where that was not understood
     */
    abstract void refuse(HttpFormatException fault, @Nullable HttpRequest request);

    /** A burst has ended while no exchange is under way. */
    abstract void readCompleteAfterExchange();

    /** Gives it up, whatever is under way: nothing more can be read or written. */
    abstract void close();

    final @Nullable Exchange exchange() {
        return exchange;
    }

    /** Something that was written cannot leave. */
    final void writeFailed() {
        Exchange current = exchange;
        if (current != null) {
            current.onDownstreamGone("the caller went away while the response was written");
        }
        close();
    }

    /** Takes a part of a request. */
    final void take(Object part) {
        if (part instanceof HttpRequest request) {
            begin(request);
            return;
        }
        Exchange current = exchange;
        if (current != null) {
            current.onRequestPart((HttpContent) part);
        } else {
            ReferenceCountUtil.release(part); // of a request that is answered already
        }
    }

    private void begin(HttpRequest request) {
        RequestedTarget target;
        try {
            target = requestedTarget(request);
        } catch (HttpFormatException e) {
            refuse(e, request);
            return;
        }
        Exchange begun = new Exchange(
                context.exchanges(),
                this,
                context.snapshots().get(),
                request,
                target.authority(),
                target.tls(),
                target.target());
        exchange = begun;
        connection.phases().tell(begun.entry());
        begun.entry().scan = connection.scan();
        begun.entry().tlsFacts = connection.tlsFacts();
        place = ExchangePlace.take(context.budgets().exchanges(), claimant(), request, this);
        connection.began(this);
        if (place == null) {
            begun.refuse(NO_PLACE);
        } else {
            begun.begin();
        }
    }

    /** Checked by a timer: whether the caller keeps it waiting. */
    final boolean look() {
        ExchangePlace held = place;
        if (held == null) {
            return false;
        }
        held.look(exchange);
        return held.isReclaimable();
    }

    /** Others need its place. */
    final void reclaimed() {
        Exchange current = exchange;
        if (current != null) {
            current.onReclaimed();
        } else {
            reclaimedAfterExchange();
        }
    }

    /** Others need the place of an answer that is not read. */
    abstract void reclaimedAfterExchange();

    /** Gives the place back. */
    final void leave() {
        ExchangePlace held = place;
        if (held != null) {
            place = null;
            held.close();
        }
    }

    final void answered() {
        ExchangePlace held = place;
        if (held != null) {
            held.answered();
        }
    }

    final void readComplete() {
        Exchange current = exchange;
        if (current != null) {
            current.onRequestReadComplete();
        } else {
            readCompleteAfterExchange();
        }
    }

    final void becameWritable() {
        Exchange current = exchange;
        if (current != null) {
            current.onDownstreamWritable();
        }
    }

    /** What came is malformed, or something broke. */
    final void caught(Throwable cause) {
        Exchange current = exchange;
        if (!(cause instanceof HttpFormatException fault)) {
            if (current != null && Unexpected.is(cause)) {
                current.onUnexpected(cause);
                return;
            }
            Unexpected.log("a request is read or answered", cause);
            gone("the connection to the caller broke");
            if (!(cause instanceof Http2Exception)) { // of a stream: it is reset with the error's own code
                close();
            }
            return;
        }
        if (current == null) {
            refuse(fault, null);
        } else {
            current.fail(new Failure.DownstreamMalformed(fault.status(), String.valueOf(fault.getMessage())));
        }
    }

    final void gone(String words) {
        Exchange current = exchange;
        if (current != null) {
            over();
            current.onDownstreamGone(words);
        }
    }

    /** Forgets the exchange: it is over, or its connection is bytes now. */
    final void over() {
        exchange = null;
        connection.ended(this);
        afterExchange();
    }

    /** The exchange is over: gives its place back, at once or when its answer is out. */
    abstract void afterExchange();

    @Override
    public final EventLoop loop() {
        return connection.channel().eventLoop();
    }

    @Override
    public final SocketAddress remoteAddress() {
        return connection.address();
    }

    @Override
    public final Claimant claimant() {
        return connection.claimant();
    }
}

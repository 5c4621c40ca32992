package egress.upstream;

import egress.exchange.Failure;
import egress.exchange.UpstreamPeer.Timings;
import egress.exchange.Upstreams.Listener;
import egress.http.H1ResponseDecoder;
import egress.http.HttpFormatException;
import egress.http.InterimResponse;
import egress.share.Caller;
import egress.share.Claimant;
import egress.upstream.tls.RenegotiationWatch;
import egress.upstream.tls.TlsWords;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One h1 connection: an exchange after the other (RFC 9112 §9.3), and between them a read outstanding, so that its end
 * and anything unasked are noticed. It goes back to its pool only when nothing about it is in doubt.
 */
final class H1Connection implements ResponseHandler.Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(H1Connection.class);
    /** Where an origin announces when it closes, the connection is given up this much earlier. */
    private static final long SAFETY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Channel channel;
    private final OriginPool pool;
    private final UpstreamPipelines pipelines;
    private final Timings timings;
    private final String remoteAddress;
    private final boolean tls;
    private final H1ResponseDecoder decoder;
    private final ChannelHandlerContext decoderContext;
    private @Nullable H1Stream current;
    /** Whose exchange was the last one. */
    private @Nullable Caller latest;

    private boolean dirty;
    private boolean untilClose;
    private boolean closeNotified;
    private boolean gone;
    private @Nullable String why;
    private long keepAliveNanos = Long.MAX_VALUE;
    private long idleSinceNanos;

    H1Connection(
            Channel channel,
            OriginPool pool,
            UpstreamPipelines pipelines,
            Timings timings,
            String remoteAddress,
            boolean tls) {
        this.channel = channel;
        this.pool = pool;
        this.pipelines = pipelines;
        this.timings = timings;
        this.remoteAddress = remoteAddress;
        this.tls = tls;
        this.decoder = pipelines.http1(channel, new ResponseHandler(this));
        this.decoderContext = channel.pipeline().context(decoder);
    }

    /** Gives the connection, which must be idle or new, to an exchange. */
    void begin(Claimant who, Place place, Listener listener) {
        boolean reused = latest != null;
        latest = who.caller();
        untilClose = false;
        Dialing.begins(channel, who);
        H1Stream stream = new H1Stream(listener, place, reused ? Timings.REUSED : timings);
        current = stream;
        pool.streamBegun(reused);
        pool.watch(stream);
        if (!reused) {
            channel.read(); // the request may wait for its verdict: an origin that goes away meanwhile is noticed
        }
        listener.onAcquired(stream, reused);
    }

    /** Begins to watch for the origin's end and for bytes unasked. */
    void idle(long nowNanos) {
        idleSinceNanos = nowNanos;
        Dialing.idles(channel, () -> channel.eventLoop().execute(() -> pool.giveUp(this)));
        channel.read();
    }

    /** Whether no other caller used it last. */
    boolean isOf(Caller caller) {
        return latest == null || latest.equals(caller);
    }

    boolean isUsable(long nowNanos, long poolIdleNanos) {
        return channel.isActive()
                && !gone
                && nowNanos - idleSinceNanos < Math.min(poolIdleNanos, keepAliveNanos)
                && !decoder.hasPending();
    }

    void close() {
        gone = true;
        channel.close();
    }

    @Override
    public void onPart(HttpObject part) {
        H1Stream stream = current;
        if (stream == null || !stream.isHeadWritten() || stream.isResponseDone()) {
            ReferenceCountUtil.release(part);
            close();
            return;
        }
        if (part instanceof HttpResponse head && !(part instanceof InterimResponse)) {
            judgeReuse(head, stream);
        }
        if (part instanceof LastHttpContent && untilClose && tls && !closeNotified) {
            // RFC 9112 §9.8: without a closure alert it is unknown whether this is the end
            ReferenceCountUtil.release(part);
            stream.failBroken("the origin closed the connection without saying so in TLS");
            return;
        }
        stream.deliver(part);
    }

    /** Before the exchange takes the hop-by-hop fields away. */
    private void judgeReuse(HttpResponse head, H1Stream stream) {
        boolean chunked = HttpUtil.isTransferEncodingChunked(head);
        int code = head.status().code();
        untilClose = !chunked
                && !head.headers().contains(HttpHeaderNames.CONTENT_LENGTH)
                && code != HttpResponseStatus.NO_CONTENT.code()
                && code != HttpResponseStatus.RESET_CONTENT.code()
                && code != HttpResponseStatus.NOT_MODIFIED.code()
                && code != HttpResponseStatus.SWITCHING_PROTOCOLS.code()
                && !stream.isHeadRequest;
        dirty |= untilClose || !HttpUtil.isKeepAlive(head) || !stream.isRequestDone();
        String keepAlive = head.headers().get(HttpHeaderValues.KEEP_ALIVE);
        if (keepAlive != null) {
            keepAliveNanos = KeepAlive.timeoutNanos(keepAlive) - SAFETY_NANOS;
        }
    }

    @Override
    public void onReadComplete() {
        H1Stream stream = current;
        if (stream != null && stream.isHeadWritten()) {
            stream.readComplete();
            settle();
            awaitEndOf(stream);
        } else if (decoder.hasPending()) {
            why = "the origin sent bytes without a request";
            close();
        } else if (!gone) {
            channel.read();
        }
    }

    /** The origin answered before it had read the request: if it wants no more of it, it closes, and that is noticed. */
    private void awaitEndOf(H1Stream stream) {
        if (current != stream || !stream.isResponseDone() || stream.isRequestDone()) {
            return;
        }
        if (decoder.hasPending()) {
            close();
        } else {
            channel.read();
        }
    }

    /** Back to the pool, or away, once both messages are complete and the burst that ended the response is over. */
    private void settle() {
        H1Stream stream = current;
        if (stream == null || !stream.isWhole()) {
            return;
        }
        end(stream);
        if (dirty || gone || decoder.hasPending() || !decoder.isBetweenMessages() || !channel.isActive()) {
            close();
        } else {
            pool.released(this);
        }
    }

    private void end(H1Stream stream) {
        stream.mute();
        current = null;
        pool.streamEnded(stream);
        stream.place().close();
    }

    @Override
    public void onWritable() {
        if (current != null) {
            current.writable();
        }
    }

    @Override
    public void onEvent(Object event) {
        if (event == RenegotiationWatch.Event.ASKED) {
            why = RenegotiationWatch.WORDS;
        } else if (event instanceof SslCloseCompletionEvent closed && closed.isSuccess()) {
            closeNotified = true;
            close();
        }
    }

    @Override
    public void onException(Throwable cause) {
        H1Stream stream = current;
        if (stream == null) {
            close();
            return;
        }
        Throwable root = cause.getCause() instanceof SSLException ssl ? ssl : cause;
        switch (root) {
            case HttpFormatException e ->
                failAndClose(stream, new Failure.UpstreamMalformed("the response is malformed: " + e.getMessage()));
            case SSLException e -> {
                why = why == null ? TlsWords.ofBroken(e) : why;
                close();
            }
            case IOException _ -> {
                // A write failed, or a read. After a write there may still be an answer, after a read the end follows.
                stream.requestBroken();
                if (!gone) {
                    why = why == null ? "the connection broke" : why;
                    channel.read();
                }
            }
            case IllegalStateException e ->
                failAndClose(
                        stream,
                        new Failure.DownstreamMalformed(
                                HttpResponseStatus.BAD_REQUEST, "the request has " + e.getMessage()));
            default -> {
                LOG.warn("upstream {}: unexpected", remoteAddress, root);
                failAndClose(stream, new Failure.UpstreamUnreachable("the upstream connection failed"));
            }
        }
    }

    private void failAndClose(H1Stream stream, Failure failure) {
        close();
        stream.fail(failure);
    }

    @Override
    public void onInactive() {
        gone = true;
        H1Stream stream = current;
        if (stream != null) {
            current = null;
            pool.streamEnded(stream);
            stream.place().close();
            stream.failBroken(why == null ? "the origin closed the connection" : why);
        }
        pool.closed(this);
    }

    private final class H1Stream extends UpstreamStream {
        private boolean isHeadRequest;
        private boolean headFlushed;
        /** Since the head was written. */
        private boolean flushed;

        H1Stream(Listener listener, Place place, Timings timings) {
            super(H1Connection.this.channel, listener, place, timings, remoteAddress);
        }

        @Override
        void writePart(HttpObject part) {
            channel.write(part, channel.voidPromise());
        }

        /** A head waits until the end of the loop's turn for what comes with it: a short body goes in the same write. */
        @Override
        void flushWritten() {
            if (isHeadWritten() && !headFlushed && !isRequestDone()) {
                headFlushed = true;
                channel.eventLoop().execute(this::flushHead);
                return;
            }
            headFlushed |= isHeadWritten();
            flushed = true;
            channel.flush();
        }

        private void flushHead() {
            if (!flushed && current == this) {
                channel.flush();
            }
        }

        @Override
        boolean takesMore() {
            return channel.isWritable();
        }

        @Override
        void readMore() {
            channel.read();
        }

        @Override
        void writeHead(HttpRequest head) {
            if (decoder.hasPending()) {
                failAndClose(this, new Failure.UpstreamClosedEarly(false, "the origin sent bytes without a request"));
                return;
            }
            isHeadRequest = head.method().equals(HttpMethod.HEAD);
            decoder.expectResponseTo(head.method());
            channel.write(head, channel.voidPromise());
            decoder.next(decoderContext);
        }

        @Override
        void onRequestDone() {
            if (isResponseDone()) {
                channel.flush(); // the response came first: the connection is dirty, and closed
                settle();
            }
        }

        @Override
        void breakOff() {
            close();
        }

        @Override
        public boolean isHttp2() {
            return false;
        }

        @Override
        public Channel upgraded() {
            gone = true;
            if (current == this) {
                mute();
                current = null;
                pool.streamEnded(this);
                mayEnd(null);
                pool.upgraded(channel, place());
                pipelines.upgrade(channel);
                pool.closed(H1Connection.this);
            }
            return channel;
        }
    }
}

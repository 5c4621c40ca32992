package egress.upstream;

import egress.exchange.Failure;
import egress.exchange.Upstreams.Listener;
import egress.http.H2Stream;
import egress.http.HttpFormatException;
import egress.http.Printable;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One exchange as a stream of an h2 connection. */
final class H2UpstreamStream extends UpstreamStream implements H2Stream.Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(H2UpstreamStream.class);

    private final H2Stream stream;
    private final H2Connection connection;
    private final Place window;
    private long grownAt;
    private boolean malformed;
    private boolean reset;

    H2UpstreamStream(
            H2Stream stream,
            H2Connection connection,
            Listener listener,
            Place place,
            Place window,
            Timings timings,
            String remoteAddress) {
        super(connection.channel(), listener, place, timings, remoteAddress);
        this.stream = stream;
        this.connection = connection;
        this.window = window;
        this.grownAt = connection.growsAt();
        stream.receiver(this);
    }

    /** Only a response that is read gets a larger window: one that is not read then costs the origin's connection little. */
    @Override
    void onBytes(long all) {
        if (all >= grownAt) {
            grownAt = connection.grow(stream, window) ? Long.MAX_VALUE : all + connection.growsAt();
        }
    }

    @Override
    void mayEnd(@Nullable Runnable action) {
        super.mayEnd(action);
        window.mayEnd(action);
    }

    @Override
    void writeHead(HttpRequest head) {
        if (connection.takesNoMore()) {
            fail(new Failure.UpstreamRefused("the origin ended the connection before the request"));
            stream.reset(Http2Error.CANCEL);
            return;
        }
        // The stream holds the head until it is known whether anything follows it.
        stream.write(head);
    }

    @Override
    void writePart(HttpObject part) {
        stream.write(part);
    }

    @Override
    void flushWritten() {
        stream.flush();
    }

    @Override
    boolean takesMore() {
        return stream.isWritable();
    }

    @Override
    void readMore() {
        stream.read();
    }

    @Override
    boolean isActive() {
        return stream.isOpen() && super.isActive();
    }

    /** The stream could not be opened, and nothing was sent; or it is closing, and its end is reported separately. */
    @Override
    public void onUnsent(Throwable cause) {
        if (stream.netty() != null) {
            requestBroken();
        } else if (cause instanceof Http2Exception.HeaderListSizeException) {
            fail(new Failure.DownstreamMalformed(
                    HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "the request's fields are more than the origin accepts"));
        } else {
            fail(
                    cause instanceof IOException
                            ? new Failure.UpstreamClosedEarly(
                                    false, "the origin closed the connection before the request")
                            : new Failure.UpstreamRefused("the h2 connection took no more streams"));
        }
    }

    @Override
    void onRequestDone() {
        // the stream closes by itself when both messages are complete
    }

    @Override
    void breakOff() {
        stream.reset(Http2Error.CANCEL);
    }

    @Override
    public boolean isHttp2() {
        return true;
    }

    @Override
    public Channel upgraded() {
        throw new IllegalStateException("an h2 stream cannot be upgraded (RFC 9113 §8.6)");
    }

    @Override
    public void onPart(HttpObject part) {
        if (isResponseDone() || malformed) {
            ReferenceCountUtil.release(part);
            return;
        }
        deliver(part);
    }

    @Override
    public void onReadComplete() {
        readComplete();
    }

    @Override
    public void onWritable() {
        writable();
    }

    @Override
    public void onGoAway() {
        connection.goesAway(); // it is notified after its streams, and a retry must not use it again
        stream.abandon(); // with what came of an answer nevertheless
        fail(new Failure.UpstreamRefused("the origin ended the connection before it took the request"));
    }

    /** RFC 9113 §8.1 and §8.7. */
    @Override
    public void onReset(long code) {
        if (code == Http2Error.NO_ERROR.code() || stream.isReceived()) {
            reset = true;
            requestBroken(); // the response is complete without the rest of the request, and may still be unread
            return;
        }
        stream.discard();
        if (isAnswered()) {
            fail(new Failure.UpstreamUnreachable(
                    "the origin reset the stream in the middle of the response (" + name(code) + ")"));
        } else if (code == Http2Error.REFUSED_STREAM.code()) {
            fail(new Failure.UpstreamRefused("the origin refused the stream"));
        } else if (code == Http2Error.HTTP_1_1_REQUIRED.code()) {
            connection.requireHttp1();
            fail(new Failure.UpstreamRefused("the origin wants the request on HTTP/1.1"));
        } else {
            fail(new Failure.UpstreamUnreachable("the origin reset the stream (" + name(code) + ")"));
        }
    }

    private static String name(long code) {
        Http2Error known = Http2Error.valueOf(code);
        return known == null ? "h2 error " + code : known.name();
    }

    @Override
    public void onException(Throwable cause) {
        switch (cause) {
            case HttpFormatException e -> failMalformed(e);
            case Http2Exception e -> failMalformed(e);
            case IOException _ ->
                requestBroken(); // a write to a stream that is closing: its end is reported separately
            default -> {
                LOG.warn("upstream {}: unexpected", remoteAddress(), cause);
                fail(new Failure.UpstreamUnreachable("the upstream stream failed"));
                stream.reset(Http2Error.CANCEL);
            }
        }
    }

    private void failMalformed(Exception e) {
        if (malformed) {
            return;
        }
        malformed = true;
        stream.reset(Http2Error.PROTOCOL_ERROR);
        fail(new Failure.UpstreamMalformed(
                "the response is malformed: " + Printable.quote(String.valueOf(e.getMessage()))));
    }

    @Override
    public void onOver() {
        failBroken(reset ? "the origin reset the stream" : connection.why());
        connection.streamEnded(this, grownAt == Long.MAX_VALUE);
        window.close();
        place().close();
        connection.onRoom();
    }
}

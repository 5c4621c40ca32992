package egress.downstream;

import egress.exchange.Failure;
import egress.exchange.LocalResponse;
import egress.http.H2ServerCodec;
import egress.http.H2Stream;
import egress.http.HttpFormatException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.Http2Error;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A caller's h2 stream: one exchange (RFC 9113 §8.1). */
final class H2DownstreamStream extends DownstreamStream implements H2Stream.Receiver {
    private final H2Stream stream;
    private boolean requestWhole;
    private boolean responseEnded;
    private boolean sent;

    H2DownstreamStream(DownstreamContext context, DownstreamConnection connection, H2Stream stream) {
        super(context, connection);
        this.stream = stream;
    }

    /** Lets it be read. */
    void begin() {
        connection.streamOpened(this);
        stream.receiver(this, new H2ServerCodec(context.headLimits()));
        stream.read();
    }

    /** Bytes of the response that the caller has not taken. */
    long unsentBytes() {
        return stream.unsentBytes();
    }

    @Override
    public void onPart(HttpObject part) {
        take(part);
    }

    @Override
    public void onReadComplete() {
        readComplete();
    }

    @Override
    public void onWritable() {
        becameWritable();
    }

    @Override
    public void onReset(long errorCode) {
        gone("the caller reset its stream");
    }

    @Override
    public void onException(Throwable cause) {
        caught(cause);
    }

    @Override
    public void onUnsent(Throwable cause) {
        writeFailed();
    }

    @Override
    public void onSent() {
        sent = true;
        endWhenSent();
    }

    @Override
    public void onOver() {
        gone("the caller closed the connection");
        leave();
        connection.streamClosed(this);
    }

    @Override
    void close() {
        stream.reset(Http2Error.CANCEL);
    }

    @Override
    RequestedTarget requestedTarget(HttpRequest request) {
        return RequestedTarget.inside(connection.authority(), true, request);
    }

    /** Malformed is a stream error (RFC 9113 §8.1.1); what is merely too large or misdirected gets its status. */
    @Override
    void refuse(HttpFormatException fault, @Nullable HttpRequest request) {
        Failure failure = new Failure.DownstreamMalformed(fault.status(), String.valueOf(fault.getMessage()));
        boolean answers = !fault.status().equals(HttpResponseStatus.BAD_REQUEST);
        if (answers) {
            LocalResponse response = LocalResponse.of(failure, HttpMethod.GET);
            connection.refused(connection.authority(), request, response, failure);
            write(response.head());
            write(response.body());
            flush();
            closeAfterResponse(false);
        } else {
            connection.refused(connection.authority(), 0, failure.code(), failure.words());
            reset(Http2Error.PROTOCOL_ERROR);
        }
    }

    @Override
    void afterExchange() {
        answered();
        stream.abandon();
    }

    @Override
    void reclaimedAfterExchange() {
        reset(Http2Error.CANCEL);
    }

    @Override
    void readCompleteAfterExchange() {
        // nothing more is wanted of it
    }

    @Override
    public boolean isHttp2() {
        return true;
    }

    @Override
    public boolean takesChunked() {
        return true;
    }

    @Override
    public boolean takesInterim(int status) {
        return true;
    }

    @Override
    public void ended(boolean requestWhole) {
        over();
        closeAfterResponse(requestWhole);
    }

    @Override
    public void write(HttpObject part) {
        stream.write(part);
    }

    @Override
    public void flush() {
        stream.flush();
    }

    @Override
    public boolean isWritable() {
        return stream.isWritable();
    }

    @Override
    public void read() {
        stream.read();
    }

    /**
     * Not before the answer is out: a reset, for a request of which no more is needed (RFC 9113 §8.1), drops what waits.
     */
    private void closeAfterResponse(boolean whole) {
        responseEnded = true;
        requestWhole = whole;
        stream.abandon();
        endWhenSent();
    }

    /** With a complete request the stream ends by itself. */
    private void endWhenSent() {
        if (sent && responseEnded && !requestWhole) {
            stream.reset(Http2Error.NO_ERROR);
        }
    }

    @Override
    public void abort() {
        over();
        reset(Http2Error.INTERNAL_ERROR);
    }

    /** What is known of the answer is said before. */
    private void reset(Http2Error error) {
        stream.writeHeldHead();
        stream.writeUnsent();
        stream.reset(error);
    }

    /** Unreachable: Upgrade does not exist on h2 (RFC 9113 §8.6), so that no exchange can have asked for it. */
    @Override
    public void upgraded(
            Channel upstream, Optional<ChannelHandler> messages, Optional<ChannelHandler> inspection, Runnable over) {
        upstream.close();
        abort();
        over.run();
    }
}

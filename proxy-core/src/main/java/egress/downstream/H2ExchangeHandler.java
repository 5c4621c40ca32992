package egress.downstream;

import egress.exchange.Failure;
import egress.exchange.LocalResponse;
import egress.http.HttpFormatException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A caller's h2 stream: one exchange (RFC 9113 §8.1). */
final class H2ExchangeHandler extends ExchangeHandler {
    H2ExchangeHandler(DownstreamContext context, DownstreamConnection connection) {
        super(context, connection);
    }

    /** The last write of a response, which is done when flow control has let it out. */
    private @Nullable ChannelFuture lastWrite;

    @Override
    void added(ChannelHandlerContext added) {
        connection.streamOpened(this);
        added.channel().closeFuture().addListener(closed -> {
            leave();
            connection.streamClosed(this);
        });
        added.read();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.read();
        ctx.fireChannelActive();
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
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame) {
            gone("the caller reset its stream");
            ctx.close();
        }
        ReferenceCountUtil.release(event);
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
        ChannelFuture written = send(part);
        if (part instanceof LastHttpContent) {
            lastWrite = written;
        }
    }

    /**
     * Not before the answer is out: a reset, for a request of which no more is needed (RFC 9113 §8.1), drops what waits.
     */
    private void closeAfterResponse(boolean requestWhole) {
        ChannelFuture last = lastWrite;
        if (last == null) {
            throw new IllegalStateException("a response without an end");
        }
        last.addListener(written -> {
            if (requestWhole) {
                ctx().close();
            } else {
                reset(Http2Error.NO_ERROR);
            }
        });
    }

    @Override
    public void abort() {
        over();
        reset(Http2Error.INTERNAL_ERROR);
    }

    private void reset(Http2Error error) {
        ctx().writeAndFlush(new DefaultHttp2ResetFrame(error));
        // Netty keeps a stream's channel, and the frames it has queued, until they are read or it is closed.
        ctx().close();
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

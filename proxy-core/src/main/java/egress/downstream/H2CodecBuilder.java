package egress.downstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.List;
import java.util.TreeSet;

/**
 * Netty's codec for a caller's connection, but for what comes late: frames of a stream that we have reset, on their way before the
 * caller could know, are ignored (RFC 9113 §5.1). Netty answers each with a reset of its own, and its bound on those then ends the
 * connection, with every other exchange on it: twelve uploads that are denied would do.
 */
final class H2CodecBuilder extends Http2FrameCodecBuilder {
    /** Of the latest that we reset: beyond it Netty's answers, and their bound, are as they were. */
    private static final int MOST_RESET = 1_024;

    @Override
    protected Http2FrameCodec build(
            Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
        return super.build(new Forgiving(decoder), encoder, settings);
    }

    private static final class Forgiving extends DecoratingHttp2ConnectionDecoder {
        /** By their identifiers, which only grow: the first is the oldest. */
        private final TreeSet<Integer> reset = new TreeSet<>();

        /** The latest that the caller itself has reset: it may send no more of it, and is told so. */
        private int resetByCaller;

        Forgiving(Http2ConnectionDecoder decoder) {
            super(decoder);
            connection().addListener(new Http2ConnectionAdapter() {
                @Override
                public void onStreamRemoved(Http2Stream stream) {
                    if (stream.isResetSent() && stream.id() != resetByCaller) {
                        remember(stream.id());
                    }
                }
            });
        }

        private void remember(int stream) {
            reset.add(stream);
            if (reset.size() > MOST_RESET) {
                reset.removeFirst();
            }
        }

        @Override
        public void frameListener(Http2FrameListener listener) {
            super.frameListener(new Http2FrameListenerDecorator(listener) {
                @Override
                public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode)
                        throws Http2Exception {
                    resetByCaller = streamId;
                    super.onRstStreamRead(ctx, streamId, errorCode);
                }
            });
        }

        @Override
        public void decodeFrame(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Http2Exception {
            try {
                super.decodeFrame(ctx, in, out);
            } catch (Http2Exception e) {
                // Its bytes are counted and given back to the connection's window already.
                boolean late = Http2Exception.isStreamError(e)
                        && e.error() == Http2Error.STREAM_CLOSED
                        && reset.contains(Http2Exception.streamId(e));
                if (!late) {
                    throw e;
                }
            }
        }
    }
}

package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Netty's codec of an h2 connection, but for two things. Values of a server's fields are left to {@link H2Heads}, which takes blanks
 * around them away where Netty refuses the response. And what comes late: frames of a stream that we have reset, on their way before the other
 * side could know, are ignored (RFC 9113 §5.1). Netty answers each with a reset of its own. A bound on resets, its own for ours or
 * the other side's for those it gets, then ends the connection with every other exchange on it: a dozen uploads that are denied, or
 * downloads whose callers leave, would do.
 */
final class H2CodecBuilder extends AbstractHttp2ConnectionHandlerBuilder<H2Session, H2CodecBuilder> {
    /** Of the latest that we reset, and of frames of each: beyond these, Netty's answers are as they were. */
    private static final int MOST_STREAMS = 1_024;

    private static final int MOST_FRAMES = 4_096;

    /** Of a server's, in so many seconds: requests that it refuses, and answers that it breaks off. */
    private static final int MOST_RESETS = 1_000;

    /** Of a client's, in as many seconds: requests that it takes back before they are answered (CVE-2023-44487). */
    private static final int MOST_RESETS_OF_CLIENTS = 200;

    private static final int RESETS_SECONDS = 30;

    private final boolean readsResponses;
    private final H2Session.Listener listener;

    /** @param server whether a client opened the connection */
    H2CodecBuilder(boolean server, H2Session.Listener listener) {
        this.readsResponses = !server;
        this.listener = listener;
        server(server);
        if (server) {
            decoderEnforceMaxRstFramesPerWindow(MOST_RESETS_OF_CLIENTS, RESETS_SECONDS);
        }
        gracefulShutdownTimeoutMillis(0); // when to close is decided elsewhere
    }

    /** Around a decoder of our own, with the other builder's bounds. */
    private H2CodecBuilder(H2CodecBuilder other, Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder) {
        readsResponses = false;
        listener = other.listener;
        gracefulShutdownTimeoutMillis(0);
        decoderEnforceMaxConsecutiveEmptyDataFrames(other.decoderEnforceMaxConsecutiveEmptyDataFrames());
        decoderEnforceMaxRstFramesPerWindow(MOST_RESETS, RESETS_SECONDS);
        codec(decoder, encoder);
    }

    @Override
    protected H2CodecBuilder initialSettings(Http2Settings settings) {
        return super.initialSettings(settings);
    }

    @Override
    protected H2CodecBuilder encoderEnforceMaxRstFramesPerWindow(int most, int seconds) {
        return super.encoderEnforceMaxRstFramesPerWindow(most, seconds);
    }

    @Override
    protected H2CodecBuilder encoderEnforceMaxQueuedControlFrames(int most) {
        return super.encoderEnforceMaxQueuedControlFrames(most);
    }

    @Override
    protected H2Session build() {
        return super.build();
    }

    @Override
    protected H2Session build(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
        return readsResponses
                ? new H2CodecBuilder(this, valuesUnchecked(encoder, settings), encoder)
                        .initialSettings(settings)
                        .build()
                : new H2Session(new Forgiving(decoder), encoder, settings, listener);
    }

    private Http2ConnectionDecoder valuesUnchecked(Http2ConnectionEncoder encoder, Http2Settings settings) {
        @Nullable Long most = settings.maxHeaderListSize();
        Http2HeadersDecoder fields = most == null
                ? new DefaultHttp2HeadersDecoder(true, false)
                : new DefaultHttp2HeadersDecoder(true, false, most);
        return new DefaultHttp2ConnectionDecoder(
                encoder.connection(),
                encoder,
                new DefaultHttp2FrameReader(fields, decoderEnforceMaxSmallContinuationFrames()),
                promisedRequestVerifier(),
                isAutoAckSettingsFrame(),
                isAutoAckPingFrame(),
                isValidateHeaders(),
                isValidateRequiredPseudoHeaders());
    }

    private static final class Forgiving extends DecoratingHttp2ConnectionDecoder {
        /** Frames ignored of each stream, by identifiers, which only grow: the first is the oldest. */
        private final TreeMap<Integer, Integer> ignored = new TreeMap<>();

        /** The latest that the other side itself has reset: it may send no more of it, and is told so. */
        private int resetByPeer;

        Forgiving(Http2ConnectionDecoder decoder) {
            super(decoder);
            connection().addListener(new Http2ConnectionAdapter() {
                @Override
                public void onStreamRemoved(Http2Stream stream) {
                    if (stream.isResetSent() && stream.id() != resetByPeer) {
                        remember(stream.id());
                    }
                }
            });
        }

        private void remember(int stream) {
            ignored.put(stream, 0);
            if (ignored.size() > MOST_STREAMS) {
                ignored.pollFirstEntry();
            }
        }

        @Override
        public void frameListener(Http2FrameListener listener) {
            super.frameListener(new Http2FrameListenerDecorator(listener) {
                @Override
                public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode)
                        throws Http2Exception {
                    resetByPeer = streamId;
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
                if (!Http2Exception.isStreamError(e)
                        || e.error() != Http2Error.STREAM_CLOSED
                        || !isLate(Http2Exception.streamId(e))) {
                    throw e;
                }
            }
        }

        private boolean isLate(int stream) {
            @Nullable Integer frames = ignored.computeIfPresent(stream, (id, count) -> count + 1);
            return frames != null && frames <= MOST_FRAMES;
        }
    }
}

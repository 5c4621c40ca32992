package egress.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One h2 connection on Netty's codec (RFC 9113). Its streams are plain objects: they have neither channel nor pipeline. What they write
 * leaves once for each turn of the event loop, however many of them had something to say: frames then share TLS records and system
 * calls.
 */
public final class H2Session extends Http2ConnectionHandler {
    /** With more resets that have not left, no stream is taken: what was written of theirs before has not left either. */
    private static final int MOST_UNSENT_RESETS = 256;
    /** Of requests whose answers are out, beyond which they are cut short. */
    private static final int MOST_KEPT_BYTES = 4 << 20;

    private static final int MOST_KEPT = 256;

    private final Listener listener;
    private final Http2Connection.PropertyKey key;
    /** Streams that were given something since the last read began. */
    private final List<H2Stream> heard = new ArrayList<>();
    /** Streams with a head to be written, or that are over. */
    private final List<H2Stream> unsettled = new ArrayList<>();
    /** Streams that the other side opened and that are closed, with something left to read. */
    private final Set<H2Stream> kept = new LinkedHashSet<>(0);

    private @Nullable ChannelHandlerContext ctx;
    private int unsentResets;
    private boolean reading;
    private boolean inRead;
    private boolean readEndAwaited;
    private boolean turnEndAwaited;

    /** What concerns the connection, and its new streams. */
    public interface Listener {
        /**
         * The other side opened a stream.
         *
         * @return false where it may not: the stream is reset
         */
        boolean onOpened(H2Stream stream);

        /** The other side's settings came. */
        default void onSettings(Http2Settings settings) {}

        /** The other side takes no new streams; those it has not taken have heard of it. */
        default void onGoAway(long errorCode) {}

        /** A PING of ours was answered. */
        default void onPingAnswered() {}
    }

    H2Session(
            Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings, Listener listener) {
        super(decoder, encoder, settings);
        this.listener = listener;
        this.key = connection().newKey();
        Frames frames = new Frames();
        decoder.frameListener(frames);
        connection().addListener(frames);
    }

    /**
     * For a connection that a client opened.
     *
     * @param mostResets of ours in so many seconds, beyond which the connection ends
     */
    public static H2Session ofClient(Http2Settings settings, int mostResets, int seconds, Listener listener) {
        return new H2CodecBuilder(true, listener)
                .initialSettings(settings)
                .encoderEnforceMaxRstFramesPerWindow(mostResets, seconds)
                .build();
    }

    /** For a connection to a server. */
    public static H2Session ofServer(Http2Settings settings, int mostQueuedControlFrames, Listener listener) {
        return new H2CodecBuilder(false, listener)
                .initialSettings(settings)
                .encoderEnforceMaxQueuedControlFrames(mostQueuedControlFrames)
                .build();
    }

    ChannelHandlerContext ctx() {
        ChannelHandlerContext present = ctx;
        if (present == null) {
            throw new IllegalStateException("not in a pipeline");
        }
        return present;
    }

    Http2Connection.PropertyKey key() {
        return key;
    }

    /** Whether a burst of the connection is being read. */
    boolean isReading() {
        return reading;
    }

    /** A stream to be opened by its head. */
    public H2Stream newStream(H2Codec codec) {
        return new H2Stream(this, codec);
    }

    /** Asks whether the other side lives. */
    public void ping(long data) {
        encoder().writePing(ctx(), false, data, ctx().newPromise());
        awaitTurnEnd();
    }

    /** Tells the other side that no new stream is taken (GOAWAY with NO_ERROR); streams under way go on. */
    public void goAway() {
        int last = connection().remote().lastStreamCreated();
        goAway(ctx(), last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ctx().newPromise());
        awaitTurnEnd();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) throws Exception {
        ctx = added;
        super.handlerAdded(added);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        reading = true;
        if (!readEndAwaited) {
            readEndAwaited = true;
            ctx.executor().execute(this::endUntoldRead);
        }
        inRead = true;
        try {
            super.channelRead(ctx, message);
        } finally {
            inRead = false;
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        endRead();
        super.channelReadComplete(ctx); // flushes
    }

    private void endRead() {
        endBursts();
        reading = false;
        settle();
    }

    /** Not every read's end is told: TLS hands on what it has read while its handshake ends in a task of its own, and tells nothing. */
    private void endUntoldRead() {
        readEndAwaited = false;
        if (reading && !inRead) {
            endRead();
            flush(ctx());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        super.channelInactive(ctx);
        reading = false;
        kept.forEach(H2Stream::abandon);
        settle();
    }

    /**
     * Keeps what waits of a stream that is closed, as long as there is little of it.
     *
     * @return false where it is to be dropped
     */
    boolean keep(H2Stream stream) {
        return ctx().channel().isActive()
                && kept.size() < MOST_KEPT
                && keptBytes() + stream.waitingBytes() <= MOST_KEPT_BYTES
                && kept.add(stream);
    }

    /** The stream is over. */
    void over(H2Stream stream) {
        kept.remove(stream);
    }

    /** Bytes that wait to be read on streams that are closed, which no window counts. */
    public int keptBytes() {
        int bytes = 0;
        for (H2Stream stream : kept) {
            bytes += stream.waitingBytes();
        }
        return bytes;
    }

    /** Resets a stream that is not closed. */
    void reset(Http2Stream stream, Http2Error error) {
        ChannelPromise sent = ctx().newPromise();
        unsentResets++;
        sent.addListener(done -> unsentResets--);
        encoder().writeRstStream(ctx(), stream.id(), error.code(), sent); // which counts them
        stream.close(); // not only when it has left: DATA that waits for a window must not follow it
        awaitTurnEnd();
    }

    /** Writes what the windows let through. */
    void writePending() {
        try {
            encoder().flowController().writePendingBytes();
        } catch (Http2Exception e) {
            onError(ctx(), true, e);
        }
        awaitTurnEnd();
    }

    /** The stream was given something: it hears of the burst's end. */
    void heard(H2Stream stream) {
        heard.add(stream);
    }

    private void endBursts() {
        for (int i = 0; i < heard.size(); i++) {
            heard.get(i).endBurst();
        }
        heard.clear();
    }

    /** The stream has a head to write when the turn ends, or to say that it is over. */
    void unsettled(H2Stream stream) {
        unsettled.add(stream);
        awaitTurnEnd();
    }

    /** What was written leaves when the turn of the event loop ends. */
    void awaitTurnEnd() {
        if (!reading && !turnEndAwaited) {
            turnEndAwaited = true;
            ctx().executor().execute(this::endTurn);
        }
    }

    private void endTurn() {
        try {
            settle();
        } finally {
            turnEndAwaited = false;
            flush(ctx());
        }
    }

    /** Whom one stream's end lets begin may add to it. */
    private void settle() {
        try {
            for (int i = 0; i < unsettled.size(); i++) {
                unsettled.get(i).settle();
            }
        } finally {
            unsettled.clear();
        }
    }

    private @Nullable H2Stream stream(int id) {
        Http2Stream stream = connection().stream(id);
        return stream == null ? null : stream.getProperty(key);
    }

    /** What concerns one stream that is known is told to it, and resets it. */
    @Override
    protected void onStreamError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception.StreamException fault) {
        H2Stream stream = stream(fault.streamId());
        if (stream == null) {
            super.onStreamError(ctx, outbound, cause, fault);
        } else if (!outbound || !stream.isClosing()) {
            // What waited to be sent is dropped with its stream, whose answer may still be unread.
            stream.failed(fault);
        }
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception fault) {
        if (!outbound) {
            ctx.fireExceptionCaught(cause); // told of before the GOAWAY that says why
        }
        super.onConnectionError(ctx, outbound, cause, fault);
    }

    /** Netty's calls, as calls to the streams. */
    private final class Frames extends Http2EventAdapter {
        @Override
        public void onHeadersRead(
                ChannelHandlerContext ctx,
                int id,
                Http2Headers headers,
                int dependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean end)
                throws Http2Exception {
            onHeadersRead(ctx, id, headers, padding, end);
        }

        @Override
        public void onHeadersRead(ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean end)
                throws Http2Exception {
            Http2Stream opened = connection().stream(id);
            if (opened == null) {
                return;
            }
            H2Stream stream = opened.getProperty(key);
            if (stream == null) {
                if (unsentResets > MOST_UNSENT_RESETS) {
                    encoder().writeRstStream(ctx, id, Http2Error.REFUSED_STREAM.code(), ctx.newPromise());
                    return;
                }
                stream = new H2Stream(H2Session.this, opened);
                opened.setProperty(key, stream);
                if (!listener.onOpened(stream)) {
                    opened.removeProperty(key);
                    encoder().writeRstStream(ctx, id, Http2Error.CANCEL.code(), ctx.newPromise());
                    return;
                }
            }
            stream.onSection(headers, end);
        }

        /** What is read is given back to the window by whoever reads it. */
        @Override
        public int onDataRead(ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end)
                throws Http2Exception {
            H2Stream stream = stream(id);
            if (stream == null) {
                return data.readableBytes() + padding;
            }
            stream.onData(data.retain(), padding, end);
            return 0;
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int id, long errorCode) {
            H2Stream stream = stream(id);
            if (stream != null) {
                stream.onReset(errorCode);
            }
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
            listener.onSettings(settings);
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext ctx, long data) {
            listener.onPingAnswered();
        }

        @Override
        public void onGoAwayReceived(int last, long errorCode, ByteBuf debugData) {
            List<H2Stream> refused = new ArrayList<>();
            try {
                connection().forEachActiveStream(stream -> {
                    H2Stream known = stream.getProperty(key);
                    if (known != null
                            && stream.id() > last
                            && connection().local().isValidStreamId(stream.id())) {
                        refused.add(known);
                    }
                    return true;
                });
            } catch (Http2Exception e) {
                throw new IllegalStateException("a visitor that does not fail", e);
            }
            refused.forEach(H2Stream::onGoAway);
            listener.onGoAway(errorCode);
        }

        @Override
        public void onStreamClosed(Http2Stream closed) {
            H2Stream stream = closed.getProperty(key);
            if (stream != null) {
                stream.onClosed();
            }
        }
    }
}
